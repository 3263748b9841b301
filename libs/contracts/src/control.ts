import type { StoredValue } from './value.js';

/** Who holds a run. */
export const pauseSources = ['API', 'SIGNAL', 'TEMPORAL', 'BUDGET', 'TRIGGER'] as const;
export type PauseSource = (typeof pauseSources)[number];

/** One hold on a run: it moves when it has none. A run has at most one of each source. */
export interface Pause {
  readonly source: PauseSource;
  readonly by: string;
  readonly reason?: string | undefined;
  /** Whether work in flight is cut, and repeated on resume; else it ends first. */
  readonly interrupt?: boolean | undefined;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** What the signal `pause` may carry; from the Temporal UI it may come bare, or with a text as the reason. */
export type PauseSignal = Partial<Pause> | string | null | undefined;

/** What the signal `resume` may carry: which holds it lifts (all, if it does not say), and when that was. */
export interface ResumeSignal {
  readonly sources?: readonly PauseSource[] | undefined;
  readonly by?: string | undefined;
  readonly at?: number | undefined;
}

/** A person's retry of a task, with another input if one is given. */
export interface RetrySignal {
  readonly path: string;
  readonly input?: StoredValue | undefined;
  readonly by: string;
}

/** A person's decision that a task counts as done, with the output given. */
export interface SkipSignal {
  readonly path: string;
  readonly output: StoredValue;
  readonly by: string;
}

export const triggerKinds = [
  'COST',
  'WALL_SECONDS',
  'FAILED_TASKS',
  'ERROR_RATE',
  'TASKS',
  'REPEATED_CALLS',
] as const;
export type TriggerKind = (typeof triggerKinds)[number];
export const triggerActions = ['PAUSE', 'KILL', 'ROLLBACK'] as const;
export type TriggerAction = (typeof triggerActions)[number];

/** A threshold, and what is done, once, when the run reaches it. COST in US dollars, ERROR_RATE as a share of one. */
export interface Trigger {
  readonly on: TriggerKind;
  readonly threshold: number;
  readonly do: TriggerAction;
}

/** Limits of a run. Money in nano-dollars, the deadline in milliseconds since the epoch. */
export interface RunBudget {
  readonly limitNanos?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly maxModelCalls?: number | undefined;
  readonly deadline?: number | undefined;
  /** A person wants cheaper models from now on, where a task does not name one. */
  readonly cheaper?: boolean | undefined;
}

/** The signal `spent`: what calls of the whole tree have cost has reached what a trigger waits for. */
export interface SpentSignal {
  readonly costNanos: number;
}

/** The signal `overdrawn`: a call of the run's tree was refused, since no call that ends could make room for it. */
export interface OverdrawnSignal {
  /** Whose budget it is: the run's, or the tenant's of the day. */
  readonly scope: 'run' | 'tenant';
  readonly unit: 'money' | 'tokens' | 'calls' | 'time';
  readonly left: number;
  readonly limit: number;
  /** The most that the call may cost and take. */
  readonly nanos: number;
  readonly tokens: number;
}

export const killScopes = ['GLOBAL', 'TENANT', 'PROJECT', 'AGENT', 'TOOL', 'MODEL'] as const;
export type KillScope = (typeof killScopes)[number];
