import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';

/** What a workflow learns about a call from `providerMetadata.nexus`. */
export interface CallSummary {
  /** Names the call, for those who want to know why it went where it went. */
  readonly call: string;
  readonly deployment: string;
  /** Of all hops, those that failed included. */
  readonly costNanos: number;
  readonly priced: boolean;
  readonly ms: number;
  /** The turn's ID, when the call was a turn of a kept conversation. */
  readonly turn?: string;
  /** The answer was given before. */
  readonly cached?: boolean;
}

/**
 * The reply as it goes into histories: without the request (the whole prompt) and the raw response, and with the
 * summary of the call. Warnings go too: the AI SDK prints them to the console, of workers and workflows alike.
 */
export function slimReply(
  reply: LanguageModelV4GenerateResult,
  summary: CallSummary,
): LanguageModelV4GenerateResult {
  const { id, modelId } = reply.response ?? {};
  const { raw: _raw, ...usage } = reply.usage;
  return {
    content: reply.content,
    ...(reply.structuredOutputText === undefined ? {} : { structuredOutputText: reply.structuredOutputText }),
    finishReason: reply.finishReason,
    usage,
    providerMetadata: { ...reply.providerMetadata, nexus: { ...summary } },
    response: { ...(id === undefined ? {} : { id }), ...(modelId === undefined ? {} : { modelId }) },
    warnings: [],
  };
}
