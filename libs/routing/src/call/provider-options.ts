import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import type { Deployment } from '../catalogue/deployment.js';

/** The call as the provider's adapter gets it: without what is meant for Nexus, with what the provider needs. */
export function providerCall(
  options: LanguageModelV4CallOptions,
  prompt: LanguageModelV4Prompt,
  { to, signal, turn }: { to: Deployment; signal: AbortSignal; turn: boolean },
): LanguageModelV4CallOptions {
  const { nexus: _nexus, ...others } = options.providerOptions ?? {};
  return {
    ...options,
    prompt: turn && to.provider === 'anthropic' ? cachedToTheEnd(prompt) : prompt,
    abortSignal: signal,
    providerOptions: { ...others, ...looseSchemas(to, others) },
  };
}

/** OpenAI's strict mode refuses most schemas that people write; replies are validated here in any case. */
function looseSchemas({ provider }: Deployment, given: SharedV4ProviderOptions): SharedV4ProviderOptions {
  return provider === 'anthropic' ? {} : { [provider]: { strictJsonSchema: false, ...given[provider] } };
}

/** Anthropic caches a prompt only up to a mark; each turn of a conversation reads what the one before left. */
function cachedToTheEnd(prompt: LanguageModelV4Prompt): LanguageModelV4Prompt {
  const last = prompt.at(-1);
  if (last === undefined) return prompt;
  const mark: SharedV4ProviderOptions = { anthropic: { cacheControl: { type: 'ephemeral' } } };
  return [...prompt.slice(0, -1), { ...last, providerOptions: { ...last.providerOptions, ...mark } }];
}
