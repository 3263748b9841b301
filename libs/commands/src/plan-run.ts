import { type JsonObject, nexusError } from '#contracts';
import type { BoundPlan } from '#plan';
import type { PlanRequest } from '#workflows';
import type { CommandDeps } from './command-deps.js';
import { planGoal } from './plan-goal.js';
import { prepareInputs } from './prepare-inputs.js';
import type { PlanPreparer } from './prepare-plan.js';
import { refuseSwitchedOff } from './refuse-when-killed.js';

/** A goal's plan, with all that its run will read. */
export interface PlannedRun {
  readonly document: JsonObject;
  readonly bound: BoundPlan;
  readonly inputs: JsonObject;
  readonly planner: string;
}

/** What a run's workflow asks for when only a model can plan its goal. A plan that stays wrong is INVALID_OUTPUT. */
export async function planRun(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  tenant: string,
  runId: string,
  request: PlanRequest,
  given: JsonObject,
): Promise<PlannedRun> {
  const { goal, planner, edited } = request;
  if (edited) return await preparedPlan(preparePlan, tenant, edited, given, 'person');
  if (planner === 'auto') {
    const found = await planGoal(deps, preparePlan, tenant, { goal }, given);
    if (found.kind === 'planned') {
      const { document, bound } = found.plan;
      const inputs = found.inputs as JsonObject;
      return { document: document as unknown as JsonObject, bound, inputs, planner: 'template' };
    }
  }
  if (!deps.modelPlanner) {
    throw nexusError(
      'FAILED_PRECONDITION',
      `"${goal}" needs a model to plan it, and no provider is configured`,
      {
        hint: 'Set OPENAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_BASE_URL where the workers run.',
      },
    );
  }
  await refuseSwitchedOff(deps, tenant, deps.modelPlanner.model);
  const document = (await deps.modelPlanner.plan({
    tenant,
    goal,
    inputs: given,
    requestId: runId,
  })) as JsonObject;
  return await preparedPlan(preparePlan, tenant, document, given, planner);
}

/** A plan that was valid when it was made; tools and templates may have changed since a person edited it. */
async function preparedPlan(
  preparePlan: PlanPreparer,
  tenant: string,
  document: JsonObject,
  given: JsonObject,
  planner: string,
): Promise<PlannedRun> {
  const plan = await preparePlan(tenant, document);
  const inputs = prepareInputs(plan.ok ? plan.document.inputs : undefined, given);
  const faults = [...(plan.ok ? [] : plan.userErrors), ...inputs.userErrors];
  if (!plan.ok || faults.length > 0) {
    const told = faults.map(({ message }) => message).join('; ');
    throw planner === 'person'
      ? nexusError('INVALID_INPUT', `the edited plan is not valid any more: ${told}`, {
          hint: 'Start the plan anew; its tools or templates have changed since it was approved.',
        })
      : nexusError('INVALID_OUTPUT', `the model's plan is not valid: ${told}`, {
          hint: 'Say the goal more exactly, or start a plan or a template of your own.',
        });
  }
  return {
    document: plan.document as unknown as JsonObject,
    bound: plan.bound,
    inputs: inputs.value as JsonObject,
    planner,
  };
}
