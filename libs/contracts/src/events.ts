import type { JsonObject } from './json.js';

/** What happens in a run, as its readers see it. */
export const runEventTypes = [
  'run.created',
  'run.planning',
  'run.planned',
  'run.started',
  'run.waiting',
  'run.paused',
  'run.resumed',
  'run.cancelling',
  'run.rolling_back',
  'run.ended',
  'task.ready',
  'task.started',
  'task.output',
  'task.progress',
  'task.retrying',
  'task.waiting',
  'task.succeeded',
  'task.failed',
  'task.skipped',
  'task.cancelled',
  'task.compensating',
  'task.compensated',
  'task.compensation_failed',
  'task.uncertain',
  'model.delta',
  'model.call',
  'approval.requested',
  'approval.decided',
  'budget.changed',
  'kill.engaged',
  'kill.released',
] as const;
export type RunEventType = (typeof runEventTypes)[number];

/** An event before it has its position in the run's stream. */
export interface NewRunEvent {
  readonly type: RunEventType;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly taskPath?: string | undefined;
  readonly data?: JsonObject | undefined;
}

export interface RunEvent extends NewRunEvent {
  /** Given out per run in the order of commit, from 1, without gaps. */
  readonly position: number;
}
