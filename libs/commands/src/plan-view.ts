import type { JsonObject } from '#contracts';
import type { RunRow } from '#store';

/** A validated plan as every door shows it. */
export interface PlanView {
  readonly name: string;
  readonly version: number;
  readonly document: JsonObject;
  readonly estimate: null;
  readonly planner: string;
}

/** The plan of a run that was given one, or of a goal that was planned. */
export function planView(document: JsonObject, planner: string | null): PlanView {
  const { name, version } = document;
  return {
    name: typeof name === 'string' ? name : 'plan',
    version: typeof version === 'number' ? version : 1,
    document,
    estimate: null,
    planner: planner ?? 'none',
  };
}

/** The plan of a run; null until it is planned. */
export function planOf({ plan, planner }: RunRow): PlanView | null {
  return plan === null ? null : planView(plan as JsonObject, planner);
}
