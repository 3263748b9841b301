import { runEnded } from '#contracts';
import { failpoint } from '#failpoints';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id } from './input-fields.js';
import { knownRun, refused, runAfter, wrongState } from './known-run.js';
import { parseInput } from './parse-input.js';
import type { RunPayload } from './run-payload.js';

export const CancelRunInput = z.strictObject({ id: Id, reason: z.string().max(2_000).nullish() });

/**
 * Cuts what runs and starts nothing more; undoes nothing. Answers at once: the run is CANCELLING until its
 * workflow has let go. The stop list comes first, since workers follow it whether Temporal answers or not.
 */
export async function cancelRun(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { store, workflows, now } = deps;
  const { id, reason } = parseInput(CancelRunInput, input);
  const run = await knownRun(deps, context, id);
  if (runEnded(run.status))
    return refused(deps, run, wrongState(run, `has ended (${run.status}): there is nothing to cancel`));
  const by = context.actor;
  const why = `cancelled by ${by}${reason ? `: ${reason}` : ''}`;
  await store.runs.requestStop(context.tenant, id, 'cut', reason || 'cancelled', by);
  failpoint('cancel.stored');
  if (run.status !== 'CANCELLING') {
    await store.record({
      tenant: context.tenant,
      runId: id,
      // The name under which its workflow would tell of it, were it the first to. A run that goes on forgets it.
      once: 'run.cancelling',
      events: [{ type: 'run.cancelling', at: now(), data: { by, ...(reason && { reason }) } }],
      tasks: [],
      run: { status: 'CANCELLING' },
    });
  }
  failpoint('cancel.recorded');
  await workflows.cancel(id, why);
  // Where Temporal itself holds the workflow, the cancel is heard only once it goes on.
  await workflows.unpause(run.workflowId, why);
  return await runAfter(deps, run);
}
