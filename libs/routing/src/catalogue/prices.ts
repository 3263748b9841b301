import { calcPrice, findProvider } from '@pydantic/genai-prices';
import type { NanoUsd } from '#contracts';
import type { ProviderSettings } from '../settings.js';
import type { Deployment } from './deployments.js';

export interface TokenCounts {
  /** All tokens of the prompt, the cached ones included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
}

export interface Price {
  readonly costNanos: NanoUsd;
  /** False when nobody knows what the model costs; the cost is 0 then. */
  readonly priced: boolean;
}

export interface ModelFacts {
  readonly contextWindow: number | null;
  /** Nano-dollars per million tokens, at the first step where prices have steps. */
  readonly inputPrice: NanoUsd | null;
  readonly outputPrice: NanoUsd | null;
}

const noTokens: TokenCounts = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0 };

/** What a call cost, from the prices shipped with the product; rounded up once. */
export function priceOf(to: Deployment, settings: ProviderSettings, tokens: TokenCounts, at: number): Price {
  const found = lookUp(to, settings, tokens, at);
  return found === null
    ? { costNanos: 0, priced: false }
    : { costNanos: toNanos(found.total_price), priced: true };
}

/** What the price list says about a model. */
export function factsOf(to: Deployment, settings: ProviderSettings, at: number): ModelFacts {
  const found = lookUp(to, settings, noTokens, at);
  return {
    contextWindow: found?.model.context_window ?? null,
    inputPrice: perMillion(found?.model_price['input_mtok']),
    outputPrice: perMillion(found?.model_price['output_mtok']),
  };
}

function lookUp(to: Deployment, settings: ProviderSettings, tokens: TokenCounts, at: number) {
  const usage = {
    input_tokens: tokens.inputTokens,
    output_tokens: tokens.outputTokens,
    cache_read_tokens: tokens.cachedTokens,
    cache_write_tokens: tokens.cacheWriteTokens,
  };
  return calcPrice(usage, to.model, { providerId: sellerOf(to, settings), timestamp: new Date(at) });
}

/** Whose price list holds: a base URL may belong to another seller that speaks the same protocol. */
function sellerOf(to: Deployment, settings: ProviderSettings): string {
  const baseUrl = settings[to.provider]?.baseUrl;
  const seller = baseUrl === undefined ? undefined : findProvider({ providerApiUrl: baseUrl });
  return seller?.id ?? to.provider;
}

/** Decimals beyond a thousandth of a nano-dollar are noise of binary fractions, not money. */
function toNanos(usd: number): NanoUsd {
  return Math.ceil(Number((usd * 1e9).toFixed(3)));
}

function perMillion(price: number | { base: number } | undefined): NanoUsd | null {
  if (price === undefined) return null;
  return toNanos(typeof price === 'number' ? price : price.base);
}
