import type { Failure, NanoUsd } from '#contracts';
import type { Dropped, RouteDecision, RouteRequest, ScoreTerms } from '../decision/route.js';
import type { FailureKind } from '../failure/failure-table.js';

/** How a call ended: answered, answered from the cache, failed, or not made because nobody can answer now. */
export type RoutedCallStatus = 'ANSWERED' | 'CACHED' | 'FAILED' | 'WAITS';

/** One try at one deployment. */
export interface HopTrace {
  readonly deployment: string;
  readonly outcome: 'answered' | FailureKind;
  readonly at: number;
  readonly ms: number;
  readonly firstTokenMs: number | null;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly outputTokens: number;
  readonly costNanos: NanoUsd;
  /** False when nobody knows what it costs. */
  readonly priced: boolean;
  /** The provider did not say what it used. */
  readonly estimated: boolean;
  readonly reservedNanos: NanoUsd;
  readonly priceVersion: string | null;
  readonly error: Pick<Failure, 'code' | 'message' | 'retryAfterMs'> | null;
}

/** What the router knew and decided, and what came of it: enough to say why a call went where it went. */
export interface RouteTrace {
  readonly request: Omit<RouteRequest, 'offers' | 'tenant' | 'model'>;
  readonly candidates: readonly {
    readonly deployment: string;
    readonly terms: ScoreTerms;
    readonly worst: NanoUsd;
    readonly explored?: true;
  }[];
  readonly dropped: readonly Dropped[];
  readonly hops: readonly HopTrace[];
}

/** A call as it is kept, answered or not. */
export interface RoutedCall {
  readonly id: string;
  readonly tenant: string;
  readonly runId: string | null;
  readonly taskPath: string | null;
  /** As it was asked for: `nexus:standard`. */
  readonly model: string;
  readonly status: RoutedCallStatus;
  /** Where it was answered. */
  readonly deployment: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  /** Of all hops. */
  readonly costNanos: NanoUsd;
  readonly at: number;
  readonly ms: number;
  readonly error: Failure | null;
  /** When another try may help, if nobody could answer. */
  readonly retryAt: number | null;
  readonly trace: RouteTrace;
}

/** Of many candidates the first are kept: nobody reads a hundred, and each call keeps its own. */
const keptCandidates = 24;

/** A trace under way. */
export interface OpenTrace {
  /** Deployments left out after the decision: a breaker that closed the door, a reservation that was refused. */
  readonly skip: (dropped: Dropped) => void;
  readonly hop: (hop: HopTrace) => void;
  readonly hops: () => readonly HopTrace[];
  readonly dropped: () => readonly Dropped[];
  readonly close: () => RouteTrace;
}

/** Opens the trace of a decision. */
export function openTrace(request: RouteRequest, decision: RouteDecision): OpenTrace {
  const skipped: Dropped[] = [];
  const hops: HopTrace[] = [];
  const { offers: _offers, tenant: _tenant, model: _model, ...facts } = request;
  const dropped = (): Dropped[] => [...decision.dropped, ...skipped];
  return {
    skip: (drop) => void skipped.push(drop),
    hop: (hop) => void hops.push(hop),
    hops: () => hops,
    dropped,
    close: () => ({
      request: facts,
      candidates: decision.candidates
        .slice(0, keptCandidates)
        .map(({ deployment, terms, worst, explored }) => ({
          deployment: deployment.id,
          terms,
          worst,
          ...(explored ? { explored } : {}),
        })),
      dropped: dropped().slice(0, keptCandidates),
      hops,
    }),
  };
}
