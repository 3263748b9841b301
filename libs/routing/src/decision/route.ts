import type { NanoUsd } from '#contracts';
import type { Ability, Deployment } from '../catalogue/deployment.js';

/** What a call asks of the router. */
export interface RouteRequest {
  readonly tenant: string;
  /** A logical model (`nexus:standard`) or a pinned one (`openai:gpt-6-sol`). */
  readonly model: string;
  /** Deployments that the catalogue offers for it. */
  readonly offers: readonly Deployment[];
  readonly abilities: readonly Ability[];
  /** Estimated. */
  readonly inputTokens: number;
  /** Of those, the leading ones that a provider may still have in its cache. */
  readonly prefixTokens: number;
  readonly outputTokens: { readonly p50: number; readonly p95: number };
  readonly maxOutputTokens: number;
  /** Milliseconds that are left; null: as long as it takes. */
  readonly deadlineMs: number | null;
  /** Nano-dollars that a second is worth. */
  readonly timeValue: NanoUsd;
  /** What is left of the tightest hard budget; null: no such budget. */
  readonly remaining: NanoUsd | null;
  /** Calls of one conversation share it: a provider's cache may be warm for it. */
  readonly affinity: string | null;
  /** In a tool loop no deployment is tried out. */
  readonly explores: boolean;
}

export type DropReason =
  | 'not-allowed'
  | 'no-ability'
  | 'context-too-small'
  | 'grade-too-low'
  | 'breaker-open'
  | 'disabled'
  | 'pool-exhausted'
  | 'cooling-down'
  | 'too-slow'
  | 'over-budget'
  | 'no-price'
  | 'tried';

/** A deployment that was left out. `availableAt`: when it may come back, if time alone mends it. */
export interface Dropped {
  readonly deployment: string;
  readonly reason: DropReason;
  readonly detail: string;
  readonly availableAt?: number;
}

/** Every term of a score, in US dollars; lower is better. */
export interface ScoreTerms {
  readonly cost: number;
  readonly time: number;
  readonly failure: number;
  readonly headroom: number;
  readonly deadline: number;
  /** By how much the turns to come are dearer with this one than with the one whose cache serves them best. */
  readonly ahead?: number;
  readonly total: number;
}

export interface Candidate {
  readonly deployment: Deployment;
  readonly terms: ScoreTerms;
  /** The most that it may cost: what is to be reserved. */
  readonly worst: NanoUsd;
  /** Chosen to learn about it, not because it is the best. */
  readonly explored?: true;
}

/** The order in which deployments are tried, best first, and why the others are not. */
export interface RouteDecision {
  readonly candidates: readonly Candidate[];
  readonly dropped: readonly Dropped[];
  /** When nothing is left: the earliest time at which something may be; null when waiting does not help. */
  readonly retryAt: number | null;
}

/** How a call at one deployment went. */
export type CallOutcome = 'answered' | 'failed' | 'limited' | 'slow' | 'neutral';

export interface CallObservation {
  readonly deployment: string;
  readonly outcome: CallOutcome;
  /** When it ended, in milliseconds since the epoch. */
  readonly at: number;
  readonly totalMs: number;
  /** Null for calls that are not streamed, or that failed before. */
  readonly firstTokenMs: number | null;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Of a failed call, the share of its worst cost that is billed all the same. */
  readonly billedShare?: number;
  readonly affinity: string | null;
}

/** Decides from what this process knows, without waiting for anything. */
export interface Router {
  decide(request: RouteRequest, now: number): RouteDecision;
  /** Before the call is made: it counts as in flight until it is observed. */
  begun(deployment: string, now: number): void;
  observed(observation: CallObservation): void;
  /** What the provider said of its limits. */
  limited(pool: string, until: number): void;
}
