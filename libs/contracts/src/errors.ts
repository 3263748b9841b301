import type { Usage } from './usage.js';

/** Codes of the API: what a door answers when it refuses. */
export const apiErrorCodes = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'IDEMPOTENCY_MISMATCH',
  'BUDGET_EXCEEDED',
  'RATE_LIMITED',
  'QUOTA_EXCEEDED',
  'KILL_SWITCH_ACTIVE',
  'FAILED_PRECONDITION',
  'PROVIDER_UNAVAILABLE',
  'UNAVAILABLE',
  'INTERNAL',
] as const;

/** Codes of a task's failure. */
export const taskFailureCodes = [
  'TIMEOUT',
  'DEADLINE_EXCEEDED',
  'TOOL_FAILED',
  'INVALID_INPUT',
  'INVALID_OUTPUT',
  'OUTPUT_TOO_LARGE',
  'EXPRESSION_FAILED',
  'LOOP_LIMIT',
  'AGENT_LIMIT',
  'APPROVAL_REJECTED',
  'APPROVAL_EXPIRED',
  'BUDGET_EXCEEDED',
  'PROVIDER_UNAVAILABLE',
  'PROVIDER_AUTH',
  'PROVIDER_QUOTA',
  'CONTEXT_OVERFLOW',
  'CONTENT_FILTERED',
  'FORBIDDEN_ADDRESS',
  'SANDBOX_VIOLATION',
  'QUARANTINED',
  'CANCELLED',
  'KILLED',
  'INTERNAL',
] as const;

export type ApiErrorCode = (typeof apiErrorCodes)[number];
export type TaskFailureCode = (typeof taskFailureCodes)[number];
export type ErrorCode = ApiErrorCode | TaskFailureCode;

/** The wire form of a failure: kept in histories and rows, shown by the API. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly hint?: string | undefined;
  readonly taskPath?: string | undefined;
  /** Milliseconds to wait before the next attempt, when the other side said so. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: Failure | undefined;
  /** The tool knows that nothing was done. Without it, a failed call may have had its effect all the same. */
  readonly noEffect?: true | undefined;
  /** Nothing was tried, or all that could be is out of reach: whoever asked waits, and that is none of its attempts. */
  readonly wait?: FailureWait | undefined;
}

/** What a failed call waits for; `until`, in milliseconds since the epoch, where somebody has said when it is there. */
export interface FailureWait {
  readonly kind: 'RATE_LIMIT' | 'DEPENDENCY' | 'BUDGET';
  readonly until?: number | undefined;
}

/**
 * The one error this code base throws on purpose. Told apart by `code`, never by `instanceof`:
 * workflows run in a realm of their own, where classes are copies.
 */
export interface NexusError extends Error {
  readonly nexus: true;
  readonly failure: Failure;
  readonly code: ErrorCode;
}

export interface ErrorDetails {
  readonly hint?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly taskPath?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
  readonly noEffect?: true | undefined;
  readonly wait?: FailureWait | undefined;
}

/** Makes a NexusError: `throw nexusError('NOT_FOUND', 'run run_… is not known', { hint })`. */
export function nexusError(code: ErrorCode, message: string, details: ErrorDetails = {}): NexusError {
  const failure: Failure = {
    code,
    message: shortened(message),
    retryable: details.retryable ?? false,
    ...(details.hint === undefined ? {} : { hint: details.hint }),
    ...(details.taskPath === undefined ? {} : { taskPath: details.taskPath }),
    ...(details.retryAfterMs === undefined ? {} : { retryAfterMs: details.retryAfterMs }),
    ...(details.noEffect ? { noEffect: true } : {}),
    ...(details.wait === undefined ? {} : { wait: details.wait }),
    ...(details.cause === undefined ? {} : { cause: failureOf(details.cause) }),
  };
  const error = new Error(message, details.cause === undefined ? {} : { cause: details.cause });
  return Object.assign(error, { name: code, nexus: true as const, failure, code });
}

/** The error, with what had been used when it was thrown: that is paid for all the same. */
export function withSpent(error: unknown, spent: Usage): unknown {
  return isNexusError(error) ? Object.assign(error, { spent }) : error;
}

/** What had been used when an error was thrown; undefined where nobody has said. */
export function spentOf(error: unknown): Usage | undefined {
  return isNexusError(error) ? (error as NexusError & { readonly spent?: Usage }).spent : undefined;
}

/** Whether a caught value is a NexusError, of any realm. */
export function isNexusError(error: unknown): error is NexusError {
  return typeof error === 'object' && error !== null && (error as { nexus?: unknown }).nexus === true;
}

/** The failure of any caught value; what is not ours becomes INTERNAL with its own message. */
export function failureOf(error: unknown): Failure {
  if (isNexusError(error)) return error.failure;
  const message = error instanceof Error || hasMessage(error) ? error.message : String(error);
  return { code: 'INTERNAL', message: shortened(message), retryable: false };
}

/** Longer ones are data: a history takes two megabytes at once, and nobody reads so much. */
const longestMessage = 8_000;

function shortened(message: string): string {
  if (message.length <= longestMessage) return message;
  return `${message.slice(0, longestMessage)}… (cut: ${message.length} characters)`;
}

function hasMessage(error: unknown): error is { message: string } {
  return typeof (error as { message?: unknown } | null)?.message === 'string';
}
