export const runStatuses = [
  'PENDING',
  'PLANNING',
  'RUNNING',
  'WAITING',
  'PAUSED',
  'CANCELLING',
  'ROLLING_BACK',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'KILLED',
  'ROLLED_BACK',
  'ROLLBACK_INCOMPLETE',
] as const;
export type RunStatus = (typeof runStatuses)[number];

export const endedRunStatuses = [
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'KILLED',
  'ROLLED_BACK',
  'ROLLBACK_INCOMPLETE',
] as const satisfies readonly RunStatus[];

export function runEnded(status: RunStatus): boolean {
  return (endedRunStatuses as readonly string[]).includes(status);
}

export const taskStatuses = [
  'PENDING',
  'READY',
  'RUNNING',
  'WAITING',
  'PAUSED',
  'SUCCEEDED',
  'FAILED',
  'SKIPPED',
  'CANCELLED',
  'COMPENSATING',
  'COMPENSATED',
  'COMPENSATION_FAILED',
  'UNCERTAIN',
] as const;
export type TaskStatus = (typeof taskStatuses)[number];

export const taskKinds = [
  'tool',
  'model',
  'agent',
  'approval',
  'wait',
  'map',
  'branch',
  'loop',
  'plan',
] as const;
export type TaskKind = (typeof taskKinds)[number];

export const waitKinds = [
  'APPROVAL',
  'TIMER',
  'PAUSED',
  'QUEUE',
  'RATE_LIMIT',
  'BUDGET',
  'NO_WORKER',
  'RETRY_BACKOFF',
  'KILL_SWITCH',
  'DEPENDENCY',
  'UNCERTAIN',
] as const;
export type WaitKind = (typeof waitKinds)[number];

/** Why a run or a task does not move. Times are RFC 3339 in UTC. */
export interface WaitReason {
  readonly kind: WaitKind;
  readonly detail: string;
  readonly since: string;
  readonly until?: string | undefined;
  readonly inFlight?: number | undefined;
  readonly position?: number | undefined;
}
