import { nexusError } from '#contracts';
import { configuredProviders, providerNames } from '../settings.js';
import type { ProviderName, ProviderSettings } from '../settings.js';
import { modelTiers, tierId, tierModels } from './tiers.js';

/** A model at a provider: what one call goes to. */
export interface Deployment {
  /** `openai:gpt-6-sol` */
  readonly id: string;
  readonly provider: ProviderName;
  readonly model: string;
}

/** The deployments that can answer for a model ID, best first; never empty. */
export function deploymentsFor(modelId: string, settings: ProviderSettings): readonly Deployment[] {
  const configured = configuredProviders(settings);
  if (configured.length === 0) {
    throw nexusError('PROVIDER_UNAVAILABLE', `model ${modelId}: no model provider is configured`, {
      hint: 'set OPENAI_API_KEY, ANTHROPIC_API_KEY or OPENAI_BASE_URL',
    });
  }
  const tier = modelTiers.find((each) => tierId(each) === modelId);
  if (tier !== undefined) {
    return configured.map((provider) => deployment(provider, tierModels[provider][tier]));
  }
  const provider = providerNames.find((name) => modelId.startsWith(`${name}:`));
  const model = provider === undefined ? '' : modelId.slice(provider.length + 1);
  if (provider === undefined || model === '') {
    const known = [...modelTiers.map(tierId), ...configured.map((name) => `${name}:<model>`)];
    throw nexusError('INVALID_INPUT', `model ${modelId} is not known; there are ${known.join(', ')}`, {
      hint: 'name a tier, or a model as provider:model',
    });
  }
  if (!configured.includes(provider)) {
    throw nexusError('PROVIDER_UNAVAILABLE', `model ${modelId}: provider ${provider} is not configured`, {
      hint: `set ${provider.toUpperCase()}_API_KEY, or name a model of ${configured.join(' or ')}`,
    });
  }
  return [deployment(provider, model)];
}

export function deployment(provider: ProviderName, model: string): Deployment {
  return { id: `${provider}:${model}`, provider, model };
}
