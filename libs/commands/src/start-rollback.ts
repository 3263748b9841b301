import type { RunRow } from '#store';
import type { CommandDeps } from './command-deps.js';

type StartDeps = Pick<CommandDeps, 'store' | 'workflows' | 'logger'>;

/** Starts the workflow of a rollback that is on record, however often it is called. */
export async function startRollback(
  { store, workflows }: StartDeps,
  run: Pick<RunRow, 'tenant' | 'id'> & Partial<Pick<RunRow, 'priority' | 'plan'>>,
): Promise<void> {
  const { tenant, id: runId, priority = 3, plan } = run;
  const pauses = await store.pauses.of(tenant, runId);
  const name = (plan as { readonly name?: unknown } | null | undefined)?.name;
  await workflows.startRollback({
    input: { tenant, runId, ...(pauses.length > 0 && { pauses }) },
    name: typeof name === 'string' ? name : 'run',
    priority,
  });
}

/** As `startRollback`, for a command that has stored the request: what cannot be started now the sweep starts. */
export async function startRollbackOrLeave(deps: StartDeps, run: RunRow): Promise<void> {
  try {
    await startRollback(deps, run);
  } catch (error) {
    deps.logger.warn({ error, runId: run.id }, 'the rollback is stored; its workflow will be started later');
  }
}
