import type {
  Attempt,
  Failure,
  JsonValue,
  RunBudget,
  RunStatus,
  StoredValue,
  TaskKind,
  TaskStatus,
  Trigger,
  Usage,
  WaitReason,
} from '#contracts';
import type { StopKind } from './tables.js';

/** A run as its readers see it; the bound plan is read by `runs.bound` alone. Times in milliseconds. */
export interface RunRow {
  readonly id: string;
  readonly tenant: string;
  readonly goal: string | null;
  readonly labels: string[];
  readonly status: RunStatus;
  readonly waiting: WaitReason | null;
  readonly planner: string | null;
  readonly plan: JsonValue | null;
  readonly inputs: StoredValue | null;
  readonly output: StoredValue | null;
  readonly error: Failure | null;
  readonly usage: Usage;
  readonly estimate: JsonValue | null;
  readonly budget: RunBudget | null;
  readonly triggers: readonly Trigger[] | null;
  readonly priority: number;
  readonly workflowId: string;
  readonly temporalRunId: string | null;
  readonly planRequest: JsonValue | null;
  readonly stop: StopKind | null;
  readonly stopReason: string | null;
  readonly stopBy: string | null;
  readonly stopAt: number | null;
  /** Of a killed run: from the request until nothing ran any more. */
  readonly stoppedInMs: number | null;
  /** What a sweep has found that keeps it from moving, though nothing of its own says so. */
  readonly stuck: WaitReason | null;
  readonly eventPosition: number;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly dispatchedAt: number | null;
}

/** A run before it has a row. */
export interface NewRun {
  readonly id: string;
  readonly tenant: string;
  readonly workflowId: string;
  readonly createdAt: number;
  /** PENDING when absent. */
  readonly status?: RunStatus | undefined;
  readonly goal?: string | null | undefined;
  readonly labels?: readonly string[] | undefined;
  /** 1 (first) to 5 (last), 3 when absent. */
  readonly priority?: number | undefined;
  readonly planner?: string | null | undefined;
  readonly plan?: JsonValue | undefined;
  /** Opaque to the store. */
  readonly bound?: unknown;
  readonly inputs?: StoredValue | undefined;
  readonly estimate?: JsonValue | undefined;
  readonly budget?: RunBudget | undefined;
  readonly triggers?: readonly Trigger[] | undefined;
  readonly planRequest?: JsonValue | undefined;
}

/** A task that something has touched; tasks of the plan that nothing has touched have no row. */
export interface TaskRow {
  readonly runId: string;
  readonly path: string;
  readonly tenant: string;
  readonly kind: TaskKind;
  readonly title: string | null;
  readonly status: TaskStatus;
  readonly waiting: WaitReason | null;
  readonly input: StoredValue | null;
  readonly output: StoredValue | null;
  readonly error: Failure | null;
  readonly usage: Usage;
  /** In the order of their numbers. */
  readonly attempts: readonly Attempt[];
  readonly agent: string | null;
  readonly tool: string | null;
  readonly workflowId: string | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** An artefact without its content. */
export interface ArtefactRow {
  readonly id: string;
  readonly tenant: string;
  readonly runId: string;
  readonly taskPath: string | null;
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly internal: boolean;
  readonly createdAt: number;
}

export interface TemplateRow {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly version: number;
  readonly document: JsonValue;
  readonly createdAt: number;
}

/** A page of rows in the order of its list. */
export interface Page<Row> {
  readonly rows: Row[];
  readonly hasNextPage: boolean;
}
