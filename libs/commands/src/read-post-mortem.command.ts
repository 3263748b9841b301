import type { RunEvent, RunStatus } from '#contracts';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { type PostMortem, postMortem } from './post-mortem.js';
import { boundPlan } from './read-tasks.command.js';
import type { RunView } from './run-view.js';
import { taskViews } from './task-view.js';

const mourned: readonly RunStatus[] = ['FAILED', 'CANCELLED', 'KILLED'];
const eventsAtOnce = 1_000;
const mostEvents = 20_000;

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
    allEvents(deps, context, run.id),
  ]);
  const tasks = taskViews({ runId: run.id, plan, rows, now: run.finishedAt ?? deps.now(), ended: true });
  return postMortem({ run: run.row, tasks, events });
}

async function allEvents(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  runId: string,
): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let position = 0; events.length < mostEvents;) {
    const page = await store.events.after(tenant, runId, position, eventsAtOnce);
    events.push(...page);
    if (page.length < eventsAtOnce) break;
    position = page.at(-1)?.position ?? Infinity;
  }
  return events;
}
