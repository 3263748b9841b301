import type { Blame, Tried } from '../../../libs/routing/src/decision/next-hop.js';
import type { SimulatedRequest } from './requests.js';
import type { CallResult } from './world.js';

/** A way to choose where a request goes. */
export interface Strategy {
  plan(request: SimulatedRequest, now: number, leftMs: number): CallPlan;
  /** A call begins; null: it may not, try the next. What is returned is told how it went. */
  enter(
    deployment: string,
    request: SimulatedRequest,
    now: number,
  ): ((result: CallResult, now: number) => void) | null;
}

export interface CallPlan {
  readonly next: (tried: readonly Tried[]) => string | null;
  /** Nothing is left: when something may be. */
  readonly retryAt: number | null;
}

/** What a failure is blamed on; the same for all strategies, and used by those that care. */
export function blameOf(result: CallResult, provider: string, deployment: string): Blame {
  switch (result.kind) {
    case 'error':
      return { kind: 'domain', name: provider };
    case 'denied':
      return { kind: 'domain', name: deployment };
    default:
      return { kind: 'deployment' };
  }
}
