import { type Pause, taskStatuses } from '#contracts';
import type { BoundPlan } from '#plan';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { connection, type Connection } from './connection.js';
import { pageFields } from './input-fields.js';
import { readItem } from './read-item.js';
import { parseInput } from './parse-input.js';
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
  context: CommandContext,
  input: unknown,
): Promise<Connection<TaskView>> {
  const { runId, first, after, status } = parseInput(ReadTasksInput, input);
  const { tenant } = context;
  const [ended, bound, pauses] = await Promise.all([
    hasEnded(deps, context, runId),
    boundPlan(deps, context, runId),
    deps.store.pauses.of(tenant, runId),
  ]);
  const wanted = status && status.length > 0 ? status : null;
  // One more than is shown tells whether there is a next page.
  const page = { limit: first + 1, after, status: wanted };
  const views = await taskPage(deps, { tenant, runId, bound, ended }, page);
  const shown = views.slice(0, first).map((view) => heldBack(view, pauses));
  return connection(shown, taskCursor, { next: views.length > first, previous: after !== null });
}

/** One task of a run by its path, or null. */
export async function readTask(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<TaskView | null> {
  const { runId, path } = parseInput(ReadTaskInput, input);
  const containers = containersOf(path);
  const [ended, bound, pauses, ...rows] = await Promise.all([
    hasEnded(deps, context, runId),
    boundPlan(deps, context, runId),
    deps.store.pauses.of(context.tenant, runId),
    ...[path, ...containers].map((at) => deps.store.tasks.get(context.tenant, runId, at)),
  ]);
  const known = rows.filter((row) => row !== null);
  const facts = { runId, plan: bound, rows: known, now: deps.now(), ended };
  const view = taskViews(facts).find((one) => one.path === path);
  return view ? heldBack(view, pauses) : await readItem(deps, context, { runId, path, bound });
}

async function hasEnded(deps: CommandDeps, context: CommandContext, runId: string): Promise<boolean> {
  const run = await deps.store.runs.get(context.tenant, runId);
  return run !== null && run.finishedAt !== null;
}

/** A task that could start, were it not for a pause, waits for that. */
function heldBack(view: TaskView, [pause]: readonly Pause[]): TaskView {
  const couldStart = view.status === 'READY' || view.status === 'PAUSED';
  if (pause === undefined || !couldStart || view.waitingFor !== null) return view;
  const { by, reason, since } = pause;
  const detail = `paused by ${by}${reason === undefined ? '' : `: ${reason}`}`;
  return { ...view, waitingFor: { kind: 'PAUSED', detail, since: new Date(since).toISOString() } };
}

/** The plan as the run's workflow reads it; null while it is still being planned. */
export async function boundPlan(
  deps: CommandDeps,
  context: CommandContext,
  runId: string,
): Promise<BoundPlan | null> {
  return (await deps.store.runs.bound(context.tenant, runId)) as BoundPlan | null;
}
