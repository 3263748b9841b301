import type { VariableReader } from './environment.js';
import type { Secret } from './secret.js';
import { HttpUrl, SecretText } from './value-schemas.js';

/** How a model provider is reached; with neither it is not used. */
export interface ProviderSettings {
  readonly apiKey?: Secret | undefined;
  readonly baseUrl?: string | undefined;
}

/** The prefixes are those that each provider's own SDK reads. */
const prefixes = {
  openai: 'OPENAI',
  anthropic: 'ANTHROPIC',
  google: 'GOOGLE_GENERATIVE_AI',
  openrouter: 'OPENROUTER',
} as const;

export type ProviderName = keyof typeof prefixes;
export type Providers = { readonly [name in ProviderName]?: ProviderSettings };

/** The providers for which there is a key or an address. */
export function readProviders(reader: VariableReader): Providers {
  const configured = Object.entries(prefixes).flatMap(([name, prefix]) => {
    const apiKey = reader.read(`${prefix}_API_KEY`, SecretText, '');
    const baseUrl = reader.read(
      `${prefix}_BASE_URL`,
      HttpUrl,
      'Give it with scheme and path, as the provider does.',
    );
    return apiKey || baseUrl ? [[name, { apiKey, baseUrl }] as const] : [];
  });
  return Object.fromEntries(configured);
}
