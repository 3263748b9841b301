import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4, ProviderV4 } from '@ai-sdk/provider';
import type { ProviderAccess, ProviderName, ProviderSettings, Secret } from '../settings.js';
import type { Deployment } from './deployments.js';

/** Opens deployments as AI SDK models. Every address and key is given, so that none comes from the environment. */
export function createAdapters(settings: ProviderSettings): (to: Deployment) => LanguageModelV4 {
  const opened = new Map<ProviderName, ProviderV4>();
  return (to) => {
    const provider = opened.get(to.provider) ?? open[to.provider](settings[to.provider] ?? {});
    opened.set(to.provider, provider);
    return provider.languageModel(to.model);
  };
}

const open: { readonly [name in ProviderName]: (access: ProviderAccess) => ProviderV4 } = {
  openai: ({ apiKey, baseUrl }) =>
    baseUrl === undefined
      ? createOpenAI({ apiKey: apiKey?.reveal() ?? '', baseURL: 'https://api.openai.com/v1' })
      : compatible('openai', baseUrl, apiKey),
  anthropic: ({ apiKey, baseUrl }) =>
    createAnthropic({
      // An endpoint without keys of its own still gets the header that the adapter insists on.
      apiKey: apiKey?.reveal() ?? 'none',
      baseURL: baseUrl ?? 'https://api.anthropic.com/v1',
    }),
  openrouter: ({ apiKey, baseUrl }) =>
    compatible('openrouter', baseUrl ?? 'https://openrouter.ai/api/v1', apiKey),
};

/** Any server that speaks OpenAI's chat completions. */
function compatible(name: ProviderName, baseURL: string, apiKey: Secret | undefined): ProviderV4 {
  return createOpenAICompatible({
    name,
    baseURL,
    ...(apiKey === undefined ? {} : { apiKey: apiKey.reveal() }),
    includeUsage: true,
    supportsStructuredOutputs: true,
    transformRequestBody: (body) => nameTokenLimit(body),
  });
}

/** OpenAI's own reasoning models, met behind a gateway, refuse `max_tokens`; most other servers know only that. */
function nameTokenLimit(body: Record<string, unknown>): Record<string, unknown> {
  const { max_tokens: limit, ...rest } = body;
  const ownName = /^(o\d|gpt-[5-9])/.test(String(body['model']));
  return limit === undefined || !ownName ? body : { ...rest, max_completion_tokens: limit };
}
