import type { JsonObject } from '#contracts';
import type { RunRow } from '#store';
import type { Estimate } from './estimate.js';

/** A validated plan as every door shows it. */
export interface PlanView {
  readonly name: string;
  readonly version: number;
  readonly document: JsonObject;
  readonly estimate: Estimate | null;
  readonly planner: string;
}

/** The plan of a run that was given one, or of a goal that was planned. */
export function planView(document: JsonObject, planner: string | null, estimate: Estimate | null): PlanView {
  const { name, version } = document;
  return {
    name: typeof name === 'string' ? name : 'plan',
    version: typeof version === 'number' ? version : 1,
    document,
    estimate,
    planner: planner ?? 'none',
  };
}

/** The plan of a run; null until it is planned. */
export function planOf(run: RunRow): PlanView | null {
  return run.plan === null ? null : planView(run.plan as JsonObject, run.planner, estimateOf(run));
}

/** What was expected of a run before it began. */
export function estimateOf({ estimate }: RunRow): Estimate | null {
  return estimate as Estimate | null;
}
