import type { NewSignal } from '#store';
import type { CommandDeps } from './command-deps.js';
import { secondTrySignal, startAgain } from './start-again.js';

type SignalDeps = Pick<CommandDeps, 'store' | 'workflows' | 'logger'>;

/**
 * Tells the run's workflows what was decided, in order, and forgets what was told. The same signal twice counts once,
 * so several may do this at the same time. A run whose workflow is yet to be started keeps its signals.
 */
export async function deliverSignals(deps: SignalDeps, tenant: string, runId: string): Promise<void> {
  const { store, workflows } = deps;
  for (const signal of await store.signals.of(runId)) {
    const { id, workflowId, name, argument } = signal;
    if (name === secondTrySignal) {
      await startAgain(deps, signal);
      await store.signals.remove(id);
      continue;
    }
    const heard = await workflows.signal(workflowId, { name, argument, id: `nexus-signal-${id}` });
    if (!heard && !(await canBeForgotten(store, tenant, runId))) return;
    await store.signals.remove(id);
  }
}

/** Keeps the signal, then tells it; what cannot be told now the sweep tells. */
export async function tellWorkflow(deps: SignalDeps, ...signals: readonly NewSignal[]): Promise<void> {
  for (const signal of signals) await deps.store.signals.add(signal);
  const runs = new Map(signals.map(({ tenant, runId }) => [runId, tenant]));
  for (const [runId, tenant] of runs) await tellStored(deps, tenant, runId);
}

/** Tells what is kept for a run's workflows; what cannot be told now the sweep tells. */
export async function tellStored(deps: SignalDeps, tenant: string, runId: string): Promise<void> {
  try {
    await deliverSignals(deps, tenant, runId);
  } catch (error) {
    deps.logger.warn({ error, runId }, 'it is stored; the workflow will be told later');
  }
}

async function canBeForgotten(store: SignalDeps['store'], tenant: string, runId: string): Promise<boolean> {
  const run = await store.runs.get(tenant, runId);
  return run === null || run.finishedAt !== null || run.dispatchedAt !== null;
}
