import type { NanoUsd } from '#contracts';
import type { Rates } from '../catalogue/price-version.js';

/** Prices of a list, by seller and model. */
export type PriceList = ReadonlyMap<string, Rates>;

/** What makes a change too odd to be taken over without a person. */
export type Oddity = 'too-large' | 'zero' | 'negative' | 'vanished';

/** A model whose price is another one in the newer list; null where a list does not have it. */
export interface PriceDifference {
  /** As in the lists. */
  readonly key: string;
  readonly old: Rates | null;
  readonly new: Rates | null;
  /** None: the change is taken over as it is. */
  readonly oddities: readonly Oddity[];
}

/** A price that moves by more than this share is looked at by a person. */
export const largestShare = 0.25;

/** What a newer list changes, in the order of the keys; equal prices are not mentioned. */
export function diffPrices(old: PriceList, newer: PriceList): readonly PriceDifference[] {
  const keys = [...new Set([...old.keys(), ...newer.keys()])].sort();
  return keys.flatMap((key) => {
    const [before, after] = [old.get(key) ?? null, newer.get(key) ?? null];
    const oddities = oddnessOf(before, after);
    return isEqual(before, after) ? [] : [{ key, old: before, new: after, oddities }];
  });
}

function oddnessOf(old: Rates | null, after: Rates | null): readonly Oddity[] {
  if (after === null) return old === null ? [] : ['vanished'];
  const before = old === null ? null : figuresOf(old);
  const found = new Set<Oddity>();
  for (const [name, value] of Object.entries(figuresOf(after))) {
    const was = before?.[name] ?? null;
    if (value === null) {
      if (was !== null) found.add('vanished');
      continue;
    }
    if (value < 0) found.add('negative');
    // A call that costs nothing is no bargain but a slip: nothing would hold a budget then.
    else if (value === 0 && isPrice(name) && was !== 0) found.add('zero');
    else if (was !== null && Math.abs(value - was) > was * largestShare) found.add('too-large');
  }
  return [...found];
}

function isPrice(name: string): boolean {
  return name !== 'request' && name !== 'beyondTokens';
}

type Figures = Readonly<Record<string, NanoUsd | null>>;

function figuresOf({ input, output, cacheRead, cacheWrite, request, beyond }: Rates): Figures {
  return {
    input,
    output,
    cacheRead,
    cacheWrite,
    request,
    beyondTokens: beyond?.inputTokens ?? null,
    beyondInput: beyond?.input ?? null,
    beyondOutput: beyond?.output ?? null,
    beyondCacheRead: beyond?.cacheRead ?? null,
    beyondCacheWrite: beyond?.cacheWrite ?? null,
  };
}

function isEqual(one: Rates | null, other: Rates | null): boolean {
  if (one === null || other === null) return one === other;
  const [left, right] = [figuresOf(one), figuresOf(other)];
  return Object.keys(left).every((name) => left[name] === right[name]);
}
