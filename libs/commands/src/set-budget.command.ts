import { type JsonObject, runEnded } from '#contracts';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { tellWorkflow } from './deliver-signals.js';
import { Budget, Id } from './input-fields.js';
import { knownRun, refused, runAfter, wrongState } from './known-run.js';
import { parseInput } from './parse-input.js';
import { budgetFacts, runBudget } from './run-budget.js';
import type { RunPayload } from './run-payload.js';
import { userError } from './user-error.js';

export const SetBudgetInput = z.strictObject({ id: Id, budget: Budget });

/** Changes the limits of a live run: those given; null takes one away, the others stay. */
export async function setBudget(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { id, budget: given } = parseInput(SetBudgetInput, input);
  const run = await knownRun(deps, context, id);
  if (runEnded(run.status))
    return refused(
      deps,
      run,
      wrongState(run, `has ended (${run.status}): its budget does not matter any more`),
    );
  if (Object.values(given).every((limit) => limit === undefined))
    return refused(deps, run, userError('BAD_USER_INPUT', 'no limit is given', ['budget']));
  const budget = runBudget(given, run.budget ?? {});
  const told = { by: context.actor, ...budgetFacts(budget) } as JsonObject;
  if (!(await deps.store.runs.setBudget(context.tenant, id, budget, told)))
    return refused(deps, run, wrongState(run, 'has ended meanwhile'));
  const argument = { ...budget } as JsonObject;
  const { tenant, workflowId } = run;
  await tellWorkflow(deps, { tenant, runId: id, workflowId, name: 'setBudget', argument });
  return await runAfter(deps, run);
}
