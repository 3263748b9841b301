import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Deployment } from '../catalogue/deployment.js';
import type { DropReason, RouteRequest } from './route.js';
import { createRouter, type RouterDeps } from './router.js';
import { ask, offer, pool, price, seen } from './testing/offers.js';

const start = Date.UTC(2026, 0, 1);
const closed = () => ({ state: 'CLOSED', availableAt: null }) as const;
const router = (more: Partial<RouterDeps> = {}) =>
  createRouter({ random: () => 0.5, breakers: closed, ...more });
const order = (of: ReturnType<typeof router>, request: RouteRequest, now = start) =>
  of.decide(request, now).candidates.map(({ deployment }) => deployment.id);

describe('the hard filters', () => {
  const openUntil = (availableAt: number | null) => () => ({ state: 'OPEN', availableAt }) as const;
  const cases: [
    DropReason,
    Partial<Deployment>,
    Partial<RouteRequest>,
    Partial<RouterDeps>,
    number | null,
  ][] = [
    ['not-allowed', {}, {}, { refusal: () => 'data stays in the EU' }, null],
    ['no-ability', {}, { abilities: ['images'] }, {}, null],
    ['context-too-small', { contextWindow: 3_000 }, {}, {}, null],
    ['context-too-small', { maxOutputTokens: 1_999 }, {}, {}, null],
    ['grade-too-low', { grade: 1 }, {}, { floor: () => 2 }, null],
    ['breaker-open', {}, {}, { breakers: openUntil(start + 7_000) }, start + 7_000],
    ['breaker-open', {}, {}, { breakers: openUntil(null) }, null],
    ['over-budget', {}, { remaining: 9_049_999 }, {}, null],
    ['no-price', { price: null }, { remaining: 1e12 }, {}, null],
  ];
  it.each(cases)('%s: %j %j', (reason, deployment, request, deps, retryAt) => {
    const decision = router(deps).decide(ask([offer('a/one', deployment)], request), start);
    expect(decision.candidates).toEqual([]);
    expect(decision.dropped.map((one) => [one.deployment, one.reason])).toEqual([['a/one', reason]]);
    expect(decision.dropped[0]?.detail).not.toBe('');
    expect(decision.retryAt).toBe(retryAt);
  });

  it('lets pass what just fits', () => {
    const fits = offer('a/one', { contextWindow: 3_050, maxOutputTokens: 2_000 });
    // 1,050 tokens of input and 2,000 of output at their prices.
    const decision = router().decide(ask([fits], { remaining: 9_050_000 }), start);
    expect(decision.candidates.map(({ worst }) => worst)).toEqual([9_050_000]);
  });

  it('answers with the earliest moment, whatever else is in the way for good', () => {
    const until: Record<string, number> = { 'a/one': start + 9_000, 'b/two': start + 4_000 };
    const offers = [offer('a/one'), offer('b/two'), offer('c/three', { contextWindow: 10 })];
    const breakers = (id: string) => ({ state: 'OPEN', availableAt: until[id] ?? null }) as const;
    expect(router({ breakers }).decide(ask(offers), start).retryAt).toBe(start + 4_000);
  });

  it('names no moment while something is left', () => {
    const breakers = (id: string) =>
      ({ state: id === 'a/one' ? 'OPEN' : 'CLOSED', availableAt: start + 1 }) as const;
    expect(router({ breakers }).decide(ask([offer('a/one'), offer('b/two')]), start).retryAt).toBeNull();
  });

  it('keeps the quickest where all are too slow, and drops the others', () => {
    const under = router();
    for (let i = 0; i < 50; i++) {
      under.observed(seen('a/one', start + i, { firstTokenMs: 20_000, totalMs: 22_000 }));
      under.observed(seen('b/two', start + i, { firstTokenMs: 9_000, totalMs: 11_000 }));
    }
    const request = ask([offer('a/one'), offer('b/two')], { deadlineMs: 2_000 });
    const decision = under.decide(request, start + 50);
    expect(decision.candidates.map(({ deployment }) => deployment.id)).toEqual(['b/two']);
    expect(decision.dropped.map((one) => one.reason)).toEqual(['too-slow']);
  });

  it('keeps away from a pool that is drawn out, until it has room', () => {
    const limited = offer('a/one', { pools: [pool('p', { requestsPerMinute: 10 })] });
    const under = router();
    under.decide(ask([limited]), start);
    for (let i = 0; i < 10; i++) under.begun('a/one', start);
    const decision = under.decide(ask([limited]), start);
    expect(decision.dropped.map((one) => one.reason)).toEqual(['pool-exhausted']);
    expect(decision.retryAt).toBeGreaterThan(start);
    for (let i = 0; i < 10; i++) under.observed(seen('a/one', start + 2_000));
    expect(order(under, ask([limited]), start + 120_000)).toEqual(['a/one']);
  });

  it('lets no more calls in than may run at once', () => {
    const limited = offer('a/one', { pools: [pool('p', { concurrency: 2 })] });
    const under = router();
    under.decide(ask([limited]), start);
    under.begun('a/one', start);
    under.begun('a/one', start);
    expect(order(under, ask([limited]))).toEqual([]);
    under.observed(seen('a/one', start + 1));
    expect(order(under, ask([limited]), start + 1)).toEqual(['a/one']);
  });
});

