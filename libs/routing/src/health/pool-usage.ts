import type { QuotaPool } from '../catalogue/deployment.js';

/** What was drawn from a pool within a calendar minute. */
interface MinuteCounts {
  requests: number;
  inputTokens: number;
  outputTokens: number;
}

/** What this worker, and what it has heard of the others, draws on one pool. Changed in place. */
export interface PoolUsage {
  readonly id: string;
  minute: number;
  current: MinuteCounts;
  previous: MinuteCounts;
  inFlight: number;
  /** Requests a minute that a refusal has taught; null: none so far. */
  learned: { cap: number; cutAt: number } | null;
}

const minuteMs = 60_000;
/** Refusals in one burst teach the same thing. */
const burstMs = 5_000;
/** A refusal cuts the cap to this share of what was drawn; it grows back by so much of itself a minute. */
const cut = 0.7;
const growthPerMinute = 0.3;
const forgottenAfterMs = 600_000;
/** Some is left for what other users of the same account draw. */
const usableShare = 0.98;

export function noUsage(id: string, now: number): PoolUsage {
  const none = (): MinuteCounts => ({ requests: 0, inputTokens: 0, outputTokens: 0 });
  return {
    id,
    minute: Math.floor(now / minuteMs),
    current: none(),
    previous: none(),
    inFlight: 0,
    learned: null,
  };
}

/** Counts what was drawn; tokens are known only when a call has ended. */
export function draw(
  usage: PoolUsage,
  requests: number,
  inputTokens: number,
  outputTokens: number,
  now: number,
): void {
  turnMinute(usage, now);
  usage.current.requests += requests;
  usage.current.inputTokens += inputTokens;
  usage.current.outputTokens += outputTokens;
}

/** The provider refused for a limit: less than what was drawn is what it bears (additive increase, multiplicative decrease). */
export function learnLimit(usage: PoolUsage, now: number): void {
  if (usage.learned !== null && now - usage.learned.cutAt < burstMs) return;
  const drawn = Math.min(lastMinute(usage, 'requests', now), learnedCap(usage, now) ?? Infinity);
  usage.learned = { cap: Math.max(1, drawn * cut), cutAt: now };
}

/** How full the pool is: 1 is the limit, known or learned. */
export function fullness(usage: PoolUsage, limits: QuotaPool, now: number): number {
  turnMinute(usage, now);
  let most = 0;
  if (limits.requestsPerMinute !== null) most = lastMinute(usage, 'requests', now) / limits.requestsPerMinute;
  if (limits.inputTokensPerMinute !== null)
    most = Math.max(most, lastMinute(usage, 'inputTokens', now) / limits.inputTokensPerMinute);
  if (limits.outputTokensPerMinute !== null)
    most = Math.max(most, lastMinute(usage, 'outputTokens', now) / limits.outputTokensPerMinute);
  if (limits.concurrency !== null) most = Math.max(most, usage.inFlight / limits.concurrency);
  if (usage.learned !== null) {
    const cap = learnedCap(usage, now);
    if (cap !== null) most = Math.max(most, lastMinute(usage, 'requests', now) / cap);
  }
  return most;
}

/** Null when the request fits into the known limits; else when it may, and which limit is in the way. */
export function exhausted(
  usage: PoolUsage,
  limits: QuotaPool,
  inputTokens: number,
  outputTokens: number,
  now: number,
): { readonly limit: string; readonly until: number } | null {
  turnMinute(usage, now);
  if (limits.concurrency !== null && usage.inFlight + 1 > limits.concurrency)
    return { limit: 'concurrency', until: now + 1_000 };
  return (
    over(usage, 'requests', 1, limits.requestsPerMinute, now) ??
    over(usage, 'inputTokens', inputTokens, limits.inputTokensPerMinute, now) ??
    over(usage, 'outputTokens', outputTokens, limits.outputTokensPerMinute, now)
  );
}

function over(usage: PoolUsage, what: keyof MinuteCounts, more: number, limit: number | null, now: number) {
  if (limit === null) return null;
  const excess = lastMinute(usage, what, now) + more - usableShare * limit;
  // A request that is larger than the whole limit waits in vain, and goes through when nothing else is drawn.
  if (excess <= 0 || lastMinute(usage, what, now) < 1) return null;
  const wait = Math.min(minuteMs, Math.max(250, (minuteMs * excess) / limit));
  return { limit: what, until: Math.ceil(now + wait) };
}

/** The minute before counts by as much of it as lies within the last sixty seconds. */
function lastMinute(usage: PoolUsage, what: keyof MinuteCounts, now: number): number {
  const into = now / minuteMs - usage.minute;
  return usage.current[what] + usage.previous[what] * Math.max(0, 1 - into);
}

function learnedCap(usage: PoolUsage, now: number): number | null {
  const { learned } = usage;
  if (learned === null || now - learned.cutAt > forgottenAfterMs) return null;
  return learned.cap * (1 + (growthPerMinute * (now - learned.cutAt)) / minuteMs);
}

function turnMinute(usage: PoolUsage, now: number): void {
  const minute = Math.floor(now / minuteMs);
  if (minute <= usage.minute) return;
  const last = minute === usage.minute + 1;
  const none = usage.previous;
  usage.previous = usage.current;
  usage.current = none;
  clear(usage.current);
  if (!last) clear(usage.previous);
  usage.minute = minute;
}

function clear(counts: MinuteCounts): void {
  counts.requests = 0;
  counts.inputTokens = 0;
  counts.outputTokens = 0;
}
