import { failpoint } from '#failpoints';
import type { RunRow } from '#store';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { tellStored } from './deliver-signals.js';
import { Id, Reason } from './input-fields.js';
import { knownRun, refused, runAfter, wrongState } from './known-run.js';
import { unpaused } from './native-unpause.js';
import { parseInput } from './parse-input.js';
import { refuseWhenKilled } from './refuse-when-killed.js';
import type { RunPayload } from './run-payload.js';
import { startRollbackOrLeave } from './start-rollback.js';
import type { UserError } from './user-error.js';

export const RollbackRunInput = z.strictObject({ id: Id, reason: Reason.nullish() });

/**
 * Takes back what a run has done, whether it still runs, is paused, or ended long ago. Answers at once: the request is
 * stored, and from then on outlives this process. Asked again meanwhile, it is the same rollback.
 */
export async function rollbackRun(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { id, reason } = parseInput(RollbackRunInput, input);
  const { tenant, actor: by } = context;
  const run = await knownRun(deps, context, id);
  const fault = cannotRollBack(run);
  if (fault) return refused(deps, run, fault);
  await refuseWhenKilled(deps, tenant, run.labels);
  // First, so that the watcher does not mirror once more what is about to go.
  await unpaused(deps, run, `rolled back by ${by}`);
  const { live } = await deps.store.rollbacks.request(tenant, id, {
    by,
    ...(reason != null && { reason }),
    at: deps.now(),
  });
  failpoint('rollback.requested');
  if (!live) await startRollbackOrLeave(deps, run);
  await tellStored(deps, tenant, id);
  return await runAfter(deps, run);
}

function cannotRollBack(run: RunRow): UserError | null {
  if (run.status === 'ROLLED_BACK') return wrongState(run, 'is rolled back already');
  if (run.stop === 'kill' && run.finishedAt === null)
    return wrongState(run, 'is being killed: roll it back once it has ended');
  return null;
}
