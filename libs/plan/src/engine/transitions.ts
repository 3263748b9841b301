import type { TaskStatus } from '#contracts';

/**
 * What a task may become. A task ends once: the end states lead nowhere but into a rollback.
 *
 * | from | to |
 * |---|---|
 * | PENDING | READY when its needs have ended; SKIPPED when its `when` or a person says so; FAILED when that cannot be evaluated, or WAITING for a person to say what then; CANCELLED |
 * | READY | RUNNING; WAITING for a time; an end state at once when whoever ran it reports only the outcome |
 * | RUNNING | an end state; WAITING for its next attempt; READY again when its worker was lost; UNCERTAIN when nobody knows whether its effect happened |
 * | WAITING | READY when its time has come or a person says so; an end state when that was all; WAITING for another person |
 * | UNCERTAIN | an end state, or READY again, when a person says what happened |
 *
 * A person's retry is not in the table: it takes an end back (`second-try.ts`).
 */
export const transitions: Readonly<Record<TaskStatus, readonly TaskStatus[]>> = {
  PENDING: ['READY', 'WAITING', 'SKIPPED', 'FAILED', 'CANCELLED'],
  READY: ['RUNNING', 'WAITING', 'PAUSED', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED', 'UNCERTAIN'],
  RUNNING: ['SUCCEEDED', 'FAILED', 'WAITING', 'READY', 'PAUSED', 'CANCELLED', 'UNCERTAIN'],
  WAITING: ['READY', 'WAITING', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'PAUSED', 'CANCELLED'],
  PAUSED: ['READY', 'RUNNING', 'WAITING', 'CANCELLED'],
  UNCERTAIN: ['READY', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED', 'COMPENSATING'],
  SUCCEEDED: ['COMPENSATING'],
  FAILED: ['COMPENSATING'],
  CANCELLED: ['COMPENSATING'],
  SKIPPED: [],
  COMPENSATING: ['COMPENSATED', 'COMPENSATION_FAILED'],
  COMPENSATION_FAILED: ['COMPENSATING', 'COMPENSATED'],
  COMPENSATED: [],
};

export const endedTaskStatuses: readonly TaskStatus[] = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'];

export function taskEnded(status: TaskStatus): boolean {
  return endedTaskStatuses.includes(status);
}
