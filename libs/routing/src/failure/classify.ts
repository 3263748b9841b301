import { APICallError } from '@ai-sdk/provider';
import { isNexusError, nexusError } from '#contracts';
import type { ErrorDetails, NexusError, TaskFailureCode } from '#contracts';
import type { Deployment } from '../catalogue/deployment.js';
import { retryAfterMs } from './retry-after.js';

export interface FailureContext {
  readonly deployment: Deployment;
  readonly redact: (text: string) => string;
  readonly now: () => number;
}

/** What went wrong with a model call, in the product's terms. */
export function classifyModelError(error: unknown, context: FailureContext): NexusError {
  if (isNexusError(error)) return error;
  if (APICallError.isInstance(error)) return classifyReply(error, context);
  const text = textOf(error);
  const refused = refusal(text);
  if (refused !== null) return failure(refused, text, context);
  if (isNetworkError(error) || isBadReply(error) || !(error instanceof Error)) {
    return failure('PROVIDER_UNAVAILABLE', text, context, { retryable: true });
  }
  return failure(error.name.startsWith('AI_') ? 'INVALID_INPUT' : 'INTERNAL', text, context);
}

function classifyReply(error: APICallError, context: FailureContext): NexusError {
  const { statusCode: status, responseHeaders: headers = {} } = error;
  const text = `${status === undefined ? 'no answer' : `status ${status}`}: ${messageOf(error)}`;
  const wait = retryAfterMs(headers, context.now());
  const retry = { retryable: headers['x-should-retry'] !== 'false', retryAfterMs: wait };
  if (status === undefined || status < 400) return failure('PROVIDER_UNAVAILABLE', text, context, retry);
  const refused = refusal(`${text} ${error.responseBody ?? ''}`, status);
  if (refused !== null) return failure(refused, text, context);
  if (status === 401 || status === 403) return failure('PROVIDER_AUTH', text, context);
  if (status === 404) return failure('INVALID_INPUT', text, context, { hint: hints.unknownModel });
  if (status === 429 || status >= 500 || [408, 409, 425].includes(status)) {
    return failure('PROVIDER_UNAVAILABLE', text, context, retry);
  }
  return failure('INVALID_INPUT', text, context);
}

/** Refusals that providers tell apart by words rather than by status. */
function refusal(text: string, status = 400): TaskFailureCode | null {
  if (status === 402) return 'PROVIDER_QUOTA';
  if (status >= 500) return null;
  const refused = refusals.find(({ words }) => words.test(text))?.code ?? null;
  // A rate limit counted in tokens speaks of tokens too.
  return status === 429 && refused !== 'PROVIDER_QUOTA' ? null : refused;
}

const refusals: readonly { readonly code: TaskFailureCode; readonly words: RegExp }[] = [
  {
    code: 'PROVIDER_QUOTA',
    words:
      /insufficient_quota|billing_hard_limit|credit balance|insufficient (credits?|funds|balance)|spend(ing)? limit|exceeded your current quota/i,
  },
  {
    code: 'CONTEXT_OVERFLOW',
    words:
      /context_length_exceeded|maximum context length|context window|prompt is too long|input is too long/i,
  },
  {
    code: 'CONTENT_FILTERED',
    words: /content_filter|content_policy|content management policy|safety system/i,
  },
];

const hints = {
  unknownModel: 'the provider does not know this model; name another one as provider:model',
  PROVIDER_AUTH: "check the provider's key",
  PROVIDER_QUOTA: 'add credit at the provider or raise its limit; a retry will not help',
  CONTEXT_OVERFLOW: 'send less: shorten the prompt, or take a model with a larger context window',
} as const;

function failure(
  code: TaskFailureCode,
  text: string,
  { deployment, redact }: FailureContext,
  details: ErrorDetails = {},
): NexusError {
  const hint = code in hints ? hints[code as keyof typeof hints] : undefined;
  const said = text.length > 500 ? `${text.slice(0, 500)}…` : text;
  return nexusError(code, redact(`${deployment.id}: ${said}`), { hint, ...details });
}

function messageOf(error: APICallError): string {
  return error.message === '' ? (error.responseBody ?? 'no message') : error.message;
}

function textOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  const message = (error as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : (JSON.stringify(error) ?? String(error));
}

function isNetworkError(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as { code?: unknown };
    if (typeof code === 'string' && /^(E[A-Z]+|UND_ERR_\w+)$/.test(code)) return true;
    if (['fetch failed', 'terminated'].includes(each.message)) return true;
  }
  return false;
}

/** The provider answered, but not in the form that its API promises. */
function isBadReply(error: unknown): boolean {
  const badReplies = [
    'AI_JSONParseError',
    'AI_TypeValidationError',
    'AI_InvalidResponseDataError',
    'AI_EmptyResponseBodyError',
    'AI_NoContentGeneratedError',
  ];
  return error instanceof Error && badReplies.includes(error.name);
}
