import type { Failure } from '#contracts';
import { runEnded } from '#contracts';
import { taskEnded } from '#plan';
import type { RunRow } from '#store';
import type { OperatorsDeps } from './operators-deps.js';
import type { Ending, RootWorkflow } from './operators-temporal.js';

/** What has become of a run whose workflow is said to have ended. `later`: it is to be looked at again. */
export type Reconciled = 'done' | 'later';

/**
 * Gives a run the true end of its workflow, unless it has one. What a workflow ends by itself it has written down
 * before; a workflow that was reset is open again.
 */
export function createRunEnder(
  deps: OperatorsDeps,
): (root: Omit<RootWorkflow, 'temporalRunId'>) => Promise<Reconciled> {
  const { store, temporal, logger } = deps;

  return async ({ tenant, runId, workflowId }) => {
    if (!isOurs(await store.runs.get(tenant, runId))) return 'done';
    const ending = await temporal.ending(workflowId);
    if (ending === null) return 'done';
    // Only now: until then it may have written its end itself, or go on with a task tried again.
    const run = await store.runs.get(tenant, runId);
    if (run === null || !isOurs(run)) return 'done';
    if (ending !== 'unknown' && (await makesWay(run, ending))) return 'later';
    if (run.dispatchedAt === null && (ending === 'unknown' || (await isTriedAgain(run)))) return 'later';
    if (ending === 'unknown') await sayItIsGone(run);
    else {
      logger.warn({ runId, ...ending }, 'the workflow of a run ended without its doing');
      await end(run, ending);
    }
    return 'done';
  };

  /**
   * What ended before somebody wanted the run rolled back is not the end of that, and what ended since makes way for
   * it, or is started once more: only who terminates it means that there should be none.
   */
  async function makesWay({ id }: RunRow, { at, status }: Ending): Promise<boolean> {
    const rollback = (await store.rollbacks.open()).find((one) => one.id === id);
    return rollback !== undefined && (status !== 'TERMINATED' || at <= rollback.requestedAt);
  }

  /** A run that had ended is live from the decision on, and its workflow a moment later: until then that is kept. */
  async function isTriedAgain({ id }: RunRow): Promise<boolean> {
    return (await store.signals.of(id)).some(({ name }) => name === 'secondTry');
  }

  /** Another Temporal than the run's may have been asked: nothing is ended for that. */
  async function sayItIsGone({ tenant, id, workflowId, stuck }: RunRow): Promise<void> {
    const detail = `Temporal does not know the workflow ${workflowId}: is it the right server and namespace? Else kill the run`;
    if (stuck?.detail === detail) return;
    logger.warn({ runId: id }, detail);
    await store.runs.setStuck(tenant, id, {
      kind: 'DEPENDENCY',
      detail,
      since: new Date(deps.now()).toISOString(),
    });
  }

  async function end(run: RunRow, ending: Ending): Promise<void> {
    const { id, tenant, workflowId } = run;
    const { by, at } = ending;
    const why = `${said[ending.status]} in Temporal by ${by}${ending.reason ? `: ${ending.reason}` : ''}`;
    if (ending.status === 'TERMINATED') {
      await store.runs.requestStop(tenant, id, 'kill', why, by);
      return deps.kill({ id, tenant, workflowId, by, reason: why, askedAt: at });
    }
    if (ending.status === 'COMPLETED') {
      const output = (await temporal.output(workflowId)) ?? { inline: null };
      return await store
        .record({
          tenant,
          runId: id,
          events: [{ type: 'run.ended', at, data: { status: 'SUCCEEDED', by, reason: why } }],
          tasks: [],
          run: { status: 'SUCCEEDED', output, waiting: null, finishedAt: at },
        })
        .then(() => undefined);
    }
    // What still runs of it is cut by the workers, and fenced off by its end.
    await store.runs.requestStop(tenant, id, 'cut', why, by);
    const status = ending.status === 'CANCELLED' ? 'CANCELLED' : 'FAILED';
    const code = status === 'FAILED' ? 'INTERNAL' : 'CANCELLED';
    const error: Failure = { code, message: why, retryable: false };
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

/** A kill of ours terminates the workflow, too, and writes the end itself. */
function isOurs(run: RunRow | null): boolean {
  return run !== null && !runEnded(run.status) && run.stop !== 'kill';
}

const said: Record<Ending['status'], string> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
};
