import { z } from 'zod';
import { admitRun } from './admit-run.js';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import type { Estimator } from './estimator.js';
import { Budget, Goal, IdempotencyKey, Json, Labels, Priority, Trigger } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { modelRefusals } from './model-refusals.js';
import { planGoal } from './plan-goal.js';
import type { PlanPreparer } from './prepare-plan.js';
import { refuseSwitchedOff } from './refuse-when-killed.js';
import type { RunPayload } from './run-payload.js';

export const StartGoalInput = z.strictObject({
  goal: Goal,
  inputs: Json.nullish(),
  template: z.string().max(300).nullish(),
  planner: z.string().max(100).nullish(),
  approvePlan: z.boolean().nullish(),
  budget: Budget.nullish(),
  priority: Priority,
  labels: Labels,
  triggers: z.array(Trigger).max(20).nullish(),
  idempotencyKey: IdempotencyKey,
});

/**
 * Starts a run of a goal. From a template it is planned here, so that the answer shows the plan; a model is asked by
 * the run's workflow, since that may take long and has to outlive this process.
 */
export async function startGoal(
  deps: CommandDeps,
  preparePlan: PlanPreparer,
  estimate: Estimator,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const command = parseInput(StartGoalInput, input);
  const { goal, inputs, template, planner } = command;
  const approve = command.approvePlan === true && ({ approve: true } as const);
  const plan = await planGoal(deps, preparePlan, context.tenant, { goal, template, planner }, inputs);
  const refusals = [
    ...(plan.kind === 'refused' ? plan.userErrors : []),
    ...(plan.kind === 'planned' ? modelRefusals(deps, plan.plan.bound) : []),
  ];
  if (plan.kind === 'refused' || refusals.length > 0) return { run: null, userErrors: refusals };
  if (plan.kind === 'model' && deps.modelPlanner)
    await refuseSwitchedOff(deps, context.tenant, deps.modelPlanner.model);
  const planned = plan.kind === 'planned' ? { ...plan.plan, planner: 'template' } : null;
  // Only what is asked for takes part in what an idempotency key stands for.
  const asked = { goal, inputs: inputs ?? null, template: template ?? null, planner: planner ?? null };
  const run = await admitRun(deps, context, estimate, {
    operation: 'startGoal',
    asked: { ...asked, ...(approve && { approvePlan: true }) },
    goal,
    planned,
    planRequest: planned
      ? approve
        ? { goal, planner: 'template', ...approve }
        : null
      : { goal, planner: 'model', ...approve },
    inputs: plan.inputs,
    priority: command.priority,
    labels: command.labels,
    budget: command.budget,
    triggers: command.triggers,
    idempotencyKey: command.idempotencyKey,
  });
  return { run, userErrors: [] };
}
