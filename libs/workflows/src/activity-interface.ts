import type { Failure, JsonValue, RunRecord, StoredValue } from '#contracts';
import type { BoundPlan, Emission, EngineEvent, EngineState, StoredEnvironment } from '#plan/engine';
import type { PlanRequest } from './run-input.js';

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
}

export interface SegmentResult {
  readonly events: readonly EngineEvent[];
  /** How the segment's tasks ended, by the engine that ran them; the fold must come to the same. */
  readonly fingerprint: string;
  readonly at: number;
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
}

/** What a run's workflow asks of the world. */
export interface RunActivities {
  /** Carries a stretch of short tasks through. */
  runSegment(input: SegmentInput): Promise<SegmentResult>;
  /** The same for one task that has an activity of its own. */
  runTask(input: SegmentInput): Promise<SegmentResult>;
  /** Writes what readers should know. */
  record(record: RunRecord): Promise<void>;
  /** Evaluates what reads large values. */
  evaluate(input: EvaluateInput): Promise<{ value: StoredValue } | { error: Failure }>;
  /** Asks the planner; the plan it gives is validated, bound and kept with the run. */
  planGoal(input: PlanGoalInput): Promise<{ bound: BoundPlan; inputs: StoredValue }>;
  /** Puts the run on the stop list of all workers, so that what runs is cut. */
  stopRun(input: { tenant: string; runId: string; reason: string }): Promise<void>;
  /** Whether a child workflow, started by an earlier execution of this one, still runs. */
  childIsOpen(input: { workflowId: string }): Promise<boolean>;
}
