import { type HealthSums, sum } from './health-sums.js';

/** What is to be expected of a deployment, derived from its sums. */
export interface Outlook {
  /** Median time to first token of an empty request, and how it grows by each thousand uncached tokens, as a share. */
  readonly firstTokenSeconds: number;
  readonly growthPerKiloToken: number;
  /** The 95th percentile is so many times the median. */
  readonly firstTokenSpread: number;
  readonly tokensPerSecond: number;
  /** That of the slowest twentieth. */
  readonly slowTokensPerSecond: number;
  readonly errorRate: number;
  readonly limitRate: number;
  /** Seconds until a call that fails has failed. */
  readonly secondsToFailure: number;
  /** Of a failed call, the share of its cost that is billed. */
  readonly billedShare: number;
  /** Of a prefix that should be in the provider's cache, the share that is. */
  readonly cachedShare: number;
}

/**
 * What is believed of a deployment that nobody has called, each with the number of calls it counts for. It is rather quick:
 * so what is new, or was not called for long, gets a few calls where its price deserves them, and they tell.
 */
const prior = {
  firstTokenSeconds: 0.4,
  growthPerKiloToken: 0.04,
  spread: 0.5,
  tokensPerSecond: 120,
  latencyCalls: 1,
  sizeCalls: 20,
  errorRate: 0.02,
  limitRate: 0.01,
  rateCalls: 5,
  /** How soon a row of failures without a success is believed. */
  streakCalls: 2,
  secondsToFailure: 2,
  billedShare: 0.1,
  failedCalls: 2,
  cachedShare: 0.8,
  prefixTokens: 20_000,
} as const;

/** z of the 95th percentile. */
const z95 = 1.645;
/** By how many standard errors the last seconds must differ from the last minutes to be believed instead. */
const changeErrors = 2.5;

/** Calls under way that should have ended long ago, while nothing is answered: each speaks like a failure. */
export interface Silence {
  readonly calls: number;
  readonly seconds: number;
}

export const noSilence: Silence = { calls: 0, seconds: 0 };

/** The expectation from sums that hold for the present: let them fade first. */
export function outlookOf(sums: HealthSums, silence: Silence): Outlook {
  const { values } = sums;
  const at = (index: number): number => values[index] ?? 0;
  const first = logLevel(
    at(sum.firstWeight),
    at(sum.firstLog),
    at(sum.firstSquares),
    at(sum.recentFirstWeight),
    at(sum.recentFirstLog),
    Math.log(prior.firstTokenSeconds),
  );
  const pace = logLevel(
    at(sum.paceWeight),
    at(sum.paceLog),
    at(sum.paceSquares),
    at(sum.recentPaceWeight),
    at(sum.recentPaceLog),
    Math.log(prior.tokensPerSecond),
  );
  const calls = at(sum.calls);
  const failed = at(sum.failedWeight) + prior.failedCalls;
  const tokensPerSecond = Math.exp(pace.mean);
  const streak = sums.streak + silence.calls;
  return {
    firstTokenSeconds: Math.exp(first.mean),
    growthPerKiloToken: growthOf(sums),
    firstTokenSpread: Math.exp(z95 * first.deviation),
    tokensPerSecond,
    slowTokensPerSecond: tokensPerSecond * Math.exp(-z95 * pace.deviation),
    errorRate: Math.max(
      (at(sum.failures) + prior.rateCalls * prior.errorRate) / (calls + prior.rateCalls),
      (streak + prior.streakCalls * prior.errorRate) / (streak + prior.streakCalls),
    ),
    limitRate: (at(sum.limits) + prior.rateCalls * prior.limitRate) / (calls + prior.rateCalls),
    secondsToFailure: Math.max(
      silence.seconds,
      (at(sum.failedSeconds) + prior.failedCalls * prior.secondsToFailure) / failed,
    ),
    billedShare: (at(sum.failedBilled) + prior.failedCalls * prior.billedShare) / failed,
    cachedShare:
      (at(sum.prefixCached) + prior.prefixTokens * prior.cachedShare) /
      (at(sum.prefixTokens) + prior.prefixTokens),
  };
}

/** Seconds until the first token of a request with so many thousand uncached tokens. */
export function firstTokenSeconds(outlook: Outlook, uncachedKiloTokens: number): number {
  return outlook.firstTokenSeconds * (1 + outlook.growthPerKiloToken * uncachedKiloTokens);
}

/**
 * Mean and deviation of a logarithm, drawn towards the prior while there are few calls. A mean over minutes notices a
 * brown-out late, and the peak of single calls takes every straggler for one: so the mean of the last seconds counts instead
 * once it differs by more than chance.
 */
function logLevel(
  weight: number,
  total: number,
  squares: number,
  recentWeight: number,
  recentTotal: number,
  priorMean: number,
): { readonly mean: number; readonly deviation: number } {
  const calls = weight + prior.latencyCalls;
  const mean = (total + prior.latencyCalls * priorMean) / calls;
  const observed = weight > 0 ? Math.max(0, squares / weight - (total / weight) ** 2) : 0;
  const variance = (weight * observed + prior.latencyCalls * prior.spread ** 2) / calls;
  const deviation = Math.sqrt(variance);
  if (recentWeight < 1) return { mean, deviation };
  const recent = (recentTotal + mean) / (recentWeight + 1);
  const error = prior.spread / Math.sqrt(recentWeight + 1);
  return Math.abs(recent - mean) > changeErrors * error
    ? { mean: recent, deviation: prior.spread }
    : { mean, deviation };
}

/** Slope over intercept of the line through relative times, drawn towards the prior; never negative. */
export function growthOf(sums: HealthSums): number {
  const { values } = sums;
  const weight = values[sum.sizeWeight] ?? 0;
  if (weight < 2) return prior.growthPerKiloToken;
  const tokens = (values[sum.sizeTokens] ?? 0) / weight;
  const time = (values[sum.sizeTime] ?? 0) / weight;
  const spread = Math.max(0, (values[sum.sizeTokensSquared] ?? 0) / weight - tokens ** 2);
  const together = (values[sum.sizeTokensTime] ?? 0) / weight - tokens * time;
  // Inputs that are all of one length show nothing: then the prior counts.
  const trust = weight * spread;
  const slope = (weight * together + prior.sizeCalls * prior.growthPerKiloToken) / (trust + prior.sizeCalls);
  const intercept = Math.max(0.2, time - slope * tokens);
  return Math.min(1, Math.max(0, slope / intercept));
}
