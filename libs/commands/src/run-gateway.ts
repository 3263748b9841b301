import type { JsonValue } from '#contracts';
import type { RollbackInput, RunInput } from '#workflows';

/** What commands ask of the engine that runs runs. A workflow that is gone needs no telling: none of this fails then. */
export interface RunGateway {
  /** Starts the run's workflow; when it has been started before, gives that execution. `name` is for people. */
  readonly start: (run: RunStart) => Promise<StartedRun>;
  /** Starts the workflow that undoes what a run has done; while a workflow of the run is open, does nothing. */
  readonly startRollback: (rollback: RollbackStart) => Promise<void>;
  /** Asks the run's workflow to cancel; one that has ended or was never started needs none. */
  readonly cancel: (runId: string, reason: string) => Promise<void>;
  /** Tells a workflow something, once for each `id`. False: no execution of it is open. */
  readonly signal: (workflowId: string, signal: GatewaySignal) => Promise<boolean>;
  /** Ends a workflow at once, a natively paused one too. */
  readonly terminate: (workflowId: string, reason: string) => Promise<void>;
  /** Lifts the pause that Temporal itself holds the workflow with. False: there was none. */
  readonly unpause: (workflowId: string, reason: string) => Promise<boolean>;
  /** The open workflows of a run, its children's included. The newest may be missing for a moment. */
  readonly openWorkflows: (runId: string) => Promise<readonly string[]>;
  /** How the workflow stands; null: no execution of it is open. */
  readonly inspect: (workflowId: string) => Promise<WorkflowFacts | null>;
  /** When the workflow was terminated; null: it was not, or an execution has come after that one. */
  readonly terminatedAt: (workflowId: string) => Promise<number | null>;
  /** Where people see the workflow, or null when no user interface is known. */
  readonly temporalUrl: (workflowId: string, temporalRunId: string | null) => string | null;
}

export interface RunStart {
  readonly input: RunInput;
  readonly name: string;
  /** Once more, after the run had ended. */
  readonly again?: boolean | undefined;
}

export interface RollbackStart {
  readonly input: RollbackInput;
  readonly name: string;
  readonly priority: number;
}

export interface StartedRun {
  readonly temporalRunId: string;
}

export interface GatewaySignal {
  readonly name: string;
  readonly argument?: JsonValue | undefined;
  readonly id: string;
}

/** What is told of an open workflow. Times in milliseconds. */
export interface WorkflowFacts {
  /** The first execution of its chain, which is what a start gives. */
  readonly temporalRunId: string;
  readonly paused: boolean;
  readonly queue: string;
  /** The task of the workflow's own code that is due, if one is; beyond the first attempt with why the last failed. */
  readonly task: {
    readonly attempt: number;
    readonly scheduledAt: number;
    readonly started: boolean;
    readonly failure?: string | undefined;
  } | null;
  readonly activities: readonly PendingActivity[];
  /** Child workflows of this execution that are open. */
  readonly children: number;
}

export interface PendingActivity {
  readonly type: string;
  readonly queue: string;
  readonly started: boolean;
  readonly attempt: number;
  readonly scheduledAt: number;
  readonly failure?: string | undefined;
}
