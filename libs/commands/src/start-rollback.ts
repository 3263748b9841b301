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

/**
 * Waits for the workflow of a run that has just ended to close: a start would be taken for it. Should it take longer,
 * the sweep comes by.
 */
async function closed({ workflows }: StartDeps, { workflowId, finishedAt }: RunRow): Promise<void> {
  if (finishedAt === null || Date.now() - finishedAt > closingMs) return;
  for (const until = performance.now() + closingMs; performance.now() < until;) {
    if ((await workflows.inspect(workflowId)) === null) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const closingMs = 3_000;

/** As `startRollback`, for a command that has stored the request: what cannot be started now the sweep starts. */
export async function startRollbackOrLeave(deps: StartDeps, run: RunRow): Promise<void> {
  try {
    await closed(deps, run);
    await startRollback(deps, run);
  } catch (error) {
    deps.logger.warn({ error, runId: run.id }, 'the rollback is stored; its workflow will be started later');
  }
}