describe('what was limited', () => {
  const offers = [
    offer('a/one', { pools: [pool('shared')], domains: ['a', 'a/key'] }),
    offer('a/two', { pools: [pool('shared')], domains: ['a', 'a/other'] }),
    offer('b/three'),
  ];

  it.each([
    ['shared', ['b/three']],
    ['a/key', ['a/two', 'b/three']],
    ['a', ['b/three']],
    ['b/three', ['a/one', 'a/two']],
  ])('keeps away from everything that is called %s', (name, left) => {
    const under = router();
    order(under, ask(offers));
    under.limited(name, start + 5_000);
    expect(order(under, ask(offers)).toSorted()).toEqual(left);
    expect(order(under, ask(offers), start + 5_000)).toHaveLength(3);
  });

  it('never comes back earlier than it was once told', () => {
    const under = router();
    under.limited('b/three', start + 60_000);
    under.limited('b/three', start + 1_000);
    expect(under.decide(ask([offer('b/three')]), start).retryAt).toBe(start + 60_000);
  });

  it('is gone for good when it is disabled, until that is lifted', () => {
    const under = router();
    under.limited('b/three', Infinity);
    const decision = under.decide(ask([offer('b/three')]), start);
    expect(decision.dropped.map((one) => one.reason)).toEqual(['disabled']);
    expect(decision.retryAt).toBeNull();
    under.limited('b/three', 0);
    expect(order(under, ask([offer('b/three')]))).toEqual(['b/three']);
  });
});

