import { calcPrice, findProvider } from '@pydantic/genai-prices';
import { ratesOf } from './list-rates.js';
import type { ListedFigure } from './list-rates.js';
import type { Rates } from './price-version.js';

type Figures = Readonly<Record<string, ListedFigure>>;

/** Prices that hold from a day on, or at some hours of the day. */
interface DatedPrices {
  readonly constraint?: { readonly start_date: string } | { readonly start_time: string } | null | undefined;
  readonly prices: Figures;
}

/** A model of a list in the form of genai-prices. */
export interface ListRow {
  readonly id: string;
  readonly prices: DatedPrices[] | Figures;
}

/** What the list that comes with the product says of a model. */
export interface ListedModelPrice {
  /** As the list calls it: several names may stand for one model. */
  readonly model: string;
  readonly contextWindow: number | null;
  readonly rates: Rates | null;
  readonly effectiveFrom: number;
  /** Whether it differs from day to day, or from hour to hour. */
  readonly isDated: boolean;
}

/** Looks a model up by any name that its seller takes; null when it is not on the list. */
export function bundledPrice(seller: string, model: string, at: number): ListedModelPrice | null {
  const found = calcPrice({}, model, { providerId: seller, timestamp: new Date(at) });
  if (found === null) return null;
  return {
    model: found.model.id,
    contextWindow: found.model.context_window ?? null,
    rates: ratesOf(found.model_price),
    effectiveFrom: activeSince(found.model.prices, at),
    isDated: Array.isArray(found.model.prices),
  };
}

/** Every model on a seller's list with its prices, those that hold at that time. */
export function bundledRates(seller: string, at: number): ReadonlyMap<string, Rates> {
  return ratesOfModels(findProvider({ providerId: seller })?.models ?? [], at);
}

/** The prices of a list in the form of genai-prices. Prices by the time of day are not versions: their base is taken. */
export function ratesOfModels(models: readonly ListRow[], at: number): ReadonlyMap<string, Rates> {
  const priced = models.flatMap(({ id, prices }) => {
    const rates = ratesOf(active(prices, at));
    return rates === null ? [] : [[id, rates] as const];
  });
  return new Map(priced);
}

/** Whose price list holds at an address that may belong to another seller who speaks the same protocol. */
export function sellerAt(baseUrl: string): string | null {
  return findProvider({ providerApiUrl: baseUrl })?.id ?? null;
}

function active(prices: ListRow['prices'], at: number): Figures {
  if (!Array.isArray(prices)) return prices;
  const started = prices.filter(({ constraint }) => startOf(constraint, at) <= at);
  return started.at(-1)?.prices ?? {};
}

function activeSince(prices: ListRow['prices'], at: number): number {
  if (!Array.isArray(prices)) return 0;
  const starts = prices.map(({ constraint }) => startOf(constraint, at)).filter((start) => start <= at);
  return Math.max(0, ...starts);
}

function startOf(constraint: DatedPrices['constraint'], at: number): number {
  if (constraint == null) return 0;
  return 'start_date' in constraint ? Date.parse(constraint.start_date) : at + 1;
}
