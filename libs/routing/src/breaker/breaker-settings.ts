/** What breakers are tuned by. Durations in milliseconds. */
export interface BreakerSettings {
  /** Calls are counted over this time, in so many buckets: several times longer than the longest calls take. */
  readonly windowMs: number;
  readonly buckets: number;
  /** Fewer ended calls in the window say nothing. */
  readonly volume: number;
  /** More failures than this open the breaker. */
  readonly failurePercent: number;
  /** So many failures without a success between them open it too: rare calls never fill a window, many are slow to turn it. */
  readonly failuresInARow: number;
  /** The first time that it stays open; it doubles each time that probes fail, up to the longest. */
  readonly backoffMs: number;
  readonly longestBackoffMs: number;
  /** A provider may ask for more patience than we have. */
  readonly longestRetryAfterMs: number;
  /** Opened again before it was closed for so long, it goes on with the back-off where that ended. */
  readonly calmMs: number;
  /** Probes under way at a time, in all workers together, and how many must go well before it closes. */
  readonly probesAtOnce: number;
  readonly probesRequired: number;
  /** A probe that has not ended by then is given up: its worker is lost. */
  readonly probeLeaseMs: number;
  /** How soon a probe is tried again that said nothing. */
  readonly inconclusiveMs: number;
  /** Of what serves the same calls, the share that may be out before it is probed at short intervals. */
  readonly ejectedShare: number;
  readonly lastResortMs: number;
}

export const breakerDefaults: BreakerSettings = {
  windowMs: 180_000,
  buckets: 18,
  volume: 5,
  failurePercent: 50,
  failuresInARow: 5,
  backoffMs: 5_000,
  longestBackoffMs: 300_000,
  longestRetryAfterMs: 900_000,
  calmMs: 60_000,
  probesAtOnce: 1,
  probesRequired: 2,
  probeLeaseMs: 120_000,
  inconclusiveMs: 1_000,
  ejectedShare: 0.5,
  lastResortMs: 5_000,
};
