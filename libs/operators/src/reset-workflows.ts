import type { EndedRun } from '#store';
import { createRunEnder } from './end-run.js';
import type { OperatorsDeps } from './operators-deps.js';
import type { StartedWorkflow } from './operators-temporal.js';
import { createSeen } from './seen.js';

/** What was reset while nobody watched is looked for this far back. */
const firstLookMs = 3_600_000;
const overlapMs = 20_000;

/**
 * Lets a run that has ended be live again when an operator has reset its workflow: what that does is done, and the run
 * must not say otherwise. A run that was killed or rolled back does not go on, so its workflow is terminated, and the run says why.
 */
export function createResetReconciler(deps: OperatorsDeps): () => Promise<void> {
  const { store, temporal, logger, now } = deps;
  const endRun = createRunEnder(deps);
  const seen = createSeen();
  let since = now() - firstLookMs;

  return async () => {
    const began = now();
    const fresh = (await temporal.started(since)).filter(({ temporalRunId }) => !seen.has(temporalRunId));
    const ended = new Map(
      (await store.runs.ended(fresh.map(({ runId }) => runId))).map((run) => [run.id, run]),
    );
    for (const root of fresh) {
      const run = ended.get(root.runId);
      // One that was there before the run ended is on its way out.
      if (run?.tenant === root.tenant && run.finishedAt < root.startedAt) await follow(root, run);
      seen.add(root.temporalRunId);
    }
    since = began - overlapMs;
  };

  async function follow(root: StartedWorkflow, { status }: EndedRun): Promise<void> {
    const { tenant, runId, workflowId, temporalRunId, startedAt: at } = root;
    const reset = await temporal.resetOf(workflowId, temporalRunId);
    if (status === 'KILLED') return await refuse(root, 'the run was killed, and a killed run does not go on');
    // Its effects are undone: made again by the same keys they would count as there.
    if (status === 'ROLLED_BACK' || status === 'ROLLBACK_INCOMPLETE')
      return await refuse(root, 'the run was rolled back, and does not go on');
    if (reset === null)
      return await refuse(root, `the run has ended (${status}), and no reset has opened it again`);
    const { by, reason, from } = reset;
    const told = { by, reason: `its workflow was reset in Temporal${reason ? `: ${reason}` : ''}` };
    const revived = await store.runs.revive(tenant, runId, { temporalRunId, from, at, told });
    if (!revived) return;
    logger.warn({ runId, by, reason }, 'a run that had ended goes on: its workflow was reset in Temporal');
    // It may have come to its end before anybody looked.
    await endRun(root);
  }

  async function refuse(root: StartedWorkflow, why: string): Promise<void> {
    const { tenant, runId, workflowId, temporalRunId } = root;
    const reason = `${why}: what was started of it in Temporal is terminated`;
    if (root.open) await deps.terminate(workflowId, reason);
    const [run] = await store.runs.ended([runId]);
    await store.record({
      tenant,
      runId,
      once: `refused/${temporalRunId}`,
      events: [
        { type: 'run.ended', at: now(), data: { status: run?.status ?? 'KILLED', by: 'Nexus', reason } },
      ],
      tasks: [],
    });
    logger.warn({ runId }, reason);
  }
}