describe('the score', () => {
  it('has terms that add up, in dollars', () => {
    const offers = [offer('a/one'), offer('b/two', { price: price(2e9, 8e9) })];
    for (const { terms } of router().decide(ask(offers), start).candidates) {
      const { cost, time, failure, headroom, deadline, ahead = 0, total } = terms;
      expect(cost + time + failure + headroom + deadline + ahead).toBeCloseTo(total, 12);
    }
    // 1,000 tokens at a dollar a million and 200 at four, times the chance that it succeeds.
    const [first] = router().decide(ask(offers), start).candidates;
    expect(first?.terms.cost).toBeCloseTo(0.0018 * 0.98 * 0.99, 9);
  });

  it('takes the cheaper of two that are equal otherwise', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e10 }), fc.integer({ min: 1, max: 1e10 }), (one, other) => {
        const offers = [
          offer('a/one', { price: price(one, one) }),
          offer('b/two', { price: price(other, other) }),
        ];
        const [first] = router({ constants: { temperature: 0 } }).decide(ask(offers), start).candidates;
        expect(first?.deployment.price?.input).toBe(Math.min(one, other));
      }),
    );
  });

  it('pays for speed what a second is worth, and no more', () => {
    const under = router();
    const offers = [offer('a/cheap'), offer('b/quick', { price: price(2e9, 8e9) })];
    for (let i = 0; i < 50; i++) {
      under.observed(seen('a/cheap', start, { totalMs: 6_000, firstTokenMs: 4_000 }));
      under.observed(seen('b/quick', start, { totalMs: 1_000, firstTokenMs: 200 }));
    }
    // It costs $0.0018 more and saves five seconds.
    expect(order(under, ask(offers, { timeValue: 100_000 }))[0]).toBe('a/cheap');
    expect(order(under, ask(offers, { timeValue: 1_000_000 }))[0]).toBe('b/quick');
  });

  it('takes long inputs at the price of long inputs', () => {
    const beyond = { inputTokens: 100_000, input: 9e9, output: 9e9, cacheRead: null };
    const offers = [
      offer('a/steps', { price: price(1e9, 4e9, { beyond }) }),
      offer('b/flat', { price: price(2e9, 8e9) }),
    ];
    expect(order(router(), ask(offers))[0]).toBe('a/steps');
    expect(order(router(), ask(offers, { inputTokens: 150_000 }))[0]).toBe('b/flat');
  });

  it('is not moved by a candidate that nobody would take', () => {
    const some = fc.record({
      input: fc.integer({ min: 1e8, max: 1e10 }),
      firstTokenMs: fc.integer({ min: 50, max: 20_000 }),
      failures: fc.integer({ min: 0, max: 20 }),
    });
    fc.assert(
      fc.property(fc.array(some, { minLength: 2, maxLength: 8 }), some, (all, irrelevant) => {
        const build = (facts: typeof all) => {
          const under = router({ constants: { temperature: 0 } });
          const offers = facts.map(({ input, firstTokenMs, failures }, i) => {
            const id = `p${i}/m`;
            for (let n = 0; n < 20; n++)
              under.observed(
                n < failures
                  ? seen(id, start, { outcome: 'failed', firstTokenMs: null, outputTokens: 0 })
                  : seen(id, start, { firstTokenMs, totalMs: firstTokenMs + 2_000 }),
              );
            return offer(id, { price: price(input, input) });
          });
          return order(under, ask(offers), start + 10);
        };
        const dearest = { ...irrelevant, input: 1e12, firstTokenMs: 30_000 };
        const others = build([...all, dearest]).filter((id) => id !== `p${all.length}/m`);
        expect(others).toEqual(build(all));
      }),
    );
  });

  it('puts what has no price behind what has one', () => {
    const offers = [offer('a/unknown', { price: null }), offer('b/dear', { price: price(9e9, 9e9) })];
    expect(order(router(), ask(offers))).toEqual(['b/dear', 'a/unknown']);
  });

  it('leaves one that fails again and again', () => {
    const under = router();
    const offers = [offer('a/cheap'), offer('b/dear', { price: price(1.2e9, 4.8e9) })];
    expect(order(under, ask(offers))[0]).toBe('a/cheap');
    for (let i = 0; i < 8; i++)
      under.observed(seen('a/cheap', start + i, { outcome: 'slow', totalMs: 20_000, firstTokenMs: null }));
    expect(order(under, ask(offers), start + 8)[0]).toBe('b/dear');
  });

  it('counts a wait that was given up as no more than it was', () => {
    const under = router();
    const one = offer('a/one');
    for (let i = 0; i < 200; i++)
      under.observed(seen('a/one', start, { outcome: 'slow', totalMs: 5_000, firstTokenMs: null }));
    expect(under.health(one, start).firstTokenMs.p50).toBeLessThan(6_000);
    expect(under.health(one, start).firstTokenMs.p50).toBeGreaterThan(4_000);
  });

  it('keeps away from a pool that is nearly drawn out', () => {
    const under = router();
    const full = offer('a/one', { pools: [pool('p', { requestsPerMinute: 100 })] });
    const offers = [full, offer('b/two', { price: price(1.1e9, 4.4e9) })];
    const request = ask(offers, { timeValue: 0 });
    expect(order(under, request)[0]).toBe('a/one');
    for (let i = 0; i < 95; i++) under.begun('a/one', start);
    for (let i = 0; i < 95; i++) under.observed(seen('a/one', start));
    expect(order(under, request)[0]).toBe('b/two');
  });
});

