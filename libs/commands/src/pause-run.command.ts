import { type JsonObject, type Pause, runEnded } from '#contracts';
import { failpoint } from '#failpoints';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { tellWorkflow } from './deliver-signals.js';
import { Id, Reason } from './input-fields.js';
import { knownRun, refused, runAfter, wrongState } from './known-run.js';
import { parseInput } from './parse-input.js';
import type { RunPayload } from './run-payload.js';

export const PauseRunInput = z.strictObject({
  id: Id,
  reason: Reason.nullish(),
  interrupt: z.boolean().nullish(),
});

/**
 * Holds the run: nothing new starts anywhere in its tree; what runs ends first, or with `interrupt` is cut and done
 * again on resume. Workers follow what is stored, whether Temporal answers or not.
 */
export async function pauseRun(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { id, reason, interrupt } = parseInput(PauseRunInput, input);
  const run = await knownRun(deps, context, id);
  if (runEnded(run.status))
    return refused(deps, run, wrongState(run, `has ended (${run.status}): there is nothing to pause`));
  if (run.stop !== null || run.status === 'CANCELLING')
    return refused(deps, run, wrongState(run, 'is being stopped: it cannot be paused any more'));
  const pause: Pause = {
    source: 'API',
    by: context.actor,
    ...(reason != null && { reason }),
    interrupt: interrupt ?? false,
    since: deps.now(),
  };
  const { held } = await deps.store.pauses.add(context.tenant, id, pause, true);
  failpoint('pause.stored');
  if (!held) {
    const payload = await runAfter(deps, run);
    return { ...payload, userErrors: [wrongState(run, 'has ended meanwhile: there is nothing to pause')] };
  }
  const { tenant, workflowId } = run;
  const argument = { ...pause } as unknown as JsonObject;
  await tellWorkflow(deps, { tenant, runId: id, workflowId, name: 'pause', argument });
  failpoint('pause.signalled');
  return await runAfter(deps, run);
}
