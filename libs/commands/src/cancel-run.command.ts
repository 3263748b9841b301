import { nexusError, runEnded } from '#contracts';
import { failpoint } from '#failpoints';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { findRun } from './read-runs.command.js';
import type { RunPayload } from './run-payload.js';
import { runView } from './run-view.js';
import { userError } from './user-error.js';

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
  const run = await findRun(deps, context, id);
  if (!run)
    throw nexusError('NOT_FOUND', `run ${id} is not known`, { hint: 'list runs with the query `runs`' });
  if (runEnded(run.status)) {
    const refusal = userError(
      'FAILED_PRECONDITION',
      `run ${id} has ended (${run.status}): there is nothing to cancel`,
      ['id'],
    );
    return { run: runView(run, workflows, now()), userErrors: [refusal] };
  }
  const why = reason ?? `cancelled by ${context.actor}`;
  await store.runs.requestStop(context.tenant, id, 'cut', why);
  failpoint('cancel.stored');
  await store.record({
    tenant: context.tenant,
    runId: id,
    once: 'run.cancelling',
    events: [{ type: 'run.cancelling', at: now(), data: { reason: why, by: context.actor } }],
    tasks: [],
    run: { status: 'CANCELLING' },
  });
  failpoint('cancel.recorded');
  await workflows.cancel(id, why);
  const after = (await findRun(deps, context, id)) ?? run;
  return { run: runView(after, workflows, now()), userErrors: [] };
}
