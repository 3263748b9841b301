import type { RunInput } from '#workflows';

/** What commands ask of the engine that runs runs. */
export interface RunGateway {
  /** Starts the run's workflow; when it has been started before, gives that execution. `name` is for people. */
  readonly start: (run: RunStart) => Promise<StartedRun>;
  /** Asks the run's workflow to cancel; one that has ended or was never started needs none. */
  readonly cancel: (runId: string, reason: string) => Promise<void>;
  /** Where people see the workflow, or null when no user interface is known. */
  readonly temporalUrl: (workflowId: string, temporalRunId: string | null) => string | null;
}

export interface RunStart {
  readonly input: RunInput;
  readonly name: string;
}

export interface StartedRun {
  readonly temporalRunId: string;
}
