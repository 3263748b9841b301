import type { ProviderName } from '../settings.js';

/** Grades of quality that plans and agents ask for, so that they need not name a provider's model. */
export const modelTiers = ['small', 'standard', 'large'] as const;
export type ModelTier = (typeof modelTiers)[number];

/** What serves a tier when no catalogue says otherwise. */
export const tierModels: { readonly [name in ProviderName]: { readonly [tier in ModelTier]: string } } = {
  openai: { small: 'gpt-6-luna', standard: 'gpt-6-sol', large: 'gpt-6-astra' },
  anthropic: { small: 'claude-haiku-4-5', standard: 'claude-sonnet-5', large: 'claude-opus-5-5' },
  openrouter: {
    small: 'openai/gpt-6-luna',
    standard: 'anthropic/claude-sonnet-5',
    large: 'anthropic/claude-opus-5.5',
  },
};

/** `nexus:standard`, the name by which a tier is asked for. */
export function tierId(tier: ModelTier): string {
  return `nexus:${tier}`;
}
