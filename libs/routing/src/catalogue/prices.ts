import type { NanoUsd } from '#contracts';
import type { PriceVersion } from './deployment.js';

export interface TokenCounts {
  /** All tokens of the prompt, those read from and written to the provider's cache included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
}

export interface Charge {
  readonly costNanos: NanoUsd;
  /** False when nobody knows what the model costs; the cost is 0 then. */
  readonly priced: boolean;
  /** The version of the price that it was reckoned by; null without one. */
  readonly priceVersion: string | null;
}

/** Stands for a price version where the provider itself said what it charges. */
export const reportedPrice = 'reported';

/** Rates are per million tokens. */
const perTokens = 1_000_000n;

/** What a call cost, by the price that held when it began, or as the provider says; rounded up once. */
export function priceOf(
  price: PriceVersion | null,
  tokens: TokenCounts,
  reported: NanoUsd | null = null,
): Charge {
  if (reported !== null) return { costNanos: reported, priced: true, priceVersion: reportedPrice };
  if (price === null) return { costNanos: 0, priced: false, priceVersion: null };
  return { costNanos: costOf(price, tokens), priced: true, priceVersion: price.id };
}

function costOf(price: PriceVersion, tokens: TokenCounts): NanoUsd {
  const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens } = tokens;
  const { beyond } = price;
  const rates = beyond !== undefined && inputTokens > beyond.inputTokens ? beyond : price;
  const plain = Math.max(0, inputTokens - cachedTokens - cacheWriteTokens);
  // A long call times a rate leaves the range in which numbers are exact.
  const parts = [
    [plain, rates.input],
    [cachedTokens, rates.cacheRead ?? rates.input],
    [cacheWriteTokens, rates.cacheWrite ?? rates.input],
    [outputTokens, rates.output],
  ] as const;
  const millionths = parts.reduce((sum, [count, rate]) => sum + BigInt(count) * BigInt(rate), 0n);
  return Number((millionths + perTokens - 1n) / perTokens) + price.request;
}
