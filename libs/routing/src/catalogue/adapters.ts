import { createAnthropic } from '@ai-sdk/anthropic';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4, LanguageModelV4Usage, ProviderV4 } from '@ai-sdk/provider';
import { nexusError } from '#contracts';
import type { ProviderApi } from '../settings.js';
import type { Account } from './accounts.js';
import { domainsOf } from './accounts.js';
import type { Deployment } from './deployment.js';

/** Opens deployments as AI SDK models. Every address and key is given, so that none comes from the environment. */
export function createAdapters(accounts: readonly Account[]): (to: Deployment) => LanguageModelV4 {
  const known = new Map(accounts.map((account) => [doorOf(account), account]));
  const opened = new Map<string, ProviderV4>();
  return (to) => {
    const door = doorOf({ ...to, name: to.account });
    const account = known.get(door);
    if (account === undefined) throw nexusError('INTERNAL', `deployment ${to.id} has no account`);
    const provider = opened.get(door) ?? open[account.api](account);
    opened.set(door, provider);
    return provider.languageModel(to.model);
  };
}

function doorOf(place: Pick<Account, 'provider' | 'region' | 'name'>): string {
  return domainsOf(place).at(-1) ?? place.provider;
}

/** An endpoint without keys of its own still gets the header that the adapter insists on. */
const noKey = 'none';

const open: { readonly [api in ProviderApi]: (account: Account) => ProviderV4 } = {
  openai: (account) => {
    const { apiKey, baseUrl = 'https://api.openai.com/v1' } = account;
    if (!isOpenAi(baseUrl)) return compatible(account, baseUrl);
    return createOpenAI({ apiKey: apiKey?.reveal() ?? '', baseURL: baseUrl });
  },
  anthropic: ({ apiKey, baseUrl }) =>
    createAnthropic({
      apiKey: apiKey?.reveal() ?? noKey,
      baseURL: baseUrl ?? 'https://api.anthropic.com/v1',
    }),
  google: ({ apiKey, baseUrl }) =>
    createGoogleGenerativeAI({
      apiKey: apiKey?.reveal() ?? noKey,
      baseURL: baseUrl ?? 'https://generativelanguage.googleapis.com/v1beta',
    }),
  openrouter: (account) => compatible(account, account.baseUrl ?? 'https://openrouter.ai/api/v1'),
  'openai-compatible': (account) => compatible(account, account.baseUrl ?? ''),
};

/** OpenAI itself, whichever region; anything else at its address is a server that speaks its chat completions. */
function isOpenAi(baseUrl: string): boolean {
  const host = URL.parse(baseUrl)?.hostname ?? '';
  return host === 'api.openai.com' || host.endsWith('.api.openai.com');
}

/** Any server that speaks OpenAI's chat completions. */
function compatible({ provider, api, apiKey }: Account, baseURL: string): ProviderV4 {
  return createOpenAICompatible({
    name: provider,
    baseURL,
    ...(apiKey === undefined ? {} : { apiKey: apiKey.reveal() }),
    includeUsage: true,
    supportsStructuredOutputs: true,
    convertUsage,
    transformRequestBody: (body) => {
      const named = nameTokenLimit(body);
      // Asks OpenRouter for what the call costs; others would refuse the field.
      return api === 'openrouter' ? { ...named, usage: { include: true } } : named;
    },
  });
}

/** OpenAI's own reasoning models, met behind a gateway, refuse `max_tokens`; most other servers know only that. */
function nameTokenLimit(body: Record<string, unknown>): Record<string, unknown> {
  const { max_tokens: limit, ...rest } = body;
  const ownName = /^(o\d|gpt-[5-9])/.test(String(body['model']));
  return limit === undefined || !ownName ? body : { ...rest, max_completion_tokens: limit };
}

/** As chat completions report it. Writes to the cache, which are dearer than reading, are told apart too. */
function convertUsage(usage: ChatUsage): LanguageModelV4Usage {
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage ?? {};
  const total = usage?.prompt_tokens ?? undefined;
  const cacheRead = prompt?.cached_tokens ?? 0;
  const cacheWrite = count(prompt?.['cache_write_tokens']);
  const output = usage?.completion_tokens ?? undefined;
  const reasoning = completion?.reasoning_tokens ?? undefined;
  return {
    inputTokens: {
      total,
      noCache: total === undefined ? undefined : Math.max(0, total - cacheRead - (cacheWrite ?? 0)),
      cacheRead,
      cacheWrite,
    },
    outputTokens: {
      total: output,
      text: output === undefined ? undefined : Math.max(0, output - (reasoning ?? 0)),
      reasoning,
    },
    ...(usage == null ? {} : { raw: usage as NonNullable<LanguageModelV4Usage['raw']> }),
  };
}

type ChatUsage = Parameters<NonNullable<Parameters<typeof createOpenAICompatible>[0]['convertUsage']>>[0];

function count(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}
