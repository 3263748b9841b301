import { formatUsd } from '#contracts';
import type { NanoUsd } from '#contracts';
import { configuredProviders } from '../settings.js';
import type { ProviderSettings } from '../settings.js';
import { deployment, deploymentsFor } from './deployments.js';
import type { Deployment } from './deployments.js';
import { factsOf } from './prices.js';
import { modelTiers, tierId, tierModels } from './tiers.js';

/** A model as people may choose it. */
export interface ListedModel {
  readonly id: string;
  readonly provider: string;
  readonly contextWindow: number;
  readonly abilities: readonly string[];
  /** US dollars per million tokens; null when nobody knows. */
  readonly inputPrice: string | null;
  readonly outputPrice: string | null;
}

/** Assumed where the price list does not say: what every current model offers at least. */
const smallestContextWindow = 128_000;

const abilities = ['text', 'tools', 'structured-output', 'images'] as const;

/** The tiers, each with the facts of what serves it first, and the models behind them. */
export function listModels(settings: ProviderSettings, at: number = Date.now()): readonly ListedModel[] {
  const providers = configuredProviders(settings);
  if (providers.length === 0) return [];
  const tiers = modelTiers.map((tier) => {
    const [first] = deploymentsFor(tierId(tier), settings);
    return listed(tierId(tier), first as Deployment, settings, at);
  });
  const models = providers.flatMap((provider) =>
    modelTiers
      .map((tier) => deployment(provider, tierModels[provider][tier]))
      .map((each) => listed(each.id, each, settings, at)),
  );
  return [...tiers, ...models];
}

function listed(id: string, by: Deployment, settings: ProviderSettings, at: number): ListedModel {
  const facts = factsOf(by, settings, at);
  return {
    id,
    provider: by.provider,
    contextWindow: facts.contextWindow ?? smallestContextWindow,
    abilities,
    inputPrice: dollars(facts.inputPrice),
    outputPrice: dollars(facts.outputPrice),
  };
}

function dollars(nanos: NanoUsd | null): string | null {
  return nanos === null ? null : formatUsd(nanos);
}
