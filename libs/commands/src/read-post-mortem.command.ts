import type { RunEvent, RunStatus } from '#contracts';
import type { RunRow } from '#store';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { type PostMortem, postMortem } from './post-mortem.js';
import { boundPlan } from './read-bound.js';
import type { RunView } from './run-view.js';
import { taskViews } from './task-view.js';

const mourned: readonly RunStatus[] = ['FAILED', 'CANCELLED', 'KILLED'];
const eventsAtOnce = 1_000;
/** Of a run with more events than both, the first say how it came about and the last how it ended. */
const firstEvents = 5_000;
const lastEvents = 15_000;

/** The post-mortem of a run that failed, was cancelled or killed; null for any other. */
export async function readPostMortem(
  deps: CommandDeps,
  context: CommandContext,
  run: RunView,
): Promise<PostMortem | null> {
  if (!mourned.includes(run.status)) return null;
  const [plan, rows, events] = await Promise.all([
    boundPlan(deps, context, run.id),
    deps.store.tasks.list(context.tenant, run.id),
    eventsOf(deps, context, run.row),
  ]);
  const tasks = taskViews({ runId: run.id, plan, rows, now: run.finishedAt ?? deps.now(), ended: true });
  return postMortem({ run: run.row, tasks, events });
}

async function eventsOf(deps: CommandDeps, context: CommandContext, run: RunRow): Promise<RunEvent[]> {
  const { eventPosition: last } = run;
  if (last <= firstEvents + lastEvents) return await eventsBetween(deps, context, run.id, 0, last);
  const before = await eventsBetween(deps, context, run.id, 0, firstEvents);
  const after = await eventsBetween(deps, context, run.id, last - lastEvents, last);
  return [...before, ...after];
}

/** Those past the one position, up to the other. */
async function eventsBetween(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  runId: string,
  from: number,
  to: number,
): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let position = from; position < to;) {
    const page = await store.events.after(tenant, runId, position, Math.min(eventsAtOnce, to - position));
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined) break;
    position = last.position;
  }
  return events;
}
