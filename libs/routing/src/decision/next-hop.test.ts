import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Blame, nextHop } from './next-hop.js';
import { createRouter } from './router.js';
import { ask, offer, pool } from './testing/offers.js';

const offers = [
  offer('a/one', { family: 'm', domains: ['a', 'a@eu', 'a@eu/key'], pools: [pool('shared')] }),
  offer('a/two', { family: 'm', domains: ['a', 'a@us', 'a@us/key'], pools: [pool('own')] }),
  offer('b/three', { family: 'm', domains: ['b', 'b/key'], pools: [pool('shared')] }),
  offer('c/four', { family: 'n', domains: ['c', 'c/key'], contextWindow: 1_000_000 }),
];
const closed = () => ({ state: 'CLOSED', availableAt: null }) as const;
const { candidates } = createRouter({ random: () => 0, breakers: closed }).decide(ask(offers), 0);
const byName = candidates.toSorted((a, b) => (a.deployment.id < b.deployment.id ? -1 : 1));
const decision = { candidates: byName, dropped: [], retryAt: null };

describe('the next hop', () => {
  it.each<[string, Blame, string | null]>([
    ['itself', { kind: 'deployment' }, 'a/two'],
    ['its provider', { kind: 'domain', name: 'a' }, 'b/three'],
    ['its region', { kind: 'domain', name: 'a@eu' }, 'a/two'],
    ['its key', { kind: 'domain', name: 'a@eu/key' }, 'a/two'],
    ['the quota it shares', { kind: 'pool', name: 'shared' }, 'a/two'],
    ['its model', { kind: 'family' }, 'c/four'],
    ['its context window', { kind: 'context' }, 'c/four'],
  ])('differs in what is to blame: %s', (_, blame, next) => {
    expect(nextHop(decision, [{ deployment: 'a/one', blame }]).candidate?.deployment.id).toBe(next);
  });

  it('adds up what was to blame', () => {
    const tried = [
      { deployment: 'a/one', blame: { kind: 'domain', name: 'a' } },
      { deployment: 'b/three', blame: { kind: 'family' } },
    ] as const;
    expect(nextHop(decision, tried).candidate?.deployment.id).toBe('c/four');
  });

  it('is none when all share the fault, and says of each why', () => {
    const tried = [{ deployment: 'c/four', blame: { kind: 'context' } }] as const;
    const { candidate, dropped } = nextHop(decision, tried);
    expect(candidate).toBeNull();
    expect(dropped.map((one) => [one.deployment, one.reason])).toEqual(
      byName.map(({ deployment }) => [deployment.id, 'tried']),
    );
  });

  it('is never one that was tried', () => {
    const names = byName.map(({ deployment }) => deployment.id);
    fc.assert(
      fc.property(fc.subarray(names), (tried) => {
        const next = nextHop(
          decision,
          tried.map((deployment) => ({ deployment, blame: { kind: 'deployment' } })),
        ).candidate?.deployment.id;
        expect(next).toBe(names.find((name) => !tried.includes(name)));
      }),
    );
  });
});
