import { type BoundPlan, planIndex } from '#plan';
import type { CommandDeps } from './command-deps.js';
import { type UserError, userError } from './user-error.js';

/** Refuses a plan that would come to call a model where none is configured: better now than in the middle. */
export function modelRefusals({ modelPlanner }: CommandDeps, plan: BoundPlan): UserError[] {
  if (modelPlanner !== null) return [];
  const calling = callingModels(plan, '');
  if (calling.length === 0) return [];
  const tasks = calling.slice(0, 10).join(', ') + (calling.length > 10 ? ', …' : '');
  return [
    userError(
      'FAILED_PRECONDITION',
      `no provider of models is configured, and the plan calls one: ${tasks}`,
      ['plan'],
      'set OPENAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_BASE_URL where Nexus runs',
    ),
  ];
}

/** Paths of the tasks that call a model, those of child sub-plans included. */
function callingModels(plan: BoundPlan, container: string): string[] {
  return [...planIndex(plan).nodes.values()].flatMap(({ path, task: { spec, place } }) => {
    const full = container === '' ? path : `${container}/${path}`;
    if (spec.kind === 'model' || spec.kind === 'agent') return [full];
    return spec.kind === 'plan' && place === 'child' ? callingModels(spec.plan, full) : [];
  });
}
