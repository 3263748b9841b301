import { matchGoal } from '#plan';
import type { TemplateView } from './templates.js';
import { type UserError, userError } from './user-error.js';

/** What a caller says about the planning of a goal. */
export interface PlannerWish {
  readonly goal: string;
  /** `name` or `name@version`. */
  readonly template?: string | null | undefined;
  readonly planner?: string | null | undefined;
}

/** Who plans a goal; a template is named as the caller named it, or as it was found. */
export type PlannerChoice =
  | { readonly planner: 'template'; readonly template: string }
  | { readonly planner: 'model' }
  | { readonly planner: null; readonly userErrors: readonly UserError[] };

/**
 * A template that is named, else one that matches the goal, else a model, as far as the caller leaves it open. What
 * cannot be is refused here, before anything is stored.
 */
export function choosePlanner(
  { goal, template, planner }: PlannerWish,
  templates: readonly TemplateView[],
  hasModel: boolean,
): PlannerChoice {
  if (planner != null && planner !== 'template' && planner !== 'model') {
    return refused('planner', `unknown planner "${planner}"`, 'write template or model');
  }
  if (planner === 'model') {
    if (template != null)
      return refused('template', 'a template needs no model', 'leave out template, or planner');
    return hasModel ? { planner } : noModel('planner');
  }
  if (template != null) return { planner: 'template', template };
  const match = templates.find(({ document }) => matchGoal(patternsOf(document['match']), goal));
  if (match) return { planner: 'template', template: match.name };
  if (planner === 'template') {
    const names = templates.map(({ name }) => name).join(', ') || 'none';
    return refused('goal', 'no template matches the goal', `name one with template; there are: ${names}`);
  }
  return hasModel ? { planner: 'model' } : noModel('goal');
}

function patternsOf(match: unknown): string[] {
  return Array.isArray(match) ? match.filter((pattern) => typeof pattern === 'string') : [];
}

function noModel(field: string): PlannerChoice {
  const message =
    field === 'goal'
      ? 'no template matches the goal, and no model is configured to plan it'
      : 'no model is configured';
  const hint =
    'set OPENAI_API_KEY, ANTHROPIC_API_KEY or another provider, or name a template; see the query templates';
  return { planner: null, userErrors: [userError('FAILED_PRECONDITION', message, [field], hint)] };
}

function refused(field: string, message: string, hint: string): PlannerChoice {
  return { planner: null, userErrors: [userError('BAD_USER_INPUT', message, [field], hint)] };
}
