import { createHash } from 'node:crypto';
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4Prompt,
} from '@ai-sdk/provider';
import type { JsonValue } from '#contracts';
import type { CallSummary } from './slim-reply.js';

/** Answers that were given before, of each tenant by itself. */
export interface ResponseCache {
  /** One that is not older than that, in milliseconds since the epoch. */
  find(tenant: string, key: string, notBefore: number): Promise<JsonValue | null>;
  keep(tenant: string, key: string, reply: JsonValue, at: number): Promise<void>;
}

/** What names an answer: the model that was asked for, and everything it was asked. */
export function cacheKey(
  tenant: string,
  model: string,
  prompt: LanguageModelV4Prompt,
  options: LanguageModelV4CallOptions,
): string {
  const { abortSignal: _signal, headers: _headers, providerOptions, ...asked } = options;
  const { nexus: _nexus, ...others } = providerOptions ?? {};
  return createHash('sha256')
    .update(JSON.stringify([tenant, model, { ...asked, prompt, providerOptions: others }]))
    .digest('hex');
}

/** An answer as it is given again: it costs nothing and has used nothing. */
export function fromCache(kept: JsonValue): LanguageModelV4GenerateResult {
  const reply = kept as unknown as LanguageModelV4GenerateResult;
  const summary = reply.providerMetadata?.['nexus'] as unknown as CallSummary;
  const none = { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0 };
  const nexus = { ...summary, costNanos: 0, ms: 0, cached: true };
  return {
    ...reply,
    usage: { inputTokens: none, outputTokens: { total: 0, text: 0, reasoning: 0 } },
    providerMetadata: { ...reply.providerMetadata, nexus },
  };
}

/** Answers in the memory of this process: for tests, and where nothing else is given. */
export function createMemoryCache(): ResponseCache {
  const kept = new Map<string, { readonly reply: JsonValue; readonly at: number }>();
  return {
    async find(_tenant, key, notBefore) {
      const found = kept.get(key);
      return found !== undefined && found.at >= notBefore ? structuredClone(found.reply) : null;
    },
    async keep(_tenant, key, reply, at) {
      kept.set(key, { reply: structuredClone(reply), at });
    },
  };
}
