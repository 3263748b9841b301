import type { RunStatus } from '#contracts';

/** What `nexus` exits with; scripts rely on these. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  auth: 4,
  refused: 5,
  stopped: 6,
  timedOut: 7,
  interrupted: 130,
} as const;

const byErrorCode: Readonly<Record<string, number>> = {
  BAD_USER_INPUT: exitCodes.usage,
  INVALID_INPUT: exitCodes.usage,
  INVALID_PLAN: exitCodes.usage,
  NOT_FOUND: exitCodes.notFound,
  UNAUTHENTICATED: exitCodes.auth,
  FORBIDDEN: exitCodes.auth,
  CONFLICT: exitCodes.refused,
  FAILED_PRECONDITION: exitCodes.refused,
  IDEMPOTENCY_MISMATCH: exitCodes.refused,
  RATE_LIMITED: exitCodes.refused,
  QUOTA_EXCEEDED: exitCodes.refused,
  BUDGET_EXCEEDED: exitCodes.stopped,
  KILL_SWITCH_ACTIVE: exitCodes.stopped,
  KILLED: exitCodes.stopped,
  TIMEOUT: exitCodes.timedOut,
  DEADLINE_EXCEEDED: exitCodes.timedOut,
};

/** The exit code of a command that ended with an error. */
export function exitCodeOfError(code: string): number {
  return byErrorCode[code] ?? exitCodes.failed;
}

/** The exit code of a command that waited for a run; `errorCode` is that of the run's own failure. */
export function exitCodeOfRun(status: RunStatus, errorCode?: string): number {
  if (status === 'SUCCEEDED') return exitCodes.ok;
  const stopped =
    status === 'KILLED' || errorCode === 'BUDGET_EXCEEDED' || errorCode === 'KILL_SWITCH_ACTIVE';
  return stopped ? exitCodes.stopped : exitCodes.failed;
}
