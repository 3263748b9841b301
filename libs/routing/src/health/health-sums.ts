/**
 * What is remembered of a deployment: sums that fade with time, and nothing else. Sums that fade alike can be added, so
 * what two workers saw is merged by addition, in any order, and a snapshot is a list of numbers.
 */
export const sum = {
  /** Calls that say something of its health, those that failed, and those that were refused for a limit. */
  calls: 0,
  failures: 1,
  limits: 2,
  /** Time to first token, in logarithms of seconds with the length of the input taken out: weight, sum, squares. */
  firstWeight: 3,
  firstLog: 4,
  firstSquares: 5,
  /** The same, forgotten soon: it shows a change before the long memory does. */
  recentFirstWeight: 6,
  recentFirstLog: 7,
  /** Output tokens a second while it writes, in logarithms. */
  paceWeight: 8,
  paceLog: 9,
  paceSquares: 10,
  recentPaceWeight: 11,
  recentPaceLog: 12,
  /** How the time to first token grows with the input: a straight line through (thousand tokens, relative time). */
  sizeWeight: 13,
  sizeTokens: 14,
  sizeTime: 15,
  sizeTokensSquared: 16,
  sizeTokensTime: 17,
  /** Failed calls: how long they took, and what share of their cost was billed. */
  failedWeight: 18,
  failedSeconds: 19,
  failedBilled: 20,
  /** Of the prefix that should have been cached, the tokens that were. */
  prefixTokens: 21,
  prefixCached: 22,
} as const;

const sumCount = Object.keys(sum).length;

/** Seconds after which a sum is worth 1/e: failures have a half-life of a minute. */
const fading = { failures: 60 / Math.LN2, latency: 120, recent: 10, long: 600 } as const;

/** From which index on which memory applies. */
const memories: readonly (readonly [from: number, to: number, seconds: number])[] = [
  [sum.calls, sum.limits, fading.failures],
  [sum.firstWeight, sum.firstSquares, fading.latency],
  [sum.recentFirstWeight, sum.recentFirstLog, fading.recent],
  [sum.paceWeight, sum.paceSquares, fading.latency],
  [sum.recentPaceWeight, sum.recentPaceLog, fading.recent],
  [sum.sizeWeight, sum.prefixCached, fading.long],
];

/** Failures since the last success fade like the other failures. */
const streakSeconds = fading.failures;

/** Changed in place: it is written on every call and read on every decision. */
export interface HealthSums {
  /** The moment the sums hold for, in milliseconds since the epoch. */
  at: number;
  /** When a call at it last ended; null: never. */
  seenAt: number | null;
  /** Failures since the last success, and whether there was a success at all: only that makes streaks mergeable. */
  streak: number;
  succeeded: boolean;
  readonly values: Float64Array;
}

/** A HealthSums as JSON. */
export interface StoredHealth {
  readonly at: number;
  readonly seenAt: number | null;
  readonly streak: number;
  readonly succeeded: boolean;
  readonly values: readonly number[];
}

export function noHealth(at: number): HealthSums {
  return { at, seenAt: null, streak: 0, succeeded: false, values: new Float64Array(sumCount) };
}

/** Lets the sums fade until that moment. A moment in the past changes nothing: clocks of workers differ. */
export function fadeTo(sums: HealthSums, now: number): void {
  const seconds = (now - sums.at) / 1000;
  if (seconds <= 0) return;
  const { values } = sums;
  for (const [from, to, memory] of memories) {
    const factor = Math.exp(-seconds / memory);
    for (let i = from; i <= to; i++) values[i] = (values[i] ?? 0) * factor;
  }
  sums.streak *= Math.exp(-seconds / streakSeconds);
  sums.at = now;
}

/** Adds one to the sum at that index, or as much as is said. */
export function add(sums: HealthSums, index: number, amount = 1): void {
  sums.values[index] = (sums.values[index] ?? 0) + amount;
}

/** What both have seen together. Pure; each observation must be in one of the two only. */
export function mergeHealth(one: StoredHealth, other: StoredHealth): StoredHealth {
  const at = Math.max(one.at, other.at);
  const [a, b] = [fadedCopy(one, at), fadedCopy(other, at)];
  // The one that was seen later ended the other's streak if it had any success.
  const [earlier, later] = (a.seenAt ?? -1) <= (b.seenAt ?? -1) ? [a, b] : [b, a];
  return {
    at,
    seenAt: later.seenAt,
    streak: later.succeeded ? later.streak : earlier.streak + later.streak,
    succeeded: earlier.succeeded || later.succeeded,
    values: a.values.map((value, i) => value + (b.values[i] ?? 0)),
  };
}

export function storedHealth(sums: HealthSums): StoredHealth {
  return { ...sums, values: [...sums.values] };
}

/** A snapshot of another version, or of another unit, is worth nothing: then null. */
export function readHealth(stored: StoredHealth): HealthSums | null {
  if (stored.values.length !== sumCount || !stored.values.every(Number.isFinite)) return null;
  return { ...stored, values: Float64Array.from(stored.values) };
}

function fadedCopy(stored: StoredHealth, at: number): StoredHealth {
  const copy: HealthSums = { ...stored, values: Float64Array.from(stored.values) };
  fadeTo(copy, at);
  return storedHealth(copy);
}
