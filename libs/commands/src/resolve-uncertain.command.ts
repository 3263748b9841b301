import { runEnded } from '#contracts';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { decideApproval } from './decide-approval.command.js';
import { Id, Json, TaskPath } from './input-fields.js';
import { knownRun, refused, runAfter, wrongState } from './known-run.js';
import { parseInput } from './parse-input.js';
import type { PlanPreparer } from './prepare-plan.js';
import type { RunPayload } from './run-payload.js';
import { type UserError, userError } from './user-error.js';

export const ResolveUncertainInput = z.strictObject({
  runId: Id,
  path: TaskPath,
  happened: z.boolean(),
  output: Json.nullish(),
});

/** Says what became of an effect whose outcome nobody knows: the task goes on as done, or makes it again. */
export async function resolveUncertain(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { runId, path, happened, output } = parseInput(ResolveUncertainInput, input);
  const run = await knownRun(deps, context, runId);
  if (runEnded(run.status))
    return refused(deps, run, wrongState(run, `has ended (${run.status}): nobody waits for this any more`));
  if (!happened && output != null) {
    const message = 'what did not happen has no output';
    return refused(deps, run, userError('BAD_USER_INPUT', message, ['output']));
  }
  const asked = (await deps.store.approvals.of(context.tenant, runId)).filter(
    ({ kind, taskPath }) => kind === 'UNCERTAIN' && taskPath === path,
  );
  const latest = asked.findLast(({ status }) => status === 'PENDING') ?? asked.at(-1);
  if (!latest) return refused(deps, run, await notUncertain(deps, context, runId, path));
  const decision = { id: latest.id, approve: happened, answer: happened ? output : null };
  const { userErrors } = await decideApproval(deps, preparePlan, context, decision);
  const payload = await runAfter(deps, run);
  return { ...payload, userErrors: userErrors.map(inOurWords) };
}

async function notUncertain(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  runId: string,
  path: string,
): Promise<UserError> {
  const task = await store.tasks.get(tenant, runId, path);
  if (task === null)
    return userError('NOT_FOUND', `run ${runId} has no task "${path}"`, ['path'], 'nexus status lists them');
  const message = `task "${path}" is ${task.status}: it is known what became of it`;
  return userError('FAILED_PRECONDITION', message, ['path']);
}

/** The faults of an answer are those of the output here. */
function inOurWords({ field, message, ...error }: UserError): UserError {
  if (field?.[0] === 'id') return { ...error, message, field: ['path'] };
  if (field?.[0] !== 'answer') return { ...error, message, field };
  return {
    ...error,
    message: message.replace(/^(the )?answer/, '$1output'),
    field: ['output', ...field.slice(1)],
  };
}
