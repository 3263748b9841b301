import type { JsonObject, Pause, RetrySignal, RunBudget, SkipSignal, StoredValue, Trigger } from '#contracts';
import type { BoundPlan, EngineState } from '#plan/engine';
import type { LiftedAt } from './pause-gate.js';

/** What the planner is asked when a run starts from a goal that needs a model to plan it. */
export interface PlanRequest {
  readonly goal: string;
  /** `model`, or `auto`: a template that matches the goal, else a model. */
  readonly planner: string;
  readonly template?: string | undefined;
  /** A person sees the plan before it runs. */
  readonly approve?: boolean | undefined;
  /** A plan that a person has put in the place of another: it is taken as it is. */
  readonly edited?: JsonObject | undefined;
}

/** A plan that is not in the run's own: made for the goal of a sub-plan, and kept by reference. */
export interface PlanOfGoal {
  readonly plan: StoredValue;
  /** Path of the container for whose goal it was made. */
  readonly at: string;
}

/** A task that is tried again, or counted as done. */
export type SecondTry = ({ readonly kind: 'retry' } & RetrySignal) | ({ readonly kind: 'skip' } & SkipSignal);

/** Input of a run's workflow. Exactly one of `bound` and `planRequest` is there at the first start. */
export interface RunInput {
  readonly tenant: string;
  readonly runId: string;
  /** Path of the container whose sub-plan this is; `` for the run itself. */
  readonly path: string;
  /** 1 (first) to 5 (last). */
  readonly priority: number;
  readonly inputs: StoredValue;
  readonly bound?: BoundPlan | undefined;
  readonly planRequest?: PlanRequest | undefined;
  /** Where activities find the plan, or the one that it is part of, when it is not in the run's own. */
  readonly planOfGoal?: PlanOfGoal | undefined;
  /** Workflow to which a child reports; absent for the run itself. */
  readonly reportTo?: string | undefined;
  /** A person sees the plan before it runs. */
  readonly approvePlan?: boolean | undefined;
  /** What holds it from its beginning. */
  readonly pauses?: readonly Pause[] | undefined;
  readonly triggers?: readonly Trigger[] | undefined;
  readonly budget?: RunBudget | undefined;
  /** What a person decided of a task of a run that had ended: the run goes on from `state`. */
  readonly secondTry?: SecondTry | undefined;
  /** Carried over continue-as-new. */
  readonly state?: EngineState | undefined;
  readonly records?: number | undefined;
  readonly segments?: number | undefined;
  /** Triggers that have acted, by their place in the list. */
  readonly fired?: readonly number[] | undefined;
  /** What it had cost when the ledger last said so. */
  readonly ledgerNanos?: number | undefined;
  /** When pauses of each source were last lifted. */
  readonly liftedAt?: LiftedAt | undefined;
  /** History events after which the run continues as new at its next quiet moment. */
  readonly continueAfterEvents?: number | undefined;
}

/** The input of a run whose plan is there. */
export type PlannedRun = RunInput & { readonly bound: BoundPlan };
