import type { LanguageModelUsage, ProviderMetadata } from 'ai';
import type { Usage } from '#contracts';
import type { CallSummary } from '../call/slim-reply.js';

/** What one call used, as the AI SDK reports it and as Nexus priced it. */
export function usageOf(usage: LanguageModelUsage, metadata: ProviderMetadata | undefined): Usage {
  const summary = metadata?.['nexus'] as unknown as CallSummary | undefined;
  return {
    inputTokens: usage.inputTokens ?? 0,
    outputTokens: usage.outputTokens ?? 0,
    cachedTokens: usage.inputTokenDetails.cacheReadTokens ?? 0,
    modelCalls: summary?.cached ? 0 : 1,
    toolCalls: 0,
    costNanos: summary?.costNanos ?? 0,
  };
}
