import type { JsonValue } from '#contracts';
import { choosePlanner, type PlannerWish } from './choose-planner.js';
import type { CommandDeps } from './command-deps.js';
import { prepareInputs } from './prepare-inputs.js';
import type { PlanPreparer, PreparedPlan } from './prepare-plan.js';
import { knownTemplate, listTemplates } from './templates.js';
import { type UserError, userError } from './user-error.js';

/** How far planning comes without a model. */
export type GoalPlan =
  | {
      readonly kind: 'planned';
      readonly plan: Extract<PreparedPlan, { readonly ok: true }>;
      readonly inputs: JsonValue;
    }
  | { readonly kind: 'model'; readonly inputs: JsonValue }
  | { readonly kind: 'refused'; readonly userErrors: readonly UserError[] };

/** Plans a goal from a template, or says that a model has to, or why nobody can. */
export async function planGoal(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  tenant: string,
  wish: PlannerWish,
  given: JsonValue | null | undefined,
): Promise<GoalPlan> {
  const choice = choosePlanner(wish, await listTemplates(deps, tenant), deps.modelPlanner !== null);
  if (choice.planner === null) return { kind: 'refused', userErrors: choice.userErrors };
  if (choice.planner === 'model') {
    const { userErrors, value: inputs } = prepareInputs(undefined, given);
    return userErrors.length > 0 ? { kind: 'refused', userErrors } : { kind: 'model', inputs };
  }
  const [, name = '', version] = /^([^@]*)(?:@([1-9]\d{0,8}))?$/.exec(choice.template) ?? [];
  const template = await knownTemplate(
    deps,
    tenant,
    name,
    version === undefined ? undefined : Number(version),
  );
  if (!template) return unknownTemplate(choice.template);
  const plan = await preparePlan(tenant, template.document as unknown as JsonValue, template.version);
  const inputs = prepareInputs(template.document.inputs, given);
  const userErrors = [...(plan.ok ? [] : plan.userErrors), ...inputs.userErrors];
  if (!plan.ok || userErrors.length > 0) return { kind: 'refused', userErrors };
  return { kind: 'planned', plan, inputs: inputs.value };
}

function unknownTemplate(name: string): GoalPlan {
  const hint = 'see the query templates for those there are';
  return {
    kind: 'refused',
    userErrors: [userError('BAD_USER_INPUT', `unknown template "${name}"`, ['template'], hint)],
  };
}
