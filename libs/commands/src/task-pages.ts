import type { TaskStatus } from '#contracts';
import type { BoundPlan } from '#plan';
import type { CommandDeps } from './command-deps.js';
import { badCursor } from './connection.js';
import { containersOf, type PlannedTask, plannedTasks, taskViews, type TaskView } from './task-view.js';

/** The run whose tasks are read. */
export interface PagedRun {
  readonly tenant: string;
  readonly runId: string;
  /** Null while it is still being planned. */
  readonly bound: BoundPlan | null;
  readonly ended: boolean;
}

/** So many tasks of the plan are looked at in one go when a page leaves some of them out. */
const chunk = 200;

/**
 * Up to so many of a run's tasks from a cursor on: those of the plan in its order, then those that came up while it
 * ran. Reads what the page shows and no more, whatever the run has besides.
 */
export async function taskPage(
  { store, now }: Pick<CommandDeps, 'store' | 'now'>,
  run: PagedRun,
  page: {
    readonly limit: number;
    readonly after: string | null;
    readonly status: readonly TaskStatus[] | null;
  },
): Promise<TaskView[]> {
  const { tenant, runId, bound, ended } = run;
  const { limit, after, status } = page;
  const planned = bound === null ? [] : plannedTasks(bound);
  const from = after === null ? null : pathOf(after);
  const place = planned.findIndex(({ path }) => path === from);
  if (from !== null && place < 0 && (await store.tasks.get(tenant, runId, from)) === null)
    throw badCursor(after ?? '');
  const inPlan = from === null || place >= 0;
  const found = inPlan ? await ofPlan(place + 1) : [];
  if (found.length === limit) return found;
  const rows = await store.tasks.page(tenant, runId, {
    first: limit - found.length,
    after: inPlan ? null : from,
    except: planned.map(({ path }) => path),
    status,
  });
  return [...found, ...taskViews({ runId, plan: bound, planned: [], rows, now: now(), ended })];

  async function ofPlan(start: number): Promise<TaskView[]> {
    const views: TaskView[] = [];
    const size = status === null ? limit : Math.max(limit, chunk);
    for (let next = start; next < planned.length && views.length < limit; next += size) {
      const shown = await viewsOf(planned.slice(next, next + size));
      views.push(...shown.filter((view) => status?.includes(view.status) ?? true));
    }
    return views.slice(0, limit);
  }

  async function viewsOf(tasks: readonly PlannedTask[]): Promise<TaskView[]> {
    const paths = new Set(tasks.flatMap(({ path }) => [...containersOf(path), path]));
    const rows = await store.tasks.at(tenant, runId, [...paths]);
    const named = new Set(tasks.map(({ path }) => path));
    return taskViews({ runId, plan: bound, planned: tasks, rows, now: now(), ended }).filter(({ path }) =>
      named.has(path),
    );
  }
}

/** The cursor of a task in its run's list. */
export function taskCursor({ path }: Pick<TaskView, 'path'>): string {
  return Buffer.from(path).toString('base64url');
}

function pathOf(cursor: string): string {
  const path = Buffer.from(cursor, 'base64url').toString();
  if (taskCursor({ path }) !== cursor) throw badCursor(cursor);
  return path;
}
