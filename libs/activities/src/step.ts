import type { Attempt, Failure, FailureWait, JsonObject, JsonValue, StoredValue, Usage } from '#contracts';
import type { BoundTask, StoredEnvironment } from '#plan';
import type { Registration } from './effect-register.js';

/** One attempt at one task. */
export interface StepRequest {
  readonly tenant: string;
  readonly runId: string;
  /** Full path in the run. */
  readonly path: string;
  readonly task: BoundTask;
  readonly environment: StoredEnvironment;
  /** What a person gave instead of what the task says. */
  readonly given?: StoredValue | undefined;
  /** How often a person had it done anew: each time its effect has another key. */
  readonly generation?: number | undefined;
  readonly attempt: number;
  readonly deadlineAt?: number | undefined;
  /** Aborted when the run is cut, or the step is to be left for later. */
  readonly cut: AbortSignal;
  /** Results above this many bytes are kept by reference. */
  readonly inlineLimit: number;
  /** Of a task whose effect can be undone. */
  readonly registration?: Registration | undefined;
  /** The input came from a model: what looks like an expression in it is only text. */
  readonly literalInput?: boolean | undefined;
}

export type StepResult = {
  readonly attempt: Attempt;
  readonly input?: StoredValue | undefined;
  readonly usage: Usage;
} & (
  | { readonly status: 'SUCCEEDED'; readonly output: StoredValue }
  /** `unknown`: the call may have had its effect all the same. */
  | { readonly status: 'FAILED'; readonly error: Failure; readonly unknown?: boolean | undefined }
  | { readonly status: 'CUT' }
  /** A person is asked before the call is made. */
  | { readonly status: 'ASKED'; readonly detail: string }
  /** Nobody can do it now; it is tried again when somebody may, and that was no failed attempt. */
  | { readonly status: 'WAITS'; readonly detail: string; readonly wait: FailureWait }
);

/** What a model call comes to. */
export type ModelRunner = (
  call: JsonObject,
  context: {
    readonly tenant: string;
    readonly runId: string;
    readonly taskPath: string;
    readonly signal: AbortSignal;
    readonly attempt: number;
    /** Names the attempt. */
    readonly key: string;
  },
) => Promise<{ readonly output: JsonValue; readonly usage: Usage }>;
