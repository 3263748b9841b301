import type {
  ApprovalKind,
  Failure,
  Pause,
  PauseSource,
  RunStatus,
  StoredValue,
  TaskStatus,
  Usage,
  WaitReason,
} from '#contracts';
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
  /** Why it waits, where that is neither a timer nor a retry. */
  readonly blocked?: BlockedBy | undefined;
  /** Of a task with a workflow of its own: why nothing moves there. */
  readonly rests?: WaitReason | undefined;
  /** What a person gave instead of its `with`. */
  readonly input?: StoredValue | undefined;
  /** How often a person was asked about it. */
  readonly questions?: number | undefined;
  /** What a person is asked about it, until it is answered: the name of the question among those of the task. */
  readonly asks?: string | undefined;
  /** An attempt has ended without an answer: what it did is not known, and the key of the effect stays. */
  readonly unknown?: true | undefined;
  /** Raised by a person's retry: the key of its effect is another then. */
  readonly generation?: number | undefined;
  readonly branch?: BranchState | undefined;
  readonly loop?: LoopState | undefined;
  readonly map?: MapState | undefined;
}

/** Where a branch stands: the case whose condition is asked, or that was taken (-1 for `else`, null for none). */
export interface BranchState {
  readonly case: number | null;
}

export interface LoopState {
  /** Turns that have begun. */
  readonly index: number;
  /** What the last turn came to, by task. */
  readonly last: StoredValue | null;
}

export interface MapState {
  readonly over: StoredValue;
  readonly count: number;
  /** The first item that has not been begun. */
  readonly next: number;
  /** What is under way: indices of items, or of the first items of batches. */
  readonly open: readonly number[];
  /** Stretches of items that came back undone, to be given out again. */
  readonly again?: readonly Stretch[] | undefined;
  readonly succeeded: number;
  readonly failed: number;
  /** The failure of an item that ends the whole. */
  readonly failure?: Failure | undefined;
}

/** Items of a map that lie next to each other. */
export interface Stretch {
  readonly first: number;
  readonly count: number;
}

/** How one item of a map ended, as the map's output shows it. */
export interface ItemResult {
  readonly status: TaskStatus;
  readonly output: StoredValue | null;
  readonly error: Failure | null;
}

export type BlockedBy = Pick<WaitReason, 'kind' | 'detail' | 'until'>;

/**
 * A body of tasks under way: the run (path ``), an inline sub-plan or the taken case of a branch (path of the
 * container), a turn of a loop (`fix[0]`), or an item of a map (`each[3]`).
 */
export interface ScopeState {
  /** Of a plan; other bodies read those of the plan they stand in. */
  readonly inputs?: StoredValue | undefined;
  /** Tasks directly in it that have not ended. */
  readonly left: number;
  /** The failure that ends it; nothing new starts in it from then on. */
  readonly failure?: Failure | undefined;
}

export interface TaskCounts {
  readonly started: number;
  readonly ended: number;
  readonly failed: number;
}

export interface Outcome {
  readonly status: Extract<RunStatus, 'SUCCEEDED' | 'FAILED' | 'CANCELLED'>;
  readonly at: number;
  readonly output?: StoredValue | undefined;
  readonly error?: Failure | undefined;
  /** What it has done is to be taken back. */
  readonly rollsBack?: true | undefined;
}

/** What must be evaluated by one who can load large values. */
export type Slot =
  'when' | 'with' | 'wait' | 'question' | 'output' | 'case' | 'while' | 'turn' | 'over' | 'item' | 'items';

/**
 * The whole state of a run, as data: it is carried over continue-as-new, and handed to segments in part.
 * A task that is absent is PENDING.
 */
export interface EngineState {
  readonly engine: typeof engineVersion;
  readonly runId: string;
  readonly startedAt: number;
  readonly phase: 'RUNNING' | 'WAITING';
  /** Triggers that had acted when the run ended, for one that goes on. */
  readonly fired?: readonly number[] | undefined;
  /** What holds the run: while there is one nothing new starts, and its timers stand still. */
  readonly pauses?: readonly Pause[] | undefined;
  readonly pausedAt?: number | undefined;
  /** How long it has been held so far. */
  readonly pausedMs?: number | undefined;
  /** Of all tasks so far, those whose rows are all that is left of them included. */
  readonly counts?: TaskCounts | undefined;
  /** How often each call was made, by a short name for tool and input; kept where a trigger asks for it. */
  readonly calls?: Readonly<Record<string, number>> | undefined;
  readonly cancelling: boolean;
  /** Whether a person is asked for more budget, and how often that was. */
  readonly budget?: BudgetQuestions | undefined;
  /** It was cancelled to be rolled back. */
  readonly rollback?: RollbackRequest | undefined;
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
  /** How many more tasks the turns of loops may bring in: what a segment gives back has to fit into a payload. */
  readonly room?: number | undefined;
  readonly outcome: Outcome | null;
}

