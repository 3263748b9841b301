import type {
  LanguageModelV4CallOptions,
  LanguageModelV4Prompt,
  SharedV4ProviderOptions,
} from '@ai-sdk/provider';
import { apiOf } from '../catalogue/deployment.js';
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
    prompt: turn && apiOf(to) === 'anthropic' ? cachedToTheEnd(prompt) : prompt,
    abortSignal: signal,
    providerOptions: { ...others, ...looseSchemas(to, others) },
  };
}

/** OpenAI's strict mode refuses most schemas that people write; replies are validated here in any case. */
function looseSchemas(to: Deployment, given: SharedV4ProviderOptions): SharedV4ProviderOptions {
  const api = apiOf(to);
  if (api === 'anthropic' || api === 'google') return {};
  // OpenAI's own adapter reads its options by its own name, the others by the provider's.
  const names = [...new Set(api === 'openai' ? [api, to.provider] : [to.provider])];
  return Object.fromEntries(names.map((name) => [name, { strictJsonSchema: false, ...given[name] }]));
}

/** Anthropic caches a prompt only up to a mark; each turn of a conversation reads what the one before left. */
function cachedToTheEnd(prompt: LanguageModelV4Prompt): LanguageModelV4Prompt {
  const last = prompt.at(-1);
  if (last === undefined) return prompt;
  const mark: SharedV4ProviderOptions = { anthropic: { cacheControl: { type: 'ephemeral' } } };
  return [...prompt.slice(0, -1), { ...last, providerOptions: { ...last.providerOptions, ...mark } }];
}
