import { hashOfJson } from '#store';
import type { PriceVersion } from './deployment.js';

/** Prices without the moment from which they hold. */
export type Rates = Omit<PriceVersion, 'id' | 'effectiveFrom'>;

/** What the prices are for. */
export interface PricedModel {
  /** Whose list it is. */
  readonly seller: string;
  readonly model: string;
}

/**
 * A version of a price. Its ID comes from what it says, so that every process, and every release with the same
 * prices, calls it by the same name.
 */
export function priceVersion(
  { seller, model }: PricedModel,
  rates: Rates,
  effectiveFrom: number,
): PriceVersion {
  const hash = hashOfJson({ seller, model, effectiveFrom, ...ratesJson(rates) });
  return { id: `price_${hash.slice(0, 24)}`, effectiveFrom, ...rates };
}

/** The prices as JSON in which the same prices look the same. */
export function ratesJson({ input, output, cacheRead, cacheWrite, request, beyond }: Rates) {
  return {
    input,
    output,
    cacheRead,
    cacheWrite,
    request,
    ...(beyond === undefined ? {} : { beyond: { ...beyond, cacheWrite: beyond.cacheWrite ?? null } }),
  };
}
