import type { Failure, RunStatus, StoredValue, TaskStatus, Usage } from '#contracts';
import type { engineVersion } from './bound-plan.js';

/** What is known of a task that has left PENDING, or has been claimed by a segment. */
export interface TaskState {
  readonly status: TaskStatus;
  readonly readyAt?: number | undefined;
  readonly startedAt?: number | undefined;
  /** Attempts that have begun. */
  readonly attempts?: number | undefined;
  /** Attempts that failed by themselves: these count against the retry policy, lost workers do not. */
  readonly failures?: number | undefined;
  /** Of a WAITING task: when it goes on. */
  readonly until?: number | undefined;
  readonly output?: StoredValue | undefined;
  readonly error?: Failure | undefined;
  readonly usage?: Usage | undefined;
  /** The segment that has it in hand; the engine leaves it alone until the segment is folded. */
  readonly claimedBy?: string | undefined;
}

/** A body of tasks under way: the run itself (path ``) or an inline sub-plan (path of its container). */
export interface ScopeState {
  readonly inputs: StoredValue;
  /** Tasks directly in it that have not ended. */
  readonly left: number;
  /** The failure that ends it; nothing new starts in it from then on. */
  readonly failure?: Failure | undefined;
}

export interface Outcome {
  readonly status: Extract<RunStatus, 'SUCCEEDED' | 'FAILED' | 'CANCELLED'>;
  readonly at: number;
  readonly output?: StoredValue | undefined;
  readonly error?: Failure | undefined;
}

/** What must be evaluated by one who can load large values. */
export type Slot = 'when' | 'with' | 'wait' | 'output';

/**
 * The whole state of a run, as data: it is carried over continue-as-new, and handed to segments in part.
 * A task that is absent is PENDING.
 */
export interface EngineState {
  readonly engine: typeof engineVersion;
  readonly runId: string;
  readonly startedAt: number;
  readonly phase: 'RUNNING' | 'WAITING';
  readonly cancelling: boolean;
  readonly tasks: Readonly<Record<string, TaskState>>;
  readonly scopes: Readonly<Record<string, ScopeState>>;
  /** Paths that may be started, in the order in which they became ready. */
  readonly ready: readonly string[];
  /** Evaluations asked for, by path; `` with `output` is the run's own. */
  readonly asks: Readonly<Record<string, Slot>>;
  /** Leaf tasks that run. */
  readonly running: number;
  /** Segments that are open. */
  readonly segments: number;
  readonly usage: Usage;
  /** Only these may change: a segment's part of a run. */
  readonly only?: readonly string[] | undefined;
  readonly outcome: Outcome | null;
}

/** What the world tells the engine. Times are milliseconds since the epoch. */
export type EngineEvent =
  | { readonly type: 'start'; readonly at: number }
  | {
      readonly type: 'started';
      readonly path: string;
      readonly at: number;
      readonly attempt: number;
      readonly worker?: string | undefined;
    }
  | {
      readonly type: 'succeeded';
      readonly path: string;
      readonly at: number;
      readonly output: StoredValue;
      readonly attempts: number;
      readonly usage?: Usage | undefined;
    }
  | {
      readonly type: 'failed';
      readonly path: string;
      readonly at: number;
      readonly error: Failure;
      readonly attempts: number;
      readonly usage?: Usage | undefined;
    }
  | {
      readonly type: 'retrying';
      readonly path: string;
      readonly at: number;
      readonly error: Failure;
      readonly attempts: number;
      readonly until: number;
    }
  | {
      readonly type: 'uncertain';
      readonly path: string;
      readonly at: number;
      readonly error: Failure;
      readonly attempts: number;
    }
  /** Whoever ran it died without a word; it may begin again. */
  | { readonly type: 'lost'; readonly path: string; readonly at: number }
  /** A running task was cut by a cancel. */
  | { readonly type: 'cut'; readonly path: string; readonly at: number; readonly attempts: number }
  /** A timer has come: a wait is over, or a retry is due. */
  | { readonly type: 'due'; readonly path: string; readonly at: number }
  | {
      readonly type: 'evaluated';
      readonly path: string;
      readonly slot: Slot;
      readonly at: number;
      readonly value?: StoredValue | undefined;
      readonly error?: Failure | undefined;
    }
  | { readonly type: 'cancel'; readonly at: number };
