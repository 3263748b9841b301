import type { TaskKind } from '#contracts';

/** Which parts of the plan language can run. What cannot is still validated, and then refused by name. */
export interface Availability {
  readonly kinds: Readonly<Record<TaskKind, boolean>>;
  /** `compensate` of a task. */
  readonly compensate: boolean;
  /** `effects: compensate` of a plan. */
  readonly compensateEffects: boolean;
  /** `onError: escalate`. */
  readonly escalate: boolean;
  readonly cache: boolean;
  readonly requires: boolean;
  /** `goal` of a sub-plan, planned when the run gets there. */
  readonly plannedSubPlans: boolean;
}

/** What this version can run. */
export const available: Availability = {
  kinds: {
    tool: true,
    model: true,
    agent: true,
    approval: true,
    wait: true,
    map: true,
    branch: true,
    loop: true,
    plan: true,
  },
  compensate: true,
  compensateEffects: true,
  escalate: true,
  cache: false,
  requires: true,
  plannedSubPlans: true,
};
