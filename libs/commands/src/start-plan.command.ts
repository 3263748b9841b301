import { z } from 'zod';
import { admitRun } from './admit-run.js';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import type { Estimator } from './estimator.js';
import { Budget, IdempotencyKey, Json, Labels, Priority, Trigger } from './input-fields.js';
import { modelRefusals } from './model-refusals.js';
import { parseInput } from './parse-input.js';
import { prepareInputs } from './prepare-inputs.js';
import type { PlanPreparer } from './prepare-plan.js';
import type { RunPayload } from './run-payload.js';

export const StartPlanInput = z.strictObject({
  plan: Json,
  inputs: Json.nullish(),
  budget: Budget.nullish(),
  priority: Priority,
  labels: Labels,
  triggers: z.array(Trigger).max(20).nullish(),
  idempotencyKey: IdempotencyKey,
});

/** Starts a run of the given plan; when anything is wrong with it, says all that is, and no run exists. */
export async function startPlan(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  estimate: Estimator,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const command = parseInput(StartPlanInput, input);
  const plan = await preparePlan(context.tenant, command.plan);
  const inputs = prepareInputs(plan.ok ? plan.document.inputs : undefined, command.inputs);
  const refusals = [...(plan.ok ? modelRefusals(deps, plan.bound) : plan.userErrors), ...inputs.userErrors];
  if (!plan.ok || refusals.length > 0) return { run: null, userErrors: refusals };
  const run = await admitRun(deps, context, estimate, {
    operation: 'startPlan',
    asked: { plan: command.plan, inputs: command.inputs ?? null },
    goal: null,
    planned: { document: plan.document, bound: plan.bound, planner: 'given' },
    planRequest: null,
    inputs: inputs.value,
    priority: command.priority,
    labels: command.labels,
    budget: command.budget,
    triggers: command.triggers,
    idempotencyKey: command.idempotencyKey,
  });
  return { run, userErrors: [] };
}
