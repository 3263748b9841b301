import type { RunRow } from '#store';
import type { CommandDeps } from './command-deps.js';

/**
 * Lifts Temporal's own pause of the run, and says whether there was one. A run that Temporal may hold, though it does
 * not answer, is not let go by half.
 */
export async function unpaused(
  { store, workflows, logger }: Pick<CommandDeps, 'store' | 'workflows' | 'logger'>,
  run: RunRow,
  reason: string,
): Promise<boolean> {
  try {
    return await workflows.unpause(run.workflowId, reason);
  } catch (error) {
    const pauses = await store.pauses.of(run.tenant, run.id);
    if (pauses.some(({ source }) => source === 'TEMPORAL')) throw error;
    logger.warn({ error, runId: run.id }, 'Temporal was not asked whether it holds the run itself');
    return false;
  }
}
