import { describe, expect, it } from '@jest/globals';
import type { PriceVersion } from './deployment.js';
import { priceOf } from './prices.js';
import { reportedCost } from './reported-cost.js';

const none = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0 };
/** 2 and 10 dollars per million, 0.2 for reads and 2.5 for writes of the cache. */
const sonnet: PriceVersion = {
  id: 'price_1',
  effectiveFrom: 0,
  input: 2e9,
  output: 10e9,
  cacheRead: 0.2e9,
  cacheWrite: 2.5e9,
  request: 0,
};

describe('the price of a call', () => {
  it('takes tokens read from and written to the cache at their own prices, and names the version', () => {
    const tokens = { inputTokens: 1_000, cachedTokens: 600, cacheWriteTokens: 300, outputTokens: 1 };
    expect(priceOf(sonnet, tokens)).toEqual({
      costNanos: 100 * 2_000 + 600 * 200 + 300 * 2_500 + 10_000,
      priced: true,
      priceVersion: 'price_1',
    });
  });

  it('takes them as any other where the list has no price for them', () => {
    const plain = { ...sonnet, cacheRead: null, cacheWrite: null };
    const tokens = { ...none, inputTokens: 1_000, cachedTokens: 600, cacheWriteTokens: 300 };
    expect(priceOf(plain, tokens).costNanos).toBe(1_000 * 2_000);
  });

  it('is rounded up once, in whole nano-dollars', () => {
    // 0.0004 dollars per million are 0.4 nano-dollars a token.
    const tiny = { ...sonnet, input: 400_000, output: 400_000, cacheRead: 400_000 };
    expect(priceOf(tiny, { ...none, inputTokens: 1, outputTokens: 1 }).costNanos).toBe(1);
    expect(priceOf(tiny, { ...none, inputTokens: 2, cachedTokens: 1, outputTokens: 1 }).costNanos).toBe(2);
    expect(priceOf(tiny, { ...none, inputTokens: 5 }).costNanos).toBe(2);
  });

  it('is exact where numbers are not', () => {
    const dear = { ...sonnet, input: 15_000_000_001 };
    expect(priceOf(dear, { ...none, inputTokens: 1_000_000 }).costNanos).toBe(15_000_000_001);
    expect(priceOf(dear, { ...none, inputTokens: 999_999 }).costNanos).toBe(14_999_985_001);
  });

  it('is another one for the whole request once its input is long', () => {
    const steps = {
      ...sonnet,
      beyond: { inputTokens: 200_000, input: 4e9, output: 15e9, cacheRead: 0.4e9, cacheWrite: 5e9 },
    };
    expect(priceOf(steps, { ...none, inputTokens: 200_000 }).costNanos).toBe(200_000 * 2_000);
    expect(priceOf(steps, { ...none, inputTokens: 200_001, outputTokens: 1 }).costNanos).toBe(
      200_001 * 4_000 + 15_000,
    );
  });

  it('has the price of the request itself', () => {
    expect(priceOf({ ...sonnet, request: 5_000 }, none).costNanos).toBe(5_000);
  });

  it('is what the provider says where it says it, and unknown where nobody does', () => {
    expect(priceOf(sonnet, { ...none, inputTokens: 9 }, 77)).toEqual({
      costNanos: 77,
      priced: true,
      priceVersion: 'reported',
    });
    expect(priceOf(null, { ...none, inputTokens: 9 })).toEqual({
      costNanos: 0,
      priced: false,
      priceVersion: null,
    });
  });
});

describe('what a provider says that a call cost', () => {
  const usage = (raw: object) => ({
    inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
    outputTokens: { total: 1, text: 1, reasoning: 0 },
    raw: raw as never,
  });
  const reported = (raw: object, provider = 'openrouter') => reportedCost({ provider }, usage(raw));

  it.each([
    [{ cost: 0.00014 }, 140_000],
    [{ cost: 0 }, 0],
    // Binary fractions: 0.1 + 0.2 dollars are 300,000,000 nano-dollars and nothing more.
    [{ cost: 0.1 + 0.2 }, 300_000_000],
    [{ cost: 0.000001, is_byok: true, cost_details: { upstream_inference_cost: 0.00002 } }, 21_000],
    [{ cost: 0.000001, is_byok: false, cost_details: { upstream_inference_cost: 0.00002 } }, 1_000],
    [{}, null],
    [{ cost: '0.1' }, null],
    [{ cost: -1 }, null],
  ])('%j: %s nano-dollars', (raw, nanos) => {
    expect(reported(raw)).toBe(nanos);
  });

  it('is heard from OpenRouter alone', () => {
    expect(reported({ cost: 0.1 }, 'openai')).toBeNull();
  });
});
