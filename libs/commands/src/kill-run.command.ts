import { runEnded, workflowIdOf } from '#contracts';
import { failpoint } from '#failpoints';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { finishKill } from './finish-kill.js';
import { Id, Reason } from './input-fields.js';
import { knownRun, refused, runAfter, wrongState } from './known-run.js';
import { parseInput } from './parse-input.js';
import type { RunPayload } from './run-payload.js';

export const KillRunInput = z.strictObject({ id: Id, reason: Reason });

/** The hard stop that a run's own trigger asks for. */
export async function killByTrigger(
  deps: CommandDeps,
  tenant: string,
  runId: string,
  reason: string,
): Promise<void> {
  const begun = performance.now();
  const askedAt = deps.now();
  const by = 'a trigger';
  await deps.store.runs.requestStop(tenant, runId, 'kill', reason, by);
  await finishKill(
    deps,
    { id: runId, tenant, workflowId: workflowIdOf(runId), reason, by, askedAt },
    begun,
    'RUN',
  );
}

/**
 * The hard stop: nothing new starts, what runs is aborted, nothing is compensated. Answers when nothing runs any
 * more, or when the grace for that is over. The stop list comes first, since workers follow it whether Temporal
 * answers or not.
 */
export async function killRun(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { id, reason } = parseInput(KillRunInput, input);
  const run = await knownRun(deps, context, id);
  if (runEnded(run.status))
    return refused(deps, run, wrongState(run, `has ended (${run.status}): there is nothing to kill`));
  const { tenant, workflowId } = run;
  const begun = performance.now();
  const askedAt = deps.now();
  await deps.store.runs.requestStop(tenant, id, 'kill', reason, context.actor);
  failpoint('kill.stored');
  await finishKill(deps, { id, tenant, workflowId, reason, by: context.actor, askedAt }, begun, 'RUN');
  return await runAfter(deps, run);
}
