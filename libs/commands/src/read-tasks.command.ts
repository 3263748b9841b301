import { type Pause, taskStatuses, type WaitReason } from '#contracts';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { connection, type Connection } from './connection.js';
import { pageFields } from './input-fields.js';
import { readItem } from './read-item.js';
import type { NoWorker } from './no-worker.js';
import { parseInput } from './parse-input.js';
import { boundPlan } from './read-bound.js';
import { taskCursor, taskPage } from './task-pages.js';
import { containersOf, taskViews, type TaskView } from './task-view.js';

export const ReadTasksInput = z.strictObject({
  runId: z.string(),
  ...pageFields(50),
  status: z.array(z.enum(taskStatuses)).nullish(),
});
export const ReadTaskInput = z.strictObject({ runId: z.string(), path: z.string().max(2_000) });

/** A page of a run's tasks: those of its plan in the plan's order, then those that came up while it ran, by path. */
export async function readTasks(
  deps: CommandDeps,
  noWorker: NoWorker,
  context: CommandContext,
  input: unknown,
): Promise<Connection<TaskView>> {
  const { runId, first, after, status } = parseInput(ReadTasksInput, input);
  const { tenant } = context;
  const [ended, bound, pauses, unserved] = await Promise.all([
    hasEnded(deps, context, runId),
    boundPlan(deps, context, runId),
    deps.store.pauses.of(tenant, runId),
    noWorker(tenant, runId),
  ]);
  const wanted = status && status.length > 0 ? status : null;
  // One more than is shown tells whether there is a next page.
  const page = { limit: first + 1, after, status: wanted };
  const views = await taskPage(deps, { tenant, runId, bound, ended }, page);
  const shown = views
    .slice(0, first)
    .map((view) => heldBack(view, pauses, ended ? null : unserved.get(view.path)));
  return connection(shown, taskCursor, { next: views.length > first, previous: after !== null });
}

/** One task of a run by its path, or null. */
export async function readTask(
  deps: CommandDeps,
  noWorker: NoWorker,
  context: CommandContext,
  input: unknown,
): Promise<TaskView | null> {
  const { runId, path } = parseInput(ReadTaskInput, input);
  const containers = containersOf(path);
  const [ended, bound, pauses, unserved, ...rows] = await Promise.all([
    hasEnded(deps, context, runId),
    boundPlan(deps, context, runId),
    deps.store.pauses.of(context.tenant, runId),
    noWorker(context.tenant, runId),
    ...[path, ...containers].map((at) => deps.store.tasks.get(context.tenant, runId, at)),
  ]);
  const known = rows.filter((row) => row !== null);
  const facts = { runId, plan: bound, rows: known, now: deps.now(), ended };
  const view = taskViews(facts).find((one) => one.path === path);
  return view
    ? heldBack(view, pauses, ended ? null : unserved.get(path))
    : await readItem(deps, context, { runId, path, bound });
}

async function hasEnded(deps: CommandDeps, context: CommandContext, runId: string): Promise<boolean> {
  const run = await deps.store.runs.get(context.tenant, runId);
  return run !== null && run.finishedAt !== null;
}

/** A task that could start, were it not for a pause, waits for that; else for a worker that can do it. */
function heldBack(
  view: TaskView,
  [pause]: readonly Pause[],
  unserved: WaitReason | null | undefined,
): TaskView {
  const couldStart = view.status === 'READY' || view.status === 'PAUSED';
  if (view.waitingFor !== null) return view;
  if (pause === undefined || !couldStart) return unserved ? { ...view, waitingFor: unserved } : view;
  const { by, reason, since } = pause;
  const detail = `paused by ${by}${reason === undefined ? '' : `: ${reason}`}`;
  return { ...view, waitingFor: { kind: 'PAUSED', detail, since: new Date(since).toISOString() } };
}
