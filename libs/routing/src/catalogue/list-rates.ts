import type { NanoUsd } from '#contracts';
import type { Rates } from './price-version.js';

/** A price per million as lists in the form of genai-prices have it: one figure, or steps by the length of the input. */
export type ListedFigure = number | { readonly base: number; readonly tiers: readonly Step[] } | undefined;

interface Step {
  readonly start: number;
  readonly price: number;
}

type Figures = Readonly<Record<string, ListedFigure>>;

/** The rates of a row of a price list; null when it has no price for text. */
export function ratesOf(figures: Figures): Rates | null {
  const { input_mtok: input, output_mtok: output } = figures;
  if (input === undefined) return null;
  const reading = figures['cache_read_mtok'];
  const writing = figures['cache_write_mtok'];
  const rates = {
    input: nanos(baseOf(input)),
    // Models that give no text, such as those for embeddings, are billed for their input alone.
    output: output === undefined ? 0 : nanos(baseOf(output)),
    cacheRead: reading === undefined ? null : nanos(baseOf(reading)),
    cacheWrite: writing === undefined ? null : nanos(baseOf(writing)),
    request: 0,
  };
  const starts = [input, output, reading, writing].flatMap((figure) => stepsOf(figure));
  if (starts.length === 0) return rates;
  return {
    ...rates,
    beyond: {
      // With several steps the first one gets the prices of the last: rather too dear than too cheap.
      inputTokens: Math.min(...starts.map(({ start }) => start)),
      input: nanos(topOf(input)),
      output: output === undefined ? 0 : nanos(topOf(output)),
      cacheRead: reading === undefined ? null : nanos(topOf(reading)),
      cacheWrite: writing === undefined ? null : nanos(topOf(writing)),
    },
  };
}

function stepsOf(figure: ListedFigure): readonly Step[] {
  return typeof figure === 'object' ? figure.tiers : [];
}

function baseOf(figure: Exclude<ListedFigure, undefined>): number {
  return typeof figure === 'number' ? figure : figure.base;
}

function topOf(figure: Exclude<ListedFigure, undefined>): number {
  return Math.max(baseOf(figure), ...stepsOf(figure).map(({ price }) => price));
}

/** Dollars for a million tokens in nano-dollars: a thousandth of a cent and less is no binary fraction here. */
function nanos(usd: number): NanoUsd {
  return Math.round(usd * 1e9);
}
