import { runEnded } from '#contracts';
import { failpoint } from '#failpoints';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { tellStored } from './deliver-signals.js';
import { Id } from './input-fields.js';
import { knownRun, refused, runAfter, wrongState } from './known-run.js';
import { moveWaits } from './move-waits.js';
import { unpaused } from './native-unpause.js';
import { parseInput } from './parse-input.js';
import type { RunPayload } from './run-payload.js';

export const ResumeRunInput = z.strictObject({ id: Id });

/** Lifts every pause, Temporal's own included; the run goes on where it stood. */
export async function resumeRun(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { id } = parseInput(ResumeRunInput, input);
  const run = await knownRun(deps, context, id);
  if (runEnded(run.status))
    return refused(deps, run, wrongState(run, `has ended (${run.status}): there is nothing to resume`));
  const { tenant, workflowId } = run;
  // First, so that the watcher does not mirror once more what is about to go.
  const natively = await unpaused(deps, run, `resumed by ${context.actor}`);
  const held = await deps.store.pauses.of(tenant, id);
  if (held.length === 0 && !natively && run.status !== 'PAUSED')
    return refused(deps, run, wrongState(run, `is not paused (${run.status})`));
  // Kept before anything is lifted: whoever dies in between, the workflow hears of it.
  const argument = { by: context.actor, at: deps.now() };
  await deps.store.signals.add({ tenant, runId: id, workflowId, name: 'resume', argument });
  await deps.store.pauses.lift(tenant, id, 'all', context.actor);
  const from = Math.min(...held.map(({ since }) => since));
  await moveWaits(deps, { tenant, runId: id }, { from, until: argument.at });
  failpoint('resume.lifted');
  await tellStored(deps, tenant, id);
  failpoint('resume.signalled');
  return await runAfter(deps, run);
}
