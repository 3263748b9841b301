import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CallObservation } from '../decision/route.js';
import { createRouter } from '../decision/router.js';
import { ask, offer, pool, seen } from '../decision/testing/offers.js';
import { mergeHealth, noHealth, readHealth, storedHealth } from './health-sums.js';
import { observeCall } from './observe-call.js';
import { noSilence, outlookOf } from './outlook.js';

const start = Date.UTC(2026, 0, 1);
const router = () =>
  createRouter({ random: () => 0.5, breakers: () => ({ state: 'CLOSED', availableAt: null }) });
const one = offer('a/one');

const someCall = fc.record({
  outcome: fc.constantFrom('answered', 'failed', 'limited', 'slow', 'neutral' as const),
  after: fc.integer({ min: 0, max: 600_000 }),
  totalMs: fc.integer({ min: 1, max: 100_000 }),
  inputTokens: fc.integer({ min: 0, max: 200_000 }),
  outputTokens: fc.integer({ min: 0, max: 10_000 }),
  streamed: fc.boolean(),
});

describe('what is remembered of a deployment', () => {
  const healthOf = (calls: readonly CallObservation[]) => {
    const sums = noHealth(start);
    for (const call of calls.toSorted((a, b) => a.at - b.at)) observeCall(sums, call, priorOutlook, 0);
    return storedHealth(sums);
  };
  const priorOutlook = outlookOf(noHealth(start), noSilence);
  const callOf = ({ after, streamed, ...call }: typeof someCall extends fc.Arbitrary<infer T> ? T : never) =>
    seen('a/one', start + after, { ...call, firstTokenMs: streamed ? Math.min(300, call.totalMs) : null });

  it('is the same, whichever worker saw which call', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(someCall, fc.boolean()), { minLength: 1, maxLength: 40 }), (calls) => {
        const all = calls.map(([call]) => callOf(call));
        const mine = calls.filter(([, isMine]) => isMine).map(([call]) => callOf(call));
        const others = calls.filter(([, isMine]) => !isMine).map(([call]) => callOf(call));
        const merged = mergeHealth(healthOf(mine), healthOf(others));
        expect(mergeHealth(healthOf(others), healthOf(mine)).values).toEqual(merged.values);
        for (const [i, value] of healthOf(all).values.entries())
          expect(merged.values[i]).toBeCloseTo(value, 4);
      }),
    );
  });

  it('comes back from JSON as it was, and not at all from another version', () => {
    const stored = healthOf([seen('a/one', start), seen('a/one', start + 5, { outcome: 'failed' })]);
    const again = readHealth(JSON.parse(JSON.stringify(stored)));
    expect(again && storedHealth(again)).toEqual(stored);
    expect(readHealth({ ...stored, values: [1, 2, 3] })).toBeNull();
  });

  it('stays within reason, whatever was seen', () => {
    fc.assert(
      fc.property(fc.array(someCall, { maxLength: 60 }), (calls) => {
        const sums = readHealth(healthOf(calls.map(callOf)));
        if (sums === null) throw new Error('a snapshot of this version must be readable');
        const outlook = outlookOf(sums, noSilence);
        for (const rate of [outlook.errorRate, outlook.limitRate, outlook.billedShare, outlook.cachedShare]) {
          expect(rate).toBeGreaterThanOrEqual(0);
          expect(rate).toBeLessThanOrEqual(1);
        }
        expect(outlook.firstTokenSeconds).toBeGreaterThan(0);
        expect(outlook.slowTokensPerSecond).toBeGreaterThan(0);
        expect(outlook.slowTokensPerSecond).toBeLessThanOrEqual(outlook.tokensPerSecond);
        expect(Object.values(outlook).every(Number.isFinite)).toBe(true);
      }),
    );
  });
});

