import type { TaskFailureCode } from '#contracts';
import type { CallOutcome } from '../decision/route.js';

/** What went wrong with a call at one deployment. */
export type FailureKind =
  | 'unreachable'
  | 'overloaded'
  | 'broken'
  | 'bad-reply'
  | 'rate-limited'
  | 'out-of-credit'
  | 'bad-key'
  | 'unknown-model'
  | 'invalid-request'
  | 'context-overflow'
  | 'content-filtered'
  | 'silent'
  | 'stalled'
  | 'too-long'
  | 'broke-off'
  | 'malformed-tool-call'
  | 'cancelled'
  | 'unexpected';

/** Where the call may go next: what of the failed deployment the next one must not share, or must have more of. */
export type NextHop =
  'nowhere' | 'other-deployment' | 'other-region' | 'other-pool' | 'other-account' | 'larger-window';

export interface FailureRule {
  readonly code: TaskFailureCode;
  /** Whether a later attempt may do better. */
  readonly retryable: boolean;
  readonly breaker: 'failed' | 'neutral';
  readonly outcome: CallOutcome;
  readonly next: NextHop;
  /**
   * What of it other calls keep away from: its pools until they are open again; its account or itself, which are
   * then tried last, since only a person can mend them and nobody says when.
   */
  readonly avoid?: 'pools' | 'account' | 'deployment';
  /** What the provider bills of a failed call: nothing, what it has read, or also what it has written. */
  readonly billed: 'nothing' | 'input' | 'seen';
  readonly hint?: string;
}

const unavailable = { code: 'PROVIDER_UNAVAILABLE', retryable: true, breaker: 'failed' } as const;
const slow = { code: 'TIMEOUT', retryable: true, breaker: 'failed', outcome: 'slow' } as const;
const refused = { retryable: false, breaker: 'neutral', outcome: 'neutral', billed: 'nothing' } as const;

/** The error table of model calls. */
export const failureTable: { readonly [kind in FailureKind]: FailureRule } = {
  unreachable: { ...unavailable, outcome: 'failed', next: 'other-deployment', billed: 'nothing' },
  overloaded: { ...unavailable, outcome: 'failed', next: 'other-region', billed: 'nothing' },
  broken: { ...unavailable, outcome: 'failed', next: 'other-region', billed: 'nothing' },
  'bad-reply': { ...unavailable, outcome: 'failed', next: 'other-deployment', billed: 'input' },
  'rate-limited': {
    code: 'PROVIDER_UNAVAILABLE',
    retryable: true,
    breaker: 'neutral',
    outcome: 'limited',
    next: 'other-pool',
    avoid: 'pools',
    billed: 'nothing',
  },
  'out-of-credit': {
    ...refused,
    code: 'PROVIDER_QUOTA',
    next: 'other-account',
    avoid: 'account',
    hint: 'add credit at the provider or raise its limit; a retry will not help',
  },
  'bad-key': {
    ...refused,
    code: 'PROVIDER_AUTH',
    next: 'other-account',
    avoid: 'account',
    hint: "check the provider's key",
  },
  'unknown-model': {
    ...refused,
    code: 'INVALID_INPUT',
    next: 'other-deployment',
    avoid: 'deployment',
    hint: 'the provider does not know this model; name another one as provider:model',
  },
  'invalid-request': { ...refused, code: 'INVALID_INPUT', next: 'nowhere' },
  'context-overflow': {
    ...refused,
    code: 'CONTEXT_OVERFLOW',
    next: 'larger-window',
    hint: 'send less: shorten the prompt, or take a model with a larger context window',
  },
  'content-filtered': { ...refused, code: 'CONTENT_FILTERED', next: 'nowhere' },
  silent: { ...slow, next: 'other-deployment', billed: 'input' },
  stalled: { ...slow, next: 'other-deployment', billed: 'seen' },
  // The time for all hops together is over.
  'too-long': { ...slow, next: 'nowhere', billed: 'seen' },
  'broke-off': { ...unavailable, outcome: 'failed', next: 'other-deployment', billed: 'seen' },
  'malformed-tool-call': {
    code: 'INVALID_OUTPUT',
    retryable: false,
    breaker: 'neutral',
    outcome: 'neutral',
    next: 'other-deployment',
    billed: 'seen',
    hint: 'simplify the schemas of the tools, or take a larger model',
  },
  cancelled: {
    code: 'CANCELLED',
    retryable: false,
    breaker: 'neutral',
    outcome: 'neutral',
    next: 'nowhere',
    billed: 'seen',
  },
  unexpected: { ...refused, code: 'INTERNAL', next: 'nowhere' },
};
