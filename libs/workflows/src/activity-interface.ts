import type { Failure, JsonValue, Pause, PauseSource, RunRecord, StoredValue, Usage } from '#contracts';
import type { BoundPlan, Emission, EngineEvent, EngineState, StoredEnvironment } from '#plan/engine';
import type { PlanOfGoal, PlanRequest } from './run-input.js';

/** Rows and events that no activity has seen happen, written once under their name. */
export interface Preamble {
  readonly once: string;
  readonly emissions: readonly Emission[];
}

export interface SegmentInput {
  readonly tenant: string;
  readonly runId: string;
  /** Path of the container whose sub-plan this workflow runs; `` for the run itself. */
  readonly path: string;
  readonly segment: string;
  /** What the engine needs of the run's state; `only` names the segment's tasks. */
  readonly slice: EngineState;
  readonly before?: Preamble | undefined;
  readonly planOfGoal?: PlanOfGoal | undefined;
}

export interface SegmentResult {
  readonly events: readonly EngineEvent[];
  /** How the segment's tasks ended, by the engine that ran them; the fold must come to the same. */
  readonly fingerprint: string;
  readonly at: number;
  /** The run is paused, or a switch stands against it: what has not begun is left as it was. */
  readonly held?: boolean | undefined;
}

export interface CloseSegmentInput extends SegmentInput {
  /** Why nobody could carry the segment to its end. */
  readonly failure: Failure;
}

/** What a batch may use before it is to give back what it has not begun; what is absent is not limited. */
export interface Allowance {
  readonly costNanos?: number | undefined;
  /** In and out. */
  readonly tokens?: number | undefined;
  readonly modelCalls?: number | undefined;
}

/** A batch of a map's items for one activity. */
export interface BatchInput {
  readonly tenant: string;
  readonly runId: string;
  /** Path of the container whose sub-plan the workflow runs. */
  readonly path: string;
  /** Path of the map within it. */
  readonly map: string;
  readonly first: number;
  readonly count: number;
  readonly planOfGoal?: PlanOfGoal | undefined;
  /** What the body's expressions read; the item of the first. */
  readonly environment: StoredEnvironment;
  readonly allowance?: Allowance | undefined;
  /** A trigger asks how often each call is made. */
  readonly countCalls?: boolean | undefined;
}

export interface BatchResult {
  readonly succeeded: number;
  readonly failed: number;
  /** Of the first item that failed, and which one that was. */
  readonly error?: Failure | undefined;
  readonly failedAt?: number | undefined;
  /** How many at its end have not been begun, and may be given out again. */
  readonly left?: number | undefined;
  readonly usage: Usage;
  readonly calls?: Readonly<Record<string, number>> | undefined;
}

export interface CollectInput {
  readonly tenant: string;
  readonly runId: string;
  readonly path: string;
  readonly map: string;
  readonly count: number;
  readonly succeeded: number;
  readonly failed: number;
}

export interface EvaluateInput {
  readonly tenant: string;
  readonly runId: string;
  readonly taskPath: string;
  readonly source: JsonValue;
  readonly environment: StoredEnvironment;
}

export interface PlanGoalInput {
  readonly tenant: string;
  readonly runId: string;
  readonly request: PlanRequest;
  readonly inputs: StoredValue;
  /** Path of the sub-plan that is planned; `` for the run. */
  readonly path?: string | undefined;
}

export interface PlannedGoal {
  readonly bound: BoundPlan;
  readonly inputs: StoredValue;
  /** Of a sub-plan. */
  readonly planOfGoal?: PlanOfGoal | undefined;
}

/** What a run's workflow asks of the world. */
export interface RunActivities {
  /** Carries a stretch of short tasks through. */
  runSegment(input: SegmentInput): Promise<SegmentResult>;
  /** The same for one task that has an activity of its own. */
  runTask(input: SegmentInput): Promise<SegmentResult>;
  /**
   * What a segment came to that no worker could end. Whoever still works at it is shut out; the failure becomes that
   * of the tasks that ran last, or, when none did, of those that were ready.
   */
  closeSegment(input: CloseSegmentInput): Promise<SegmentResult>;
  /** Does the same for a batch of a map's items, one after the other. */
  runBatch(input: BatchInput): Promise<BatchResult>;
  /** Puts together what the items of a map came to. */
  collectItems(input: CollectInput): Promise<{ value: StoredValue } | { error: Failure }>;
  /** Writes what readers should know. */
  record(record: RunRecord): Promise<void>;
  /** Evaluates what reads large values. */
  evaluate(input: EvaluateInput): Promise<{ value: StoredValue; count?: number } | { error: Failure }>;
  /** Asks the planner; the plan it gives is validated, bound and kept with the run. */
  planGoal(input: PlanGoalInput): Promise<PlannedGoal>;
  /** Puts the run on the stop list of all workers, so that what runs is cut. */
  stopRun(input: { tenant: string; runId: string; reason: string }): Promise<void>;
  /** Keeps a pause that came by signal where workers and readers see it. */
  holdRun(input: { tenant: string; runId: string; pause: Pause }): Promise<void>;
  /** Takes pauses away that a signal has lifted. */
  releaseRun(input: {
    tenant: string;
    runId: string;
    sources: readonly PauseSource[];
    by: string;
  }): Promise<void>;
  /** Ends the run at once, this workflow included. */
  killRun(input: { tenant: string; runId: string; reason: string }): Promise<void>;
  /** Keeps where a run stood when it ended, so that a person can have a task tried again. */
  keepState(input: { tenant: string; runId: string; state: EngineState }): Promise<void>;
  /**
   * A question's time is over, unless somebody has answered it: `isOpen` says that nobody has. With `keepOpen` it may
   * still be answered, by others.
   */
  expireApproval(input: { tenant: string; id: string; keepOpen: boolean }): Promise<{ isOpen: boolean }>;
  /** Asks a person whether this plan should run, or another. */
  askForPlan(input: { tenant: string; runId: string; bound: BoundPlan }): Promise<void>;
  /** The plan that a person has put in the place of the planner's. */
  replacePlan(input: {
    tenant: string;
    runId: string;
    answer: StoredValue;
    inputs: StoredValue;
    by: string;
  }): Promise<PlannedGoal>;
  /** What the run has done is to be taken back, for a reason of its own. */
  requestRollback(input: { tenant: string; runId: string; by: string; reason: string }): Promise<void>;
  /** Whether somebody wants the run rolled back, or is at it. */
  isRollingBack(input: { tenant: string; runId: string }): Promise<boolean>;
  /** Whether a child workflow, started by an earlier execution of this one, still runs. */
  childIsOpen(input: { workflowId: string }): Promise<boolean>;
}
