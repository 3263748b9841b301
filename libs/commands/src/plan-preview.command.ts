import { type JsonObject, nexusError } from '#contracts';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import type { Estimator } from './estimator.js';
import { Goal, Json } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { planGoal } from './plan-goal.js';
import { planRun } from './plan-run.js';
import { planView, type PlanView } from './plan-view.js';
import type { PlanPreparer } from './prepare-plan.js';
import { refuseWhenKilled } from './refuse-when-killed.js';

export const PlanPreviewInput = z.strictObject({
  goal: Goal,
  inputs: Json.nullish(),
  template: z.string().max(300).nullish(),
  planner: z.string().max(100).nullish(),
});

/** The plan that `startGoal` would run, without running it. It has no place for refusals: they are errors. */
export async function planPreview(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  estimate: Estimator,
  context: CommandContext,
  input: unknown,
): Promise<PlanView> {
  const { goal, inputs, template, planner } = parseInput(PlanPreviewInput, input);
  await refuseWhenKilled(deps, context.tenant);
  const plan = await planGoal(deps, preparePlan, context.tenant, { goal, template, planner }, inputs);
  if (plan.kind === 'refused') {
    const code = plan.userErrors.every((error) => error.code === 'FAILED_PRECONDITION')
      ? 'FAILED_PRECONDITION'
      : 'BAD_USER_INPUT';
    throw nexusError(code, plan.userErrors.map(({ message }) => message).join('; '));
  }
  if (plan.kind === 'planned') {
    const expected = await estimate(context.tenant, plan.plan.bound, plan.inputs as JsonObject);
    return planView(plan.plan.document as unknown as JsonObject, 'template', expected);
  }
  const { tenant, requestId } = context;
  const request = { goal, planner: 'model' };
  const planned = await planRun(deps, preparePlan, tenant, requestId, request, plan.inputs as JsonObject);
  return planView(planned.document, planned.planner, await estimate(tenant, planned.bound, planned.inputs));
}