describe('a conversation', () => {
  const offers = [
    offer('a/one', { price: price(1e9, 4e9, { cacheRead: 1e8 }) }),
    offer('b/two', { price: price(0.9e9, 3.6e9, { cacheRead: 0.9e8 }) }),
  ];
  const turn = ask(offers, { inputTokens: 20_000, prefixTokens: 19_000, affinity: 'acme/talk' });

  it('stays where its beginning is cached, as long as that is so', () => {
    const under = router();
    expect(order(under, turn)[0]).toBe('b/two');
    under.observed(seen('a/one', start, { inputTokens: 19_000, affinity: 'acme/talk' }));
    expect(order(under, turn, start + 60_000)[0]).toBe('a/one');
    expect(order(under, { ...turn, affinity: 'acme/other' }, start + 60_000)[0]).toBe('b/two');
    expect(order(under, turn, start + 301_000)[0]).toBe('b/two');
  });

  it('begins where its next turns will be cheap', () => {
    const keeping = offer('a/keeps', { price: price(1.1e9, 4e9, { cacheRead: 1e8 }) });
    const forgetting = offer('b/forgets', { price: price(1e9, 4e9) });
    const both = ask([keeping, forgetting], { inputTokens: 20_000 });
    expect(order(router(), both)[0]).toBe('b/forgets');
    expect(order(router(), { ...both, affinity: 'acme/talk' })[0]).toBe('a/keeps');
  });

  it('leaves when its place is broken', () => {
    const broken = (id: string) =>
      ({ state: id === 'a/one' ? 'OPEN' : 'CLOSED', availableAt: null }) as const;
    const under = router({ breakers: broken });
    under.observed(seen('a/one', start, { inputTokens: 19_000, affinity: 'acme/talk' }));
    expect(order(under, turn)).toEqual(['b/two']);
  });

  it('learns that a provider caches nothing', () => {
    const under = router();
    for (let i = 0; i < 30; i++)
      under.observed(seen('a/one', start + i * 3_000, { inputTokens: 19_000, affinity: 'acme/talk' }));
    const learnt = under.decide(turn, start + 90_000).candidates.find((one) => one.deployment.id === 'a/one');
    expect(learnt?.terms.cost).toBeGreaterThan(0.019);
  });
});

