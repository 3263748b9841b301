import type { JsonSchema, JsonValue } from './json.js';
import type { StoredValue } from './value.js';

export const approvalKinds = ['TASK', 'PLAN', 'BUDGET', 'ESCALATION', 'COMPENSATION', 'UNCERTAIN'] as const;
/** What is asked: a question of the plan, a plan, more budget, what to do about a failure, a compensation, an effect. */
export type ApprovalKind = (typeof approvalKinds)[number];

export const approvalStatuses = ['PENDING', 'APPROVED', 'REJECTED', 'EXPIRED'] as const;
/** PENDING until it is decided, or its time is over. What nobody has to answer any more is EXPIRED. */
export type ApprovalStatus = (typeof approvalStatuses)[number];

/** What happens when nobody answers in time. */
export const timeoutActions = ['reject', 'approve', 'escalate'] as const;
export type TimeoutAction = (typeof timeoutActions)[number];

/** Something that a person is asked. Its ID is derived from what asks, so that it is asked once. */
export interface ApprovalRequest {
  readonly id: string;
  readonly kind: ApprovalKind;
  /** Full path of the task that it is about, where it is about one. */
  readonly taskPath?: string | undefined;
  readonly question: string;
  /** What a person should know to answer. */
  readonly context?: StoredValue | undefined;
  /** JSON Schema that an answer must meet, if one is wanted. */
  readonly answerSchema?: JsonSchema | undefined;
  /** People who must approve; one who rejects is enough. */
  readonly quorum: number;
  /** The role that is asked; anybody, where there is none. */
  readonly role?: string | undefined;
  /** Why it is asked, where a rule asks and not the plan: its name and version. */
  readonly policy?: string | undefined;
  /** SHA-256 of the arguments that would be used: what is approved is that, and nothing else. */
  readonly argumentsHash?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  readonly expiresAt?: number | undefined;
  readonly onTimeout?: TimeoutAction | undefined;
  readonly escalateTo?: string | undefined;
}

/** A change to what is asked, in the order in which a run comes to it. */
export type ApprovalChange =
  | { readonly type: 'request'; readonly request: ApprovalRequest }
  /** Nobody need answer any more, for what asked has ended otherwise. */
  | { readonly type: 'withdraw'; readonly id: string; readonly at: number }
  /** Another role is asked, from now on. */
  | {
      readonly type: 'escalate';
      readonly id: string;
      readonly role: string;
      readonly expiresAt?: number | undefined;
    }
  /** There is more time to answer: the run was held meanwhile. */
  | { readonly type: 'extend'; readonly id: string; readonly expiresAt: number };

/** What one person said. */
export interface ApprovalDecision {
  readonly by: string;
  readonly approve: boolean;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly comment?: string | undefined;
  readonly answer?: JsonValue | undefined;
}

/**
 * The signal `decide`: an approval has its answer. It is stored before it is sent, and the history of the run's
 * workflow keeps who decided, when, and on what arguments.
 */
export interface DecideSignal {
  readonly approvalId: string;
  readonly kind: ApprovalKind;
  /** Full path of the task. */
  readonly path?: string | undefined;
  readonly approve: boolean;
  readonly answer?: StoredValue | undefined;
  readonly comment?: string | undefined;
  /** Who decided; several, where a quorum was wanted. */
  readonly by: readonly string[];
  readonly at: number;
  readonly argumentsHash?: string | undefined;
  readonly policy?: string | undefined;
}

/** The answer to an ESCALATION: the task is tried again (the default of an approval), counts as done, or fails. */
export type EscalationAnswer =
  | { readonly do: 'retry'; readonly input?: JsonValue | undefined }
  | { readonly do: 'skip'; readonly output?: JsonValue | undefined }
  | { readonly do: 'fail' };
