import type { Failure } from '#contracts';
import { runEnded } from '#contracts';
import { taskEnded } from '#plan';
import type { RunRow } from '#store';
import type { OperatorsDeps } from './operators-deps.js';
import type { Ending, RootWorkflow } from './operators-temporal.js';

/** What ended while nobody watched is looked for this far back. */
const firstLookMs = 3_600_000;
/** Visibility is a little behind, and clocks differ. */
const overlapMs = 20_000;
const remembered = 5_000;

/**
 * Gives runs their true end whose workflow ended without a word of its own: an operator terminated it, or Temporal
 * did. What a workflow ends by itself it has written down before; a workflow that was reset is open again.
 */
export function createEndReconciler(deps: OperatorsDeps): () => Promise<void> {
  const { store, temporal, logger, now } = deps;
  const seen = new Set<string>();
  let since = now() - firstLookMs;

  return async () => {
    const began = now();
    for (const root of await temporal.ended(since)) {
      if (seen.has(root.temporalRunId)) continue;
      await reconcile(root);
      remember(root.temporalRunId);
    }
    since = began - overlapMs;
  };

  function remember(temporalRunId: string): void {
    seen.add(temporalRunId);
    const [oldest] = seen;
    if (seen.size > remembered && oldest !== undefined) seen.delete(oldest);
  }

  async function reconcile({ tenant, runId, workflowId }: RootWorkflow): Promise<void> {
    const run = await store.runs.get(tenant, runId);
    // A kill of ours terminates the workflow, too, and writes the end itself.
    if (run === null || runEnded(run.status) || run.stop === 'kill') return;
    const ending = await temporal.ending(workflowId);
    if (ending === null || ending === 'unknown') return;
    logger.warn({ runId, ...ending }, 'the workflow of a run ended without its doing');
    await end(run, ending);
  }

  async function end(run: RunRow, ending: Ending): Promise<void> {
    const { id, tenant, workflowId } = run;
    const { by, at } = ending;
    const why = `${said[ending.status]} in Temporal by ${by}${ending.reason ? `: ${ending.reason}` : ''}`;
    if (ending.status === 'TERMINATED' || ending.status === 'COMPLETED') {
      await store.runs.requestStop(tenant, id, 'kill', why, by);
      return deps.kill({ id, tenant, workflowId, by, reason: why, askedAt: at });
    }
    // What still runs of it is cut by the workers, and fenced off by its end.
    await store.runs.requestStop(tenant, id, 'cut', why, by);
    const status = ending.status === 'CANCELLED' ? 'CANCELLED' : 'FAILED';
    const error: Failure = {
      code: status === 'FAILED' ? 'INTERNAL' : 'CANCELLED',
      message: why,
      retryable: false,
    };
    const tasks = (await store.tasks.list(tenant, id)).filter(({ status: of }) => !taskEnded(of));
    await store.record({
      tenant,
      runId: id,
      events: [{ type: 'run.ended', at, data: { status, by, reason: why, error: { ...error } as never } }],
      tasks: tasks.map(({ path, kind }) => ({
        path,
        kind,
        status: 'CANCELLED',
        error,
        waiting: null,
        finishedAt: at,
      })),
      run: { status, error, waiting: null, finishedAt: at },
    });
    for (const child of await temporal.open(id)) await deps.terminate(child, why);
  }
}

const said: Record<Ending['status'], string> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};
