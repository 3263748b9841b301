import { EventEmitter } from 'node:events';
import CircuitBreaker from 'opossum';
import type { BreakerSettings } from './breaker-settings.js';

/** Counts how calls ended and says when too many of them failed. */
export interface TripWindow {
  ok(now: number): void;
  /** Whether this was one too many. */
  failed(now: number): boolean;
  counts(now: number): { readonly calls: number; readonly failures: number };
}

/** No promise, for opossum to see the outcome at once: virtual time has no later. */
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

  function turnTo(now: number): void {
    const turns = Math.floor((now - turnedAt) / bucketMs);
    if (turns <= 0) return;
    for (let count = Math.min(turns, settings.buckets); count > 0; count -= 1) turn.emit('rotate');
    turnedAt += turns * bucketMs;
  }

  function fire(isOk: boolean, now: number): void {
    turnTo(now);
    circuit.fire(isOk).catch(() => undefined);
  }

  return {
    ok: (now) => fire(true, now),
    failed(now) {
      fire(false, now);
      if (!circuit.opened) return false;
      // The breaker takes over from here; closing ends opossum's own timer.
      circuit.close();
      return true;
    },
    counts(now) {
      turnTo(now);
      const { fires, failures } = circuit.stats;
      return { calls: fires, failures };
    },
  };
}