describe('the choice', () => {
  /** The same numbers for the same seed: multiplicative, good enough for a test. */
  const seeded = (seed: number) => {
    let state = seed * 2_654_435_761 + 1;
    return () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
  };
  const firsts = (under: ReturnType<typeof router>, request: RouteRequest, times = 4_000) => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < times; i++) {
      const [first] = order(under, request, start + i);
      counts[first ?? ''] = (counts[first ?? ''] ?? 0) + 1;
    }
    return counts;
  };

  it('spreads calls over those that are as good, and leaves those that are not', () => {
    const offers = [offer('a/one'), offer('b/two'), offer('c/dear', { price: price(3e9, 9e9) })];
    const counts = firsts(router({ random: seeded(1) }), ask(offers));
    expect(counts['a/one']).toBeGreaterThan(1_500);
    expect(counts['b/two']).toBeGreaterThan(1_500);
    expect(counts['c/dear'] ?? 0).toBe(0);
  });

  it('prefers the replica with the shorter queue', () => {
    const offers = [offer('a/one', { family: 'm' }), offer('b/two', { family: 'm' })];
    const under = router({ random: seeded(2) });
    order(under, ask(offers));
    under.begun('a/one', start);
    const counts = firsts(under, ask(offers));
    expect(counts['b/two']).toBeGreaterThan((counts['a/one'] ?? 0) * 2);
  });

  it('tries others out, seldom, and says so', () => {
    const offers = [offer('a/one'), offer('b/two', { price: price(2e9, 8e9) })];
    const under = router({ random: seeded(3) });
    const tried = Array.from({ length: 4_000 }, (_, i) =>
      under.decide(ask(offers, { explores: true }), start + i),
    ).filter(({ candidates }) => candidates[0]?.explored === true);
    expect(tried.length).toBeGreaterThan(2);
    expect(tried.length).toBeLessThan(80);
    expect(tried.every(({ candidates }) => candidates[0]?.deployment.id === 'b/two')).toBe(true);
  });

  it.each<[string, Partial<RouteRequest>]>([
    ['in a tool loop', { explores: false }],
    ['when the budget is nearly spent', { explores: true, remaining: 20_000_000 }],
    ['when there is no time for it', { explores: true, deadlineMs: 20_000 }],
  ])('tries nothing out %s', (_, more) => {
    const offers = [offer('a/one'), offer('b/two', { price: price(2e9, 8e9) })];
    expect(firsts(router({ random: seeded(4) }), ask(offers, more))).toEqual({ 'a/one': 4_000 });
  });

  it('probes one that may be back, although its score is still bad', () => {
    const offers = [offer('a/one'), offer('b/two', { price: price(2e9, 8e9) })];
    const breakers = (id: string) =>
      ({ state: id === 'b/two' ? 'HALF_OPEN' : 'CLOSED', availableAt: null }) as const;
    const counts = firsts(router({ random: seeded(5), breakers }), ask(offers, { explores: true }));
    expect(counts['b/two']).toBeGreaterThan(200);
    expect(counts['b/two']).toBeLessThan(600);
  });

  it('is the same for the same seed', () => {
    const offers = [offer('a/one'), offer('b/two'), offer('c/three')];
    const run = () => {
      const under = router({ random: seeded(6) });
      return Array.from({ length: 50 }, (_, i) => order(under, ask(offers, { explores: true }), start + i));
    };
    expect(run()).toEqual(run());
  });
});

it('accounts for every offer: a candidate that passes all filters, or dropped with a reason', () => {
  const someOffer = fc.record({
    contextWindow: fc.constantFrom(2_000, 200_000),
    grade: fc.constantFrom(1, 2, null),
    price: fc.constantFrom(price(1e9, 4e9), price(5e10, 9e10), null),
    abilities: fc.constantFrom(['tools'] as const, ['tools', 'images'] as const),
  });
  const someBreaker = fc.constantFrom(
    { state: 'CLOSED', availableAt: null } as const,
    { state: 'OPEN', availableAt: start + 10 } as const,
    { state: 'HALF_OPEN', availableAt: null } as const,
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(someOffer, someBreaker), { maxLength: 12 }),
      fc.constantFrom(null, 1e7, 1e10),
      fc.constantFrom(null, 1, 60_000),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (all, remaining, deadlineMs, random) => {
        const offers = all.map(([facts], i) => offer(`p${i}/m`, facts));
        const breakers = (id: string) => all[offers.findIndex((one) => one.id === id)]?.[1] ?? closed();
        const under = router({ breakers, floor: () => 2, random: () => random.next().value ?? 0 });
        const request = ask(offers, { abilities: ['images'], remaining, deadlineMs, explores: true });
        const { candidates, dropped, retryAt } = under.decide(request, start);
        const named = [
          ...candidates.map((one) => one.deployment.id),
          ...dropped.map((one) => one.deployment),
        ];
        expect(named.toSorted()).toEqual(offers.map((one) => one.id).toSorted());
        for (const { deployment, worst } of candidates) {
          expect(deployment.contextWindow).toBeGreaterThan(3_000);
          expect(deployment.grade).not.toBe(1);
          expect(deployment.abilities).toContain('images');
          expect(breakers(deployment.id).state).not.toBe('OPEN');
          if (remaining !== null)
            expect([deployment.price === null, worst > remaining]).toEqual([false, false]);
        }
        for (const { reason, detail } of dropped) expect(reason !== undefined && detail !== '').toBe(true);
        const times = dropped.flatMap(({ availableAt }) => availableAt ?? []);
        const expected = candidates.length > 0 || times.length === 0 ? null : Math.min(...times);
        expect(retryAt).toBe(expected);
      },
    ),
  );
});
