import type { JsonObject, JsonValue, RunStatus } from '#contracts';
import { operation } from '../api-client.js';
import type { ApiClient } from '../api-client.js';
import { accepted, userErrorFields } from '../user-errors.js';
import type { UserErrorView } from '../user-errors.js';

/** A run as it is known right after its start. */
export interface StartedRun {
  readonly id: string;
  readonly status: RunStatus;
  readonly workflowId: string;
  readonly temporalUrl: string | null;
}

interface Payload {
  readonly run: StartedRun | null;
  readonly userErrors: readonly UserErrorView[];
}

interface CommonInput {
  readonly inputs?: JsonObject | undefined;
  readonly priority?: number | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly idempotencyKey?: string | undefined;
}

export interface GoalInput extends CommonInput {
  readonly goal: string;
  readonly template?: string | undefined;
  readonly planner?: string | undefined;
  readonly approvePlan?: boolean | undefined;
}

export interface PlanInput extends CommonInput {
  readonly plan: JsonValue;
}

const payloadFields = `run { id status workflowId temporalUrl } ${userErrorFields}`;

export const StartGoalMutation = operation<{ startGoal: Payload }, { input: GoalInput }>(/* GraphQL */ `
  mutation StartGoal($input: StartGoalInput!) { startGoal(input: $input) { ${payloadFields} } }`);

export const StartPlanMutation = operation<{ startPlan: Payload }, { input: PlanInput }>(/* GraphQL */ `
  mutation StartPlan($input: StartPlanInput!) { startPlan(input: $input) { ${payloadFields} } }`);

/** Starts a goal; throws with every reason when it is refused. */
export async function startGoal(api: ApiClient, input: GoalInput): Promise<StartedRun> {
  const { startGoal: payload } = await api.request(StartGoalMutation, { input });
  return accepted(
    payload.run,
    payload.userErrors,
    'nothing was started; see what there is: nexus templates, nexus models',
  );
}

/** Starts a plan; throws with every fault when it is refused. */
export async function startPlan(api: ApiClient, input: PlanInput): Promise<StartedRun> {
  const { startPlan: payload } = await api.request(StartPlanMutation, { input });
  return accepted(
    payload.run,
    payload.userErrors,
    'nothing was started; check a plan with: nexus plan validate FILE',
  );
}
