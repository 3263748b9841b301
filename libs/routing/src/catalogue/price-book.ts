import type { PriceVersion } from './deployment.js';
import { bundledPrice } from './price-list.js';
import { priceVersion } from './price-version.js';
import type { PricedModel } from './price-version.js';

/** A price that a refresh brought, as it is kept. */
export interface KeptPrice extends PricedModel {
  readonly effectiveFrom: number;
  /** Null: from then on the model is not on the list any more. */
  readonly price: PriceVersion | null;
}

/** What a list says of a model. */
export interface BookEntry {
  readonly price: PriceVersion | null;
  readonly contextWindow: number | null;
  readonly source: PriceSource | null;
}

/** Where a price comes from: the file of `NEXUS_MODELS`, a refresh, or the list that is shipped. */
export type PriceSource = 'file' | 'refreshed' | 'bundled';

export type PriceBook = (seller: string, model: string, at: number) => BookEntry;

/** The shipped price list, and over it the prices that refreshes brought. */
export function createPriceBook(kept: readonly KeptPrice[]): PriceBook {
  const byModel = Map.groupBy(kept, keyOf);
  const lookUp = createLookUp();
  return (seller, model, at) => {
    const listed = lookUp(seller, model, at);
    const contextWindow = listed?.contextWindow ?? null;
    const versions = byModel.get(keyOf({ seller, model: listed?.model ?? model })) ?? [];
    const newest = versions
      .filter(({ effectiveFrom }) => effectiveFrom <= at)
      .reduce<KeptPrice | null>(
        (latest, each) => (latest === null || each.effectiveFrom >= latest.effectiveFrom ? each : latest),
        null,
      );
    if (newest !== null) return { price: newest.price, contextWindow, source: 'refreshed' };
    if (listed?.rates == null) return { price: null, contextWindow, source: null };
    const named = { seller, model: listed.model };
    return {
      price: priceVersion(named, listed.rates, listed.effectiveFrom),
      contextWindow,
      source: 'bundled',
    };
  };
}

/** Names that are kept; whoever may name models may name more than there are. */
const mostKept = 5_000;

/** Looks a model up in the shipped list, once where the answer is always the same: the list is long. */
function createLookUp(): typeof bundledPrice {
  const fixed = new Map<string, ReturnType<typeof bundledPrice>>();
  return (seller, model, at) => {
    const key = keyOf({ seller, model });
    const known = fixed.get(key);
    if (known !== undefined) return known;
    const listed = bundledPrice(seller, model, at);
    if (fixed.size >= mostKept) fixed.clear();
    if (listed?.isDated !== true) fixed.set(key, listed);
    return listed;
  };
}

/** Names a model on its seller's list. */
export function keyOf({ seller, model }: PricedModel): string {
  return `${seller}:${model}`;
}
