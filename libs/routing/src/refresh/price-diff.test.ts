import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Rates } from '../catalogue/price-version.js';
import { diffPrices } from './price-diff.js';

const rates = (changes: Partial<Rates> = {}): Rates => ({
  input: 2e9,
  output: 10e9,
  cacheRead: 0.2e9,
  cacheWrite: null,
  request: 0,
  ...changes,
});

const list = (of: Rates | null) => new Map(of === null ? [] : [['seller:m', of]]);
const between = (old: Rates | null, newer: Rates | null) => diffPrices(list(old), list(newer));

describe('what a newer list changes', () => {
  it('is nothing where the prices are the same', () => {
    expect(between(rates(), rates())).toEqual([]);
  });

  it.each<[string, Rates | null, Rates | null, readonly string[]]>([
    ['a quarter more', rates(), rates({ input: 2.5e9 }), []],
    ['a quarter less', rates(), rates({ input: 1.5e9 }), []],
    ['more than a quarter more', rates(), rates({ input: 2.500_000_001e9 }), ['too-large']],
    ['more than a quarter less', rates(), rates({ output: 7.4e9 }), ['too-large']],
    ['a price of the cache by half', rates(), rates({ cacheRead: 0.1e9 }), ['too-large']],
    ['zero', rates(), rates({ input: 0 }), ['zero']],
    ['below zero', rates(), rates({ input: -1 }), ['negative']],
    ['off the list', rates(), null, ['vanished']],
    ['a price of the cache gone', rates(), rates({ cacheRead: null }), ['vanished']],
    ['a price of the cache come', rates(), rates({ cacheWrite: 2.5e9 }), []],
    ['new on the list', null, rates(), []],
    ['new on the list, for nothing', null, rates({ input: 0, output: 0 }), ['zero']],
    ['for nothing, as before', rates({ input: 0, cacheRead: null }), rates({ input: 0 }), []],
    ['for nothing no more', rates({ input: 0 }), rates(), ['too-large']],
    ['a request that costs', rates(), rates({ request: 5 }), ['too-large']],
    [
      'a step that doubles',
      rates({ beyond: { inputTokens: 9, input: 1e9, output: 1e9, cacheRead: null } }),
      rates({ beyond: { inputTokens: 9, input: 2e9, output: 1e9, cacheRead: null } }),
      ['too-large'],
    ],
    [
      'all at once',
      rates(),
      rates({ input: -5, output: 0, cacheRead: 9e9 }),
      ['negative', 'zero', 'too-large'],
    ],
  ])('%s', (_, old, newer, oddities) => {
    expect(between(old, newer)).toEqual([{ key: 'seller:m', old, new: newer, oddities }]);
  });

  it('never lets a price through that moves by more than a quarter, is not above zero, or is gone', () => {
    const price = fc.integer({ min: -10, max: 1_000 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000 }), fc.option(price), (was, is) => {
        const newer = is === null ? null : rates({ input: is });
        const [change] = between(rates({ input: was }), newer);
        const passes = change === undefined || change.oddities.length === 0;
        const isFine = is !== null && is > 0 && Math.abs(is - was) <= was / 4;
        expect(passes).toBe(isFine);
      }),
    );
  });
});
