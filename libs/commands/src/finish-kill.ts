import type { KillScope } from '#contracts';
import { failpoint } from '#failpoints';
import type { KillWanted } from '#store';
import { bounded } from './bounded.js';
import type { CommandDeps } from './command-deps.js';

/** How long what is aborted may take to be over; what takes longer is fenced off where it is. */
export const killGraceMs = 2_000;
/** A turn of an agent's model is not on record: within this time workers have read the stop list and aborted it. */
const unseenMs = 700;
const unrecordedMs = 100;
const lookMs = 40;
const strayMs = 1_000;
const terminatedAtOnce = 16;

type KillDeps = Pick<CommandDeps, 'store' | 'workflows' | 'logger' | 'now'>;

/**
 * Ends a run that is on the stop list to be killed: its workflows, then, once nothing of it runs, its rows. Gives how
 * long it took since `begun`, by the process's own clock. When Temporal does not answer, what runs is aborted all the
 * same, and null is given: the sweep finishes it.
 */
export async function finishKill(
  deps: KillDeps,
  run: KillWanted,
  begun: number,
  scope: KillScope | 'RUN',
): Promise<number | null> {
  const { store, logger } = deps;
  const told = announce(deps, run, scope);
  const [terminated, stoppedInMs] = await Promise.all([
    terminateTree(deps, run),
    quiet(deps, run, begun),
    told,
  ]);
  failpoint('kill.terminated');
  if (!terminated) return null;
  const { reason, by, askedAt } = run;
  await store.runs.endKilled(run.tenant, run.id, { reason, by, stoppedInMs, startedKillAt: askedAt });
  failpoint('kill.ended');
  // One that was being started while its parent ended is not seen at once.
  setTimeout(() => {
    terminateStrays(deps, run).catch((error: unknown) =>
      logger.warn({ error, runId: run.id }, 'workflows that a killed run may have left were not looked for'),
    );
  }, strayMs).unref();
  return stoppedInMs;
}

/** A killed run may be rolled back right after: what is open then is no stray. */
async function terminateStrays(deps: KillDeps, run: KillWanted): Promise<void> {
  const row = await deps.store.runs.get(run.tenant, run.id);
  if (row?.status === 'KILLED') await terminateTree(deps, run);
}

async function announce({ store, now }: KillDeps, run: KillWanted, scope: string): Promise<void> {
  const { reason, by } = run;
  await store.record({
    tenant: run.tenant,
    runId: run.id,
    once: 'run.killing',
    events: [{ type: 'kill.engaged', at: now(), data: { scope, reason, by } }],
    tasks: [],
    run: { status: 'CANCELLING', waiting: null },
  });
}

/** Terminates every workflow of the run that rows or Temporal know. False: not all could be reached. */
async function terminateTree({ store, workflows, logger }: KillDeps, run: KillWanted): Promise<boolean> {
  const reason = `killed by ${run.by}: ${run.reason}`;
  const terminate = (workflowId: string): Promise<void> => workflows.terminate(workflowId, reason);
  try {
    const [children, open] = await Promise.all([
      store.tasks.workflows(run.tenant, run.id),
      workflows.openWorkflows(run.id),
      // It alone starts others: at once.
      terminate(run.workflowId),
    ]);
    const ids = new Set([...children.map(({ workflowId }) => workflowId), ...open]);
    ids.delete(run.workflowId);
    await bounded([...ids], terminatedAtOnce, terminate);
    return true;
  } catch (error) {
    logger.warn({ error, runId: run.id }, 'the workflows of a killed run will be terminated later');
    return false;
  }
}

/**
 * Waits until no step of the run is at work, or the grace is over; gives the time since `begun`. A step that begins is
 * on record a moment later, so nothing at work has to be seen twice.
 */
async function quiet({ store }: KillDeps, run: KillWanted, begun: number): Promise<number> {
  let quietAt: number | null = null;
  for (;;) {
    const { steps, agents } = await store.tasks.inFlight(run.tenant, run.id);
    const elapsed = performance.now() - begun;
    // Before that, a step that is at work may not be on record yet.
    const isTold = elapsed >= unrecordedMs;
    const isQuiet = isTold && steps === 0 && (agents === 0 || elapsed >= unseenMs);
    quietAt = isQuiet ? (quietAt ?? elapsed) : null;
    if (quietAt !== null && elapsed - quietAt >= unrecordedMs) return quietAt;
    if (elapsed >= killGraceMs) return quietAt ?? elapsed;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
