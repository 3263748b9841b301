import type { BreakerGlance } from '../../../libs/routing/src/decision/hard-filters.js';
import type { BreakerResult } from '../../../libs/routing/src/breaker/breaker-board.js';
import type { Random } from './pcg.js';

/** As much of a breaker board as the simulation needs, in virtual time. */
export interface Breakers {
  glance(deployment: string, now: number): BreakerGlance;
  /** Null: it is open, or its probes are given out. What is returned is called once, when the call has ended. */
  enter(
    deployment: string,
    now: number,
  ): ((result: BreakerResult['kind'], now: number, retryAfterMs?: number) => void) | null;
}

const bucketMs = 10_000;
const buckets = 18;
const fewest = 5;
const threshold = 0.5;
const firstResetMs = 5_000;
const longestResetMs = 300_000;
/** So many probes must succeed before it closes. */
const probesNeeded = 3;
/** A row of failures without a success: the window alone would take minutes to turn at a busy deployment. */
const row = 10;

interface Breaker {
  state: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  generation: number;
  availableAt: number;
  openings: number;
  probing: number;
  probed: number;
  row: number;
  counts: { index: number; calls: number; failures: number }[];
}

/**
 * TO BE REPLACED by the production breaker once it can be driven in virtual time. A stand-in, written for the benchmark: a rolling
 * window, back-off with jitter, several probes, and no memory of calls from before the last change of state.
 */
export function createSimulatedBreakers(random: Random): Breakers {
  const all = new Map<string, Breaker>();
  const of = (id: string): Breaker => {
    const known = all.get(id);
    if (known !== undefined) return known;
    const made: Breaker = {
      state: 'CLOSED',
      generation: 0,
      availableAt: 0,
      openings: 0,
      probing: 0,
      probed: 0,
      row: 0,
      counts: [],
    };
    all.set(id, made);
    return made;
  };

  function turn(breaker: Breaker, state: Breaker['state'], now: number): void {
    Object.assign(breaker, {
      state,
      generation: breaker.generation + 1,
      probing: 0,
      probed: 0,
      row: 0,
      counts: [],
    });
    if (state !== 'OPEN') return;
    const reset = Math.min(longestResetMs, firstResetMs * 2 ** breaker.openings);
    breaker.openings += 1;
    breaker.availableAt = now + reset * (1 + 0.2 * random.next());
  }

  function count(breaker: Breaker, failed: boolean, now: number): void {
    const index = Math.floor(now / bucketMs);
    breaker.counts = breaker.counts.filter((bucket) => bucket.index > index - buckets);
    let bucket = breaker.counts.find((one) => one.index === index);
    if (bucket === undefined) breaker.counts.push((bucket = { index, calls: 0, failures: 0 }));
    bucket.calls += 1;
    bucket.failures += failed ? 1 : 0;
    breaker.row = failed ? breaker.row + 1 : 0;
    const calls = breaker.counts.reduce((sum, one) => sum + one.calls, 0);
    const failures = breaker.counts.reduce((sum, one) => sum + one.failures, 0);
    if (failed && (breaker.row >= row || (calls >= fewest && failures >= threshold * calls)))
      turn(breaker, 'OPEN', now);
  }

  return {
    glance(id, now) {
      const breaker = of(id);
      if (breaker.state === 'CLOSED') return { state: 'CLOSED', availableAt: null };
      if (breaker.state === 'OPEN' && now < breaker.availableAt)
        return { state: 'OPEN', availableAt: breaker.availableAt };
      const given = breaker.state === 'HALF_OPEN' && breaker.probing >= 1;
      return { state: 'HALF_OPEN', availableAt: given ? now + 1_000 : null };
    },
    enter(id, now) {
      const breaker = of(id);
      if (breaker.state === 'OPEN' && now >= breaker.availableAt) turn(breaker, 'HALF_OPEN', now);
      if (breaker.state === 'OPEN' || (breaker.state === 'HALF_OPEN' && breaker.probing >= 1)) return null;
      const { generation } = breaker;
      if (breaker.state === 'HALF_OPEN') breaker.probing += 1;
      return (result, at) => {
        if (generation !== breaker.generation) return;
        if (breaker.state === 'CLOSED') {
          if (result !== 'neutral') count(breaker, result === 'failed', at);
          return;
        }
        breaker.probing -= 1;
        if (result === 'failed') turn(breaker, 'OPEN', at);
        else if (result === 'ok' && ++breaker.probed >= probesNeeded) {
          breaker.openings = 0;
          turn(breaker, 'CLOSED', at);
        }
      };
    },
  };
}
