import { createAdapters } from '../catalogue/adapters.js';
import type { Deployment, PriceVersion } from '../catalogue/deployment.js';
import { deploymentsFor } from '../catalogue/deployments.js';
import type { Deployment as NamedModel } from '../catalogue/deployments.js';
import { factsOf, priceOf } from '../catalogue/prices.js';
import type { ProviderSettings } from '../settings.js';
import type { CallCatalogue } from './call-catalogue.js';

/** Assumed where the price list does not say. */
const usualContextWindow = 128_000;
const usualMaxOutput = 32_000;

/** One deployment of each configured provider, with the prices that are shipped. */
export function plainCatalogue(settings: ProviderSettings): CallCatalogue {
  return {
    offers: (model) => deploymentsFor(model, settings).map((named) => described(named, settings)),
    cost: (to, tokens, at) => priceOf(to, settings, tokens, at),
    adapter: createAdapters(settings),
  };
}

function described(named: NamedModel, settings: ProviderSettings): Deployment {
  const { provider } = named;
  const facts = factsOf(named, settings, Date.now());
  const pool = {
    requestsPerMinute: null,
    inputTokensPerMinute: null,
    outputTokensPerMinute: null,
    concurrency: null,
  };
  return {
    ...named,
    region: null,
    account: 'default',
    family: named.model,
    grade: null,
    abilities: ['tools', 'structured-output', 'images', 'reasoning', 'streaming'],
    contextWindow: facts.contextWindow ?? usualContextWindow,
    maxOutputTokens: usualMaxOutput,
    price: shippedPrice(facts.inputPrice, facts.outputPrice),
    pools: [{ id: named.id, ...pool }],
    domains: [provider, `${provider}/default`],
  };
}

function shippedPrice(input: number | null, output: number | null): PriceVersion | null {
  if (input === null || output === null) return null;
  return { id: 'shipped', effectiveFrom: 0, input, output, cacheRead: null, cacheWrite: null, request: 0 };
}