export interface BudgetQuestions {
  readonly questions: number;
  readonly isAsked: boolean;
}

/** Who wants what the run has done taken back, and why. */
export interface RollbackRequest {
  readonly by: string;
  readonly reason?: string | undefined;
}

/** A short name for a tool and its input, where equal calls are counted. */
export type CallName = string;

/** What a person decides of a task. */
export type Decision = EngineEvent & { readonly type: 'retry' | 'skip' | 'decided' };

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
      readonly call?: CallName | undefined;
    }
  | {
      readonly type: 'failed';
      readonly path: string;
      readonly at: number;
      readonly error: Failure;
      /** It ended without an answer: its effect may have happened. */
      readonly unknown?: true | undefined;
      readonly attempts: number;
      readonly usage?: Usage | undefined;
      readonly call?: CallName | undefined;
    }
  | {
      readonly type: 'retrying';
      readonly path: string;
      readonly at: number;
      readonly error: Failure;
      readonly attempts: number;
      readonly until: number;
      readonly unknown?: true | undefined;
      readonly usage?: Usage | undefined;
      readonly call?: CallName | undefined;
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
      /** How many items it has, where it is a list. */
      readonly count?: number | undefined;
      readonly error?: Failure | undefined;
    }
  /** It may not run now, for a reason that is not its own; looked at again later, or when told to. */
  | {
      readonly type: 'blocked';
      readonly path: string;
      readonly at: number;
      readonly wait: BlockedBy;
      readonly attempts?: number | undefined;
    }
  /** What was in the way may be gone. */
  | { readonly type: 'nudge'; readonly at: number }
  | { readonly type: 'items started'; readonly path: string; readonly at: number; readonly first: number }
  | {
      readonly type: 'items ended';
      readonly path: string;
      readonly at: number;
      readonly first: number;
      readonly succeeded: number;
      readonly failed: number;
      /** Of the first that failed, and which one that was. */
      readonly error?: Failure | undefined;
      readonly failedAt?: number | undefined;
      /** How many at its end have not been begun, and may be given out again. */
      readonly left?: number | undefined;
      readonly usage?: Usage | undefined;
      /** How often each call was made, where calls are counted. */
      readonly calls?: Readonly<Record<CallName, number>> | undefined;
    }
  | { readonly type: 'pause'; readonly at: number; readonly pause: Pause }
  /** Lifts the holds of these sources, or all. */
  | { readonly type: 'resume'; readonly at: number; readonly sources?: readonly PauseSource[] | undefined }
  /** A person's: tried again, though it had ended. */
  | {
      readonly type: 'retry';
      readonly path: string;
      readonly at: number;
      readonly input?: StoredValue | undefined;
    }
  /** A person's: it counts as done. */
  | {
      readonly type: 'skip';
      readonly path: string;
      readonly at: number;
      readonly output: StoredValue;
      readonly by?: string | undefined;
    }
  /** A person's answer to what was asked about a task; of a budget, to what the run was asked (path ``). */
  | {
      readonly type: 'decided';
      readonly path: string;
      readonly at: number;
      readonly kind: ApprovalKind;
      readonly approve: boolean;
      readonly answer?: StoredValue | undefined;
      readonly comment?: string | undefined;
      readonly by: readonly string[];
    }
  /** The budget is used up: a person is asked for more. */
  | { readonly type: 'overdrawn'; readonly at: number; readonly detail: string }
  /** The run has another budget. */
  | { readonly type: 'budget'; readonly at: number }
  /** Nobody has answered in time. */
  | { readonly type: 'expired'; readonly path: string; readonly at: number }
  /** Nothing moves in the workflow of a task; with null it goes on. */
  | { readonly type: 'rests'; readonly path: string; readonly at: number; readonly wait: WaitReason | null }
  | { readonly type: 'cancel'; readonly at: number }
  /** As a cancel, and then what was done is taken back. */
  | {
      readonly type: 'rollback';
      readonly at: number;
      readonly by: string;
      readonly reason?: string | undefined;
    };
