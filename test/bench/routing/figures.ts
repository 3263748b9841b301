import { quantile } from '../measure/quantile.js';
import { drawAt } from './pcg.js';
import type { RequestOutcome } from './simulate.js';

/** What one strategy did in one run: figures that can be averaged over seeds. */
export interface RunFigures {
  readonly success: number;
  /** Dollars per thousand requests that succeeded. */
  readonly usd: number;
  /** Dollars per thousand requests with the value of time, and of failures: what the router means to keep low. */
  readonly valued: number;
  readonly wastedShare: number;
  readonly calls: number;
  readonly firstTokenMs: Quantiles;
  readonly totalMs: Quantiles;
  readonly cachedShare: number;
  /** Seconds from the beginning of the trouble until hardly any request goes there first, and from its end until they do again. */
  readonly detectSeconds: number | null;
  readonly recoverSeconds: number | null;
}

interface Quantiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What a request that fails costs the one who asked, in dollars: as much as the cost of ten. */
const failureUsd = 0.01;
const few = 20;

export function figuresOf(
  outcomes: readonly RequestOutcome[],
  trouble: { readonly deployments: readonly string[]; readonly from: number; readonly until: number } | null,
): RunFigures {
  const good = outcomes.filter(({ ok }) => ok);
  const sum = (of: (one: RequestOutcome) => number): number =>
    outcomes.reduce((total, one) => total + of(one), 0);
  const usd = sum((one) => one.usd);
  const seconds = (one: RequestOutcome): number => (one.endedAt - one.request.at) / 1000;
  const valued = sum((one) => one.usd + one.request.timeValue * seconds(one) + (one.ok ? 0 : failureUsd));
  const times = (of: (one: RequestOutcome) => number): Quantiles => {
    const values = good.map(of);
    const at = (share: number): number => quantile(values, share) ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  };
  return {
    success: good.length / outcomes.length,
    usd: (1000 * usd) / Math.max(1, good.length),
    valued: (1000 * valued) / outcomes.length,
    wastedShare: usd > 0 ? sum((one) => one.wasted) / usd : 0,
    calls: sum((one) => one.calls) / outcomes.length,
    firstTokenMs: times((one) => one.firstTokenMs ?? 0),
    totalMs: times((one) => one.endedAt - one.request.at),
    cachedShare: sum((one) => one.cached) / sum((one) => one.request.input),
    ...(trouble === null ? { detectSeconds: null, recoverSeconds: null } : noticed(outcomes, trouble)),
  };
}

function noticed(
  outcomes: readonly RequestOutcome[],
  { deployments, from, until }: { deployments: readonly string[]; from: number; until: number },
) {
  const goesThere = ({ first }: RequestOutcome): boolean => first !== null && deployments.includes(first);
  const before = outcomes.filter(({ request }) => request.at < from);
  const usual = before.filter(goesThere).length / Math.max(1, before.length);
  const firstWhere = (after: number, end: number, holds: (share: number) => boolean): number | null => {
    for (let i = 0; i + few <= outcomes.length; i++) {
      const at = outcomes[i]?.request.at ?? 0;
      if (at < after) continue;
      if (at > end) break;
      if (holds(outcomes.slice(i, i + few).filter(goesThere).length / few)) return (at - after) / 1000;
    }
    return null;
  };
  // Where hardly anything went before, there is nothing to notice.
  if (usual < 0.1) return { detectSeconds: null, recoverSeconds: null };
  return {
    detectSeconds: firstWhere(from, until, (share) => share <= 0.1),
    recoverSeconds: firstWhere(until, Infinity, (share) => share >= usual / 2),
  };
}

export interface Estimate {
  readonly mean: number;
  /** 95% interval. */
  readonly low: number;
  readonly high: number;
}

const resamples = 1_000;

/** The mean over seeds, with an interval from resampling the seeds; null when there is nothing. */
export function estimate(values: readonly number[]): Estimate | null {
  if (values.length === 0) return null;
  const means: number[] = [];
  for (let nth = 0; nth < resamples; nth++) {
    let total = 0;
    for (let i = 0; i < values.length; i++)
      total += values[Math.floor(drawAt(4, nth, i, 0, 0) * values.length)] ?? 0;
    means.push(total / values.length);
  }
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return { mean, low: quantile(means, 0.025) ?? mean, high: quantile(means, 0.975) ?? mean };
}