describe('the expectation of a deployment', () => {
  it('learns both parts of the time of streamed calls', () => {
    const under = router();
    for (let i = 0; i < 200; i++) under.observed(seen('a/one', start + i * 100));
    const { firstTokenMs, tokensPerSecond } = under.health(one, start + 20_000);
    expect(firstTokenMs.p50).toBeGreaterThan(450);
    expect(firstTokenMs.p50).toBeLessThan(560);
    expect(tokensPerSecond).toBeGreaterThan(95);
    expect(tokensPerSecond).toBeLessThan(105);
  });

  it('learns from calls that were not streamed, too', () => {
    const under = router();
    for (let i = 0; i < 200; i++)
      under.observed(seen('a/one', start + i * 100, { firstTokenMs: null, totalMs: 20_000 }));
    const { firstTokenMs, tokensPerSecond } = under.health(one, start + 20_000);
    const total = firstTokenMs.p50 / 1000 + 200 / tokensPerSecond;
    expect(total).toBeGreaterThan(17);
    expect(total).toBeLessThan(23);
  });

  it('notices a brown-out within seconds, and forgives it within minutes', () => {
    const under = router();
    for (let i = 0; i < 600; i++) under.observed(seen('a/one', start + i * 200));
    const before = start + 120_000;
    const usual = under.health(one, before).firstTokenMs.p50;
    for (let i = 0; i < 80; i++) {
      under.observed(seen('a/one', before + i * 300, { firstTokenMs: 4_000, totalMs: 6_000 }));
      if (i === 20) expect(under.health(one, before + 6_000).firstTokenMs.p50).toBeGreaterThan(1.5 * usual);
    }
    expect(under.health(one, before + 24_000).firstTokenMs.p50).toBeGreaterThan(5 * usual);
    expect(under.health(one, before + 600_000).firstTokenMs.p50).toBeLessThan(1_200);
  });

  it('is not thrown by a single straggler', () => {
    const under = router();
    for (let i = 0; i < 100; i++) under.observed(seen('a/one', start + i * 100));
    under.observed(seen('a/one', start + 10_000, { firstTokenMs: 30_000, totalMs: 32_000 }));
    expect(under.health(one, start + 10_000).firstTokenMs.p50).toBeLessThan(700);
  });

  it('learns how the time grows with the input', () => {
    const under = router();
    for (let i = 0; i < 300; i++) {
      const inputTokens = (i % 10) * 10_000;
      const firstTokenMs = 500 * (1 + 0.1 * (inputTokens / 1000));
      under.observed(
        seen('a/one', start + i * 100, { inputTokens, firstTokenMs, totalMs: firstTokenMs + 2_000 }),
      );
    }
    const long = under.decide(ask([one], { inputTokens: 90_000, timeValue: 1e9 }), start + 30_000);
    // Five seconds to the first token and two of writing, each worth a dollar.
    const seconds = (long.candidates[0]?.terms.time ?? 0) / 0.97;
    expect(seconds).toBeGreaterThan(5.5);
    expect(seconds).toBeLessThan(9);
  });

  it('forgets failures in some minutes', () => {
    const under = router();
    for (let i = 0; i < 50; i++) under.observed(seen('a/one', start, { outcome: 'failed' }));
    expect(under.health(one, start).errorRate).toBeGreaterThan(0.85);
    expect(under.health(one, start + 900_000).errorRate).toBeLessThan(0.05);
  });

  it('tells limits from errors', () => {
    const under = router();
    for (let i = 0; i < 50; i++) under.observed(seen('a/one', start, { outcome: 'limited' }));
    const { errorRate, limitRate } = under.health(one, start);
    expect(errorRate).toBeLessThan(0.05);
    expect(limitRate).toBeGreaterThan(0.85);
  });

  it('suspects one that answers nothing before its callers give up', () => {
    const under = router();
    const other = offer('b/two', { price: { ...one.price!, input: 2e9 } });
    const request = ask([one, other], { timeValue: 1e6 });
    for (let i = 0; i < 30; i++) under.observed(seen('a/one', start + i));
    expect(under.decide(request, start + 1_000).candidates[0]?.deployment.id).toBe('a/one');
    for (let i = 0; i < 10; i++) under.begun('a/one', start + 1_000);
    expect(under.decide(request, start + 30_000).candidates[0]?.deployment.id).toBe('b/two');
    for (let i = 0; i < 10; i++) under.observed(seen('a/one', start + 31_000, { totalMs: 30_000 }));
    expect(under.health(one, start + 32_000).errorRate).toBeLessThan(0.1);
  });

  it('suspects nothing while others are answered', () => {
    const under = router();
    for (let i = 0; i < 10; i++) under.begun('a/one', start);
    under.observed(seen('a/one', start + 29_000));
    expect(under.health(one, start + 30_000).errorRate).toBeLessThan(0.1);
  });
});

