import { nexusError } from '#contracts';
import { z } from 'zod';
import { keyOf } from '../catalogue/price-book.js';
import { ratesOfModels } from '../catalogue/price-list.js';
import type { Rates } from '../catalogue/price-version.js';
import type { PriceList } from './price-diff.js';

/** Dollars for a million tokens; what is beyond all reason is a fault of the list. */
const Dollars = z.number().min(-1e6).max(1e6);

const Figure = z.union([
  Dollars,
  z.object({ base: Dollars, tiers: z.array(z.object({ start: z.int().min(0), price: Dollars })) }),
]);

const Constraint = z.union([
  z.object({ start_date: z.string() }),
  z.object({ start_time: z.string(), end_time: z.string() }),
]);

// Units that a list may have and calls of language models do not are passed over.
const Row = z.record(z.string(), z.unknown()).transform((row, context) =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) => {
      if (!name.endsWith('_mtok')) return [];
      const figure = Figure.safeParse(value);
      if (figure.success) return [[name, figure.data]];
      context.addIssue({ code: 'custom', path: [name], message: 'is no price' });
      return [];
    }),
  ),
);

const Model = z.object({
  id: z.string().min(1).max(300),
  prices: z.preprocess(
    (given) => (Array.isArray(given) ? given : [{ prices: given }]),
    z.array(z.object({ constraint: Constraint.nullish(), prices: Row })),
  ),
});

/** A list as the genai-prices project publishes it; what is not about prices is passed over. */
const PriceDocument = z
  .array(z.object({ id: z.string().min(1).max(300), models: z.array(Model).max(20_000) }))
  .min(1, 'it has no seller')
  .max(1_000);

/** The prices of these sellers in a downloaded list, those that hold at that time; faults are told by their place. */
export function readPriceDocument(text: string, sellers: readonly string[], at: number): PriceList {
  const read = PriceDocument.safeParse(jsonOf(text));
  if (!read.success) {
    const faults = read.error.issues.slice(0, 3).map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw nexusError('INVALID_INPUT', `the price list cannot be used: ${faults.join('; ')}`, { hint });
  }
  const wanted = read.data.filter(({ id }) => sellers.includes(id));
  const rates = wanted.flatMap(({ id: seller, models }) =>
    [...ratesOfModels(models, at)].map(([model, each]): [string, Rates] => [keyOf({ seller, model }), each]),
  );
  return new Map(rates);
}

const hint = 'refresh takes lists in the form of prices/data.json of genai-prices';

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw nexusError('INVALID_INPUT', 'the price list is not JSON', { hint });
  }
}
