import type { BuiltInProvider } from '../settings.js';

/** Grades of quality that plans and agents ask for, so that they need not name a provider's model; lowest first. */
export const modelTiers = ['fast', 'standard', 'best'] as const;
export type ModelTier = (typeof modelTiers)[number];

/** What serves a tier when no catalogue says otherwise. */
export const tierModels: { readonly [name in BuiltInProvider]: { readonly [tier in ModelTier]: string } } = {
  openai: { fast: 'gpt-6-luna', standard: 'gpt-6-sol', best: 'gpt-6-astra' },
  anthropic: { fast: 'claude-haiku-4-5', standard: 'claude-sonnet-5', best: 'claude-opus-5-5' },
  google: { fast: 'gemini-3.1-flash-lite', standard: 'gemini-3.8-flash', best: 'gemini-3.1-pro-preview' },
  openrouter: {
    fast: 'openai/gpt-6-luna',
    standard: 'anthropic/claude-sonnet-5',
    best: 'anthropic/claude-opus-5.5',
  },
};

/** `nexus:standard`, the name by which a tier is asked for. */
export function tierId(tier: ModelTier): string {
  return `nexus:${tier}`;
}

/** The grade that a tier asks for, from 1. */
export function gradeOf(tier: ModelTier): number {
  return modelTiers.indexOf(tier) + 1;
}
