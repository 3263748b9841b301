import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';
import type { BreakerSettings } from './breaker-settings.js';

/** Counts how calls ended and says when too many of them failed. */
export interface TripWindow {
  ok(now: number): void;
  /** Whether this was one too many. */
  failed(now: number): boolean;
  /** The same, of a call that has been counted as a good one. */
  failedLater(now: number): boolean;
  counts(now: number): { readonly calls: number; readonly failures: number };
}

/** No promise, for opossum to see the outcome at once: virtual time has no later. */
// eslint-disable-next-line unicorn/no-thenable -- it is one on purpose, and never awaited
const done = { then: (settle: () => void) => (settle(), { catch: () => undefined }) };

/**
 * A circuit of opossum's, from one closing of a breaker to its next opening. It is told of calls as they end, with their
 * outcome, and of nothing that says nothing: so it counts as many calls as outcomes, however long they take, and
 * neither a success from before nor a neutral answer ever reaches it. Its clock is ours: buckets turn when they are
 * looked at, and no timer runs.
 */
export function createTripWindow(settings: BreakerSettings, begun: number): TripWindow {
  const turn = new EventEmitter();
  const circuit = new CircuitBreaker<[boolean]>(
    (isOk) => {
      if (!isOk) throw new Error('failed');
      return done as never;
    },
    {
      timeout: false,
      rollingCountTimeout: settings.windowMs,
      rollingCountBuckets: settings.buckets,
      volumeThreshold: settings.volume,
      errorThresholdPercentage: settings.failurePercent,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      rotateBucketController: turn,
    },
  );
  const bucketMs = settings.windowMs / settings.buckets;
  let turnedAt = begun;
  /**
   * Nothing is taken out of opossum's buckets, so a success that turned out to be none stays there. So many failures
   * beside it weigh as much as if there were one in its place: of nothing but such calls the share of failures passes
   * the threshold exactly where the true share does.
   */
  const weight = Math.ceil(1 / (1 - settings.failurePercent / 100));
  const turnedBad = Array.from({ length: settings.buckets }, () => 0);

  function turnTo(now: number): void {
    const turns = Math.floor((now - turnedAt) / bucketMs);
    if (turns <= 0) return;
    for (let count = Math.min(turns, settings.buckets); count > 0; count -= 1) {
      turn.emit('rotate');
      turnedBad.pop();
      turnedBad.unshift(0);
    }
    turnedAt += turns * bucketMs;
  }

  /** Whether opossum would open for it. The breaker decides and takes over then: closing ends opossum's own timer. */
  function fire(isOk: boolean, now: number): boolean {
    turnTo(now);
    circuit.fire(isOk).catch(() => undefined);
    const { opened } = circuit;
    if (opened) circuit.close();
    return opened;
  }

  function counts(now: number): { readonly calls: number; readonly failures: number } {
    turnTo(now);
    const { fires, failures } = circuit.stats;
    const bad = turnedBad.reduce((sum, count) => sum + count, 0);
    return { calls: Math.max(0, fires - weight * bad), failures: failures - (weight - 1) * bad };
  }

  const isEnough = (now: number): boolean => counts(now).calls >= settings.volume;

  return {
    ok: (now) => void fire(true, now),
    failed: (now) => fire(false, now) && isEnough(now),
    failedLater(now) {
      let isTooMuch = false;
      for (let count = 0; count < weight; count += 1) isTooMuch = fire(false, now);
      turnedBad[0] = (turnedBad[0] ?? 0) + 1;
      return isTooMuch && isEnough(now);
    },
    counts,
  };
}
