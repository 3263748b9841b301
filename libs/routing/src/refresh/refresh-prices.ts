import { hashOfJson } from '#store';
import type { PriceChangeRow, PriceRepository, PriceRow } from '#store';
import type { JsonValue } from '#contracts';
import type { Catalogue } from '../catalogue/catalogue.js';
import { keyOf } from '../catalogue/price-book.js';
import type { KeptPrice } from '../catalogue/price-book.js';
import { bundledRates } from '../catalogue/price-list.js';
import { priceVersion, ratesJson } from '../catalogue/price-version.js';
import type { Rates } from '../catalogue/price-version.js';
import type { PriceRefresh } from '../settings.js';
import { diffPrices } from './price-diff.js';
import type { PriceDifference, PriceList } from './price-diff.js';
import { readPriceDocument } from './price-document.js';

/** What a refresh works with. */
export interface RefreshParts {
  readonly tenant: string;
  readonly store: PriceRepository;
  readonly catalogue: Catalogue;
  readonly source: PriceRefresh;
  readonly fetchList: (source: PriceRefresh, signal: AbortSignal) => Promise<string>;
  readonly now: () => number;
}

/** What a refresh came to. */
export interface RefreshOutcome {
  readonly applied: number;
  readonly quarantined: number;
  readonly unchanged: number;
}

/**
 * Looks newer prices up: those that moved a little hold from now on, as versions of their own; odd ones wait for a
 * person, and the price before stays in force.
 */
export async function refreshPrices(parts: RefreshParts, signal: AbortSignal): Promise<RefreshOutcome> {
  const { tenant, store, catalogue, source, now } = parts;
  const text = await parts.fetchList(source, signal);
  const at = now();
  const newer = readPriceDocument(text, catalogue.sellers, at);
  const kept = await store.list(tenant);
  const inForce = latestOf(kept);
  const differences = diffPrices(pricesInForce(catalogue.sellers, inForce, at), newer);
  const plain = differences.filter(({ oddities }) => oddities.length === 0);
  const odd = differences.filter(({ oddities }) => oddities.length > 0);
  const place = 'url' in source ? source.url.replace(/[?#].*$/, '') : source.file;
  const added = plain.map((change) => versionOf(change, at, place));
  await store.add(tenant, added);
  await store.quarantine(
    tenant,
    odd.map((change) => ({
      ...modelOf(change.key),
      // Of the price before, not of its figures alone: the same slip may come again after a while.
      id: `change_${hashOfJson([change.key, inForce.get(change.key)?.id ?? null, jsonOf(change.new)]).slice(0, 24)}`,
      oldRates: jsonOf(change.old),
      newRates: jsonOf(change.new),
      oddities: change.oddities,
      source: place,
      foundAt: at,
    })),
  );
  catalogue.takePrices([...kept, ...added].map(keptPrice));
  return {
    applied: plain.length,
    quarantined: odd.length,
    unchanged: newer.size - differences.filter((change) => change.new !== null).length,
  };
}

/** Prices that earlier refreshes brought, as the catalogue takes them. */
export async function loadPrices(
  tenant: string,
  store: PriceRepository,
  catalogue: Catalogue,
): Promise<void> {
  catalogue.takePrices((await store.list(tenant)).map(keptPrice));
}

/** The version that an approved change becomes. */
export function approvedVersion(change: PriceChangeRow, at: number): PriceRow {
  const { seller, model, newRates, source } = change;
  return rowOf({ seller, model }, newRates as Rates | null, at, source);
}

function versionOf(change: PriceDifference, at: number, source: string): PriceRow {
  return rowOf(modelOf(change.key), change.new, at, source);
}

function rowOf(
  named: { readonly seller: string; readonly model: string },
  rates: Rates | null,
  at: number,
  source: string,
): PriceRow {
  const id =
    rates === null
      ? `price_${hashOfJson({ ...named, effectiveFrom: at, rates: null }).slice(0, 24)}`
      : priceVersion(named, rates, at).id;
  return { ...named, id, effectiveFrom: at, rates: jsonOf(rates), source, approvedBy: null };
}

function keptPrice({ seller, model, rates, effectiveFrom, id }: PriceRow): KeptPrice {
  const price = rates === null ? null : { ...readRates(rates), id, effectiveFrom };
  return { seller, model, effectiveFrom, price };
}

/** Rows hold what was written: rates. */
function readRates(rates: JsonValue): Rates {
  return rates as unknown as Rates;
}

function latestOf(kept: readonly PriceRow[]): ReadonlyMap<string, PriceRow> {
  return new Map(kept.map((row) => [keyOf(row), row]));
}

function pricesInForce(
  sellers: readonly string[],
  kept: ReadonlyMap<string, PriceRow>,
  at: number,
): PriceList {
  const prices = new Map(
    sellers.flatMap((seller) =>
      [...bundledRates(seller, at)].map(([model, rates]) => [keyOf({ seller, model }), rates] as const),
    ),
  );
  for (const [key, { rates }] of kept) {
    if (rates === null) prices.delete(key);
    else prices.set(key, readRates(rates));
  }
  return prices;
}

/** Sellers have no colon in their names; models may. */
function modelOf(key: string): { readonly seller: string; readonly model: string } {
  const colon = key.indexOf(':');
  return { seller: key.slice(0, colon), model: key.slice(colon + 1) };
}

function jsonOf(rates: Rates | null): JsonValue {
  return rates === null ? null : ratesJson(rates);
}
