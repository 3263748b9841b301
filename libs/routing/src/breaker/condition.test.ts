import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { breakerDefaults } from './breaker-settings.js';
import {
  held,
  nextProbeAt,
  probeBegun,
  probeInconclusive,
  probePassed,
  reset,
  shifted,
  tripped,
  untouched,
} from './condition.js';
import type { BreakerChange, BreakerCondition } from './condition.js';

const settings = { ...breakerDefaults, probesAtOnce: 2, probesRequired: 3 };

/** What may happen, with generations and names that are mostly right and sometimes of another time. */
const step = fc.record({
  kind: fc.constantFrom('trip', 'begin', 'begin', 'pass', 'pass', 'neutral', 'hold', 'release', 'reset'),
  after: fc.integer({ min: 0, max: 400_000 }),
  lag: fc.constantFrom(0, 0, 0, 1, 2),
  probe: fc.nat(3),
  lastResort: fc.boolean(),
  force: fc.constantFrom('OPEN' as const, 'CLOSED' as const),
  draw: fc.double({ min: 0, max: 1, noNaN: true }),
  retryAfterMs: fc.option(fc.integer({ min: 0, max: 900_000 })),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function changeOf(
  { kind, lag, probe, lastResort, force, draw, retryAfterMs }: Step,
  of: BreakerCondition,
  at: number,
): BreakerChange {
  const generation = of.generation - lag;
  const notBefore = retryAfterMs === null ? null : at + retryAfterMs;
  const end = { name: `p${probe}`, generation, at };
  switch (kind) {
    case 'trip':
      return tripped(settings, { generation, at, reason: 'x', notBefore, failures: 5, calls: 5, draw });
    case 'begin':
      return probeBegun(settings, { name: `p${probe}-${at}`, at, lastResort });
    case 'pass':
      return probePassed(settings, end);
    case 'neutral':
      return probeInconclusive(settings, end);
    case 'hold':
      return held(force, at, 'x');
    case 'release':
      return held(null, at, null);
    default:
      return reset(at);
  }
}

describe('whatever happens to a breaker', () => {
  it('no more probes are under way than may be, it closes after as many as it must, and waits as long as it was asked', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let at = 1_000_000;
        let of = untouched;
        for (const one of steps) {
          at += one.after;
          const before = of;
          of = changeOf(one, of, at)(of) ?? of;
          const under = Object.values(of.probes).filter(({ until }) => until > at).length;
          expect(under).toBeLessThanOrEqual(settings.probesAtOnce);
          expect(of.generation).toBeGreaterThanOrEqual(before.generation);
          if (of.forced !== null) {
            expect(of.state).toBe(of.forced);
            continue;
          }
          if (before.state !== 'CLOSED' && of.state === 'CLOSED' && one.kind === 'pass')
            expect(before.passed).toBe(settings.probesRequired - 1);
          if (before.state === 'OPEN' && before.forced === null && of.state === 'CLOSED')
            expect(one.kind).toBe('reset');
          if (of.state === 'OPEN' && before.generation === of.generation && before.state === 'OPEN')
            expect(of.availableAt ?? 0).toBeGreaterThanOrEqual(before.availableAt ?? 0);
          if (of.state === 'OPEN') {
            expect(nextProbeAt(settings, of, true)).toBeGreaterThanOrEqual(of.notBefore ?? 0);
            expect(nextProbeAt(settings, of, true)).toBeLessThanOrEqual(nextProbeAt(settings, of, false));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is the same on another clock', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: -1e9, max: 1e9 }), (steps, by) => {
        let at = 1e10;
        let [here, there] = [untouched, shifted(untouched, by)];
        for (const one of steps) {
          at += one.after;
          here = changeOf(one, here, at)(here) ?? here;
          const change = changeOf(one, there, at + by);
          // Probes are named after their moment.
          if (one.kind !== 'begin') there = change(there) ?? there;
          else
            there =
              probeBegun(settings, { name: `p${one.probe}-${at}`, at: at + by, lastResort: one.lastResort })(
                there,
              ) ?? there;
          const back = shifted(there, -by);
          expect({ ...back, availableAt: Math.round(back.availableAt ?? 0) }).toEqual({
            ...here,
            availableAt: Math.round(here.availableAt ?? 0),
          });
        }
      }),
      { numRuns: 200 },
    );
  });
});
