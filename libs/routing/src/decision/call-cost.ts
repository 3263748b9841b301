import type { NanoUsd } from '#contracts';
import type { PriceVersion } from '../catalogue/deployment.js';
import type { RouteRequest } from './route.js';

/** From nano-dollars per million tokens to dollars per token. */
const perToken = 1e-15;
/** Token counts before the call are estimates. */
const inputMargin = 1.05;

/**
 * What a call is expected to cost, in dollars. Of its input, `cached` tokens are read from the provider's cache and `written` ones
 * are put into it.
 */
export function expectedCost(
  price: PriceVersion,
  input: number,
  cached: number,
  written: number,
  output: number,
): number {
  const { beyond } = price;
  const long = beyond !== undefined && input > beyond.inputTokens;
  const inputPrice = long ? beyond.input : price.input;
  const outputPrice = long ? beyond.output : price.output;
  const readPrice = (long ? beyond.cacheRead : price.cacheRead) ?? inputPrice;
  const writePrice = Math.max(writing(price, long) ?? inputPrice, inputPrice);
  const nanos =
    (input - cached - written) * inputPrice +
    cached * readPrice +
    written * writePrice +
    output * outputPrice;
  return nanos * perToken + price.request * 1e-9;
}

function writing({ beyond, cacheWrite }: PriceVersion, long: boolean): NanoUsd | null {
  return long ? (beyond?.cacheWrite ?? cacheWrite) : cacheWrite;
}

/** The most that the call may cost: nothing cached, all of it written to the cache, as many tokens as it may write. */
export function worstCost(price: PriceVersion, request: RouteRequest): NanoUsd {
  const input = Math.ceil(request.inputTokens * inputMargin);
  const { beyond } = price;
  const long = beyond !== undefined && input > beyond.inputTokens;
  const inputPrice = Math.max(long ? beyond.input : price.input, writing(price, long) ?? 0);
  const outputPrice = long ? beyond.output : price.output;
  return Math.ceil((input * inputPrice + request.maxOutputTokens * outputPrice) / 1e6) + price.request;
}