describe('limits that nobody has told', () => {
  it('are learnt from refusals: less is drawn for a while', () => {
    const under = router();
    const limited = offer('a/one', { pools: [pool('p')] });
    const request = ask([limited], { timeValue: 0 });
    under.decide(request, start);
    for (let i = 0; i < 100; i++) under.begun('a/one', start + i);
    expect(under.decide(request, start + 200).candidates[0]?.terms.headroom).toBe(0);
    under.observed(seen('a/one', start + 200, { outcome: 'limited', firstTokenMs: null }));
    expect(under.decide(request, start + 300).candidates[0]?.terms.headroom).toBeGreaterThan(0);
    expect(under.decide(request, start + 300_000).candidates[0]?.terms.headroom).toBe(0);
  });
});

describe('workers that share what they see', () => {
  it('come to the same expectation', () => {
    const [mine, other] = [router(), router()];
    mine.decide(ask([one]), start);
    other.decide(ask([one]), start);
    for (let i = 0; i < 40; i++)
      (i % 2 === 0 ? mine : other).observed(seen('a/one', start + i * 50, { outcome: 'failed' }));
    const [fromMine, fromOther] = [mine.report('mine', start + 2_000), other.report('other', start + 2_000)];
    other.merge(JSON.parse(JSON.stringify(fromMine)), start + 2_010);
    mine.merge(JSON.parse(JSON.stringify(fromOther)), start + 2_010);
    const [a, b] = [mine.health(one, start + 2_100), other.health(one, start + 2_100)];
    expect(a.errorRate).toBeCloseTo(b.errorRate, 6);
    expect(a.errorRate).toBeGreaterThan(0.85);
  });

  it('report each call once, and their calls under way each time', () => {
    const under = router();
    under.decide(ask([one]), start);
    under.begun('a/one', start);
    under.observed(seen('a/one', start));
    under.begun('a/one', start);
    expect(Object.keys(under.report('w', start).deployments)).toEqual(['a/one']);
    const again = under.report('w', start);
    expect(again.deployments).toEqual({});
    expect(again.inFlight).toEqual({ 'a/one': 1 });
  });

  it('count the calls of the others, until those fall silent', () => {
    const [mine, other] = [router(), router()];
    other.begun('a/one', start);
    mine.merge(other.report('other', start), start);
    expect(mine.health(one, start).inFlight).toBe(1);
    mine.merge(router().report('third', start + 60_000), start + 60_000);
    expect(mine.health(one, start + 60_000).inFlight).toBe(0);
  });

  it('draw on one pool together', () => {
    const limited = offer('a/one', { pools: [pool('p', { requestsPerMinute: 10 })] });
    const [mine, other] = [router(), router()];
    mine.decide(ask([limited]), start);
    other.decide(ask([limited]), start);
    for (let i = 0; i < 10; i++) other.begun('a/one', start);
    mine.merge(other.report('other', start), start);
    expect(mine.decide(ask([limited]), start).dropped.map((drop) => drop.reason)).toEqual(['pool-exhausted']);
  });

  it('know where each other’s conversations are warm', () => {
    const [mine, other] = [router(), router()];
    const price = { ...one.price!, cacheRead: 1e8 };
    const offers = [offer('a/one', { price: { ...price, input: 1.1e9 } }), offer('b/two', { price })];
    const turn = ask(offers, { inputTokens: 20_000, prefixTokens: 19_000, affinity: 'acme/talk' });
    expect(mine.decide(turn, start).candidates[0]?.deployment.id).toBe('b/two');
    other.observed(seen('a/one', start, { inputTokens: 19_000, affinity: 'acme/talk' }));
    mine.merge(JSON.parse(JSON.stringify(other.report('other', start))), start);
    expect(mine.decide(turn, start + 1_000).candidates[0]?.deployment.id).toBe('a/one');
  });

  it('start with what another has kept', () => {
    const [mine, fresh] = [router(), router()];
    for (let i = 0; i < 40; i++) mine.observed(seen('a/one', start, { outcome: 'failed' }));
    fresh.restore(JSON.parse(JSON.stringify(mine.snapshot(start))));
    expect(fresh.health(one, start).errorRate).toBeCloseTo(mine.health(one, start).errorRate, 6);
  });
});
