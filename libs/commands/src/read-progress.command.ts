import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import type { TaskView } from './task-view.js';

/** How far a task is that does many equal things. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

/** Of a map how many of its items have ended, as it last told; null before it has, and for all other tasks. */
export async function readProgress(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  { runId, path, kind }: Pick<TaskView, 'runId' | 'path' | 'kind'>,
): Promise<Progress | null> {
  if (kind !== 'MAP') return null;
  const { done, total } = (await store.events.latest(tenant, runId, 'task.progress', path))?.data ?? {};
  return typeof done === 'number' && typeof total === 'number' ? { done, total } : null;
}
