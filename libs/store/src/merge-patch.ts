import { runEnded } from '#contracts';
import type { Attempt, RunPatch, TaskPatch } from '#contracts';

/** What the store itself changes of a run, beside what the world may. */
export interface InnerRunPatch extends RunPatch {
  readonly dispatchedAt?: number | undefined;
}

/** Two patches of one task as one: the later stands, attempts are put together by number. */
export function mergeTaskPatch(earlier: TaskPatch, later: TaskPatch): TaskPatch {
  const merged = { ...earlier, ...present(later) };
  if (earlier.attempts === undefined || later.attempts === undefined) return merged;
  return { ...merged, attempts: mergeAttempts(earlier.attempts, later.attempts) };
}

/** Two patches of one run as one. Once the earlier ends the run, the later cannot change its status. */
export function mergeRunPatch(earlier: InnerRunPatch, later: InnerRunPatch): InnerRunPatch {
  const { status } = earlier;
  if (status === undefined || !runEnded(status)) return { ...earlier, ...present(later) };
  const { waiting: _waiting, finishedAt: _finishedAt, status: laterStatus, ...rest } = present(later);
  if (laterStatus === undefined || laterStatus === status) return { ...earlier, ...rest };
  const { output: _output, error: _error, ...neutral } = rest;
  return { ...earlier, ...neutral };
}

function mergeAttempts(earlier: readonly Attempt[], later: readonly Attempt[]): Attempt[] {
  const byNumber = new Map([...earlier, ...later].map((attempt) => [attempt.number, attempt]));
  return [...byNumber.values()].sort((a, b) => a.number - b.number);
}

/** The patch without what is `undefined`: absent and undefined mean the same, a spread would not know. */
function present<T extends object>(patch: T): T {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined)) as T;
}
