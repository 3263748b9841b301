import type { CommandDeps } from './command-deps.js';
import { startRollback } from './start-rollback.js';

/** Younger requests are still in the hands of who made them. */
const olderThanMs = 2_000;

/**
 * Starts rollbacks that stand on record with no workflow open: whoever asked died first, or a workflow was lost. One that
 * somebody has terminated is left to the watch of operators, which makes that a kill.
 */
export async function sweepRollbacks(deps: CommandDeps): Promise<void> {
  const { store, workflows, logger, now } = deps;
  for (const { id, tenant, workflowId, requestedAt } of await store.rollbacks.open()) {
    if (now() - requestedAt < olderThanMs || (await workflows.inspect(workflowId)) !== null) continue;
    if (((await workflows.terminatedAt(workflowId)) ?? 0) > requestedAt) continue;
    const run = await store.runs.get(tenant, id);
    await startRollback(deps, run ?? { id, tenant });
    logger.info({ runId: id }, 'started a rollback that had been left behind');
  }
}
