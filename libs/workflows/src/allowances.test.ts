import { describe, expect, it } from '@jest/globals';
import { noUsage } from '#contracts';
import { allot } from './allowances.js';

const batches = [0, 10, 20].map((first) => ({ path: 'm', first, count: 10 }));
const calls = (modelCalls: number) => ({ ...noUsage, modelCalls });

describe('what batches may use of a budget (A11)', () => {
  it('is dealt out in equal shares, never more than is left', () => {
    const given = allot(batches, calls(2), { maxModelCalls: 12 }, []);
    expect(given.map(({ first, allowance }) => [first, allowance.modelCalls])).toEqual([
      [0, 3],
      [10, 3],
      [20, 3],
    ]);
  });

  it('lets no more begin than there is something for', () => {
    const given = allot(batches, calls(10), { maxModelCalls: 12 }, []);
    expect(given.map(({ first, allowance }) => [first, allowance.modelCalls])).toEqual([
      [0, 1],
      [10, 1],
    ]);
    expect(allot(batches, calls(12), { maxModelCalls: 12 }, [])).toEqual([]);
  });

  it('leaves those under way what they have been given', () => {
    const [open, ...rest] = allot(batches.slice(0, 1), noUsage, { maxModelCalls: 5 }, []);
    expect(open?.allowance.modelCalls).toBe(5);
    expect(rest).toEqual([]);
    expect(allot(batches.slice(1), noUsage, { maxModelCalls: 5 }, [open!])).toEqual([]);
    expect(allot(batches.slice(1), noUsage, { maxModelCalls: 7 }, [open!])).toMatchObject([
      { first: 10, allowance: { modelCalls: 1 } },
      { first: 20, allowance: { modelCalls: 1 } },
    ]);
  });

  it('is bounded by the scarcest of the limits, and by none that is not set', () => {
    const budget = { limitNanos: 300, maxTokens: 2 };
    expect(allot(batches, noUsage, budget, [])).toMatchObject([
      { first: 0, allowance: { costNanos: 150, tokens: 1 } },
      { first: 10, allowance: { costNanos: 150, tokens: 1 } },
    ]);
    const [one] = allot(batches, noUsage, { deadline: 1 }, []);
    expect(one?.allowance).toEqual({});
  });
});
