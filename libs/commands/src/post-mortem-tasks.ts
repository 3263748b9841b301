import type { RunEvent } from '#contracts';
import { containersOf, type TaskView } from './task-view.js';

/** A task that did not come to its end, or the items of a map that were never opened. */
export interface UndoneTask {
  readonly path: string;
  /** What became of it, for people. */
  readonly fate: string;
  /** Of a map: so many of its items have no task of their own to tell of. */
  readonly items?: number;
}

export interface UndoneFacts {
  readonly tasks: readonly TaskView[];
  readonly leaves: readonly TaskView[];
  readonly events: readonly RunEvent[];
}

/** The tasks that contain no others. */
export function leavesOf(tasks: readonly TaskView[]): TaskView[] {
  const containers = new Set<string>();
  for (const { path } of tasks) {
    for (const around of containersOf(path)) containers.add(around).add(withoutIndex(around));
    if (withoutIndex(path) !== path) containers.add(withoutIndex(path));
  }
  return tasks.filter(({ path }) => !containers.has(path));
}

/** What was not done, and why not: cut, never begun, skipped, and by whom. */
export function undoneTasks({ tasks, leaves, events }: UndoneFacts): UndoneTask[] {
  const skippedBy = new Map(
    events.flatMap(({ type, taskPath, data }) =>
      type === 'task.skipped' && typeof data?.['by'] === 'string'
        ? [[taskPath ?? '', data['by']] as const]
        : [],
    ),
  );
  const unopened = unopenedItems(tasks, events);
  const undone = leaves
    .filter(({ status }) => status !== 'SUCCEEDED' && status !== 'COMPENSATED')
    .map((task) => ({ path: task.path, fate: fateOf(task, skippedBy.get(task.path)) }));
  return [...undone, ...unopened];
}

function fateOf({ status, startedAt, attempts }: TaskView, skippedBy: string | undefined): string {
  const begun = startedAt !== null || attempts.length > 0;
  if (status === 'CANCELLED') return begun ? 'cut while it ran' : 'never begun';
  if (status === 'PENDING' || status === 'READY' || status === 'PAUSED')
    return begun ? 'interrupted' : 'never begun';
  if (status === 'SKIPPED')
    return skippedBy === undefined ? 'skipped, as the plan says' : `skipped by ${skippedBy}`;
  return status.toLowerCase().replaceAll('_', ' ');
}

/** Items of maps that ended before their turn: they have no rows. */
function unopenedItems(tasks: readonly TaskView[], events: readonly RunEvent[]): UndoneTask[] {
  const progress = new Map<string, { readonly done: number; readonly total: number }>();
  for (const { type, taskPath, data } of events) {
    const { done, total } = data ?? {};
    if (type === 'task.progress' && taskPath && typeof done === 'number' && typeof total === 'number')
      progress.set(taskPath, { done, total });
  }
  const opened = openedItems(tasks);
  return tasks.flatMap(({ path, kind, status, startedAt }) => {
    if (kind !== 'MAP' || status === 'SUCCEEDED' || startedAt === null) return [];
    const { done = 0, total = 0 } = progress.get(path) ?? {};
    const left = total - Math.max(done, opened.get(path)?.size ?? 0);
    return left > 0 ? [{ path, fate: `${left} of ${total} items never begun`, items: left }] : [];
  });
}

/** Of each map the items that have rows. */
function openedItems(tasks: readonly TaskView[]): Map<string, Set<string>> {
  const opened = new Map<string, Set<string>>();
  for (const { path } of tasks) {
    for (const around of [...containersOf(path), path]) {
      const map = withoutIndex(around);
      if (map === around) continue;
      const known = opened.get(map) ?? new Set();
      opened.set(map, known.add(around));
    }
  }
  return opened;
}

function withoutIndex(path: string): string {
  return path.replace(/\[\d+\]$/, '');
}
