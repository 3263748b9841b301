import type { LanguageModelV4GenerateResult } from '@ai-sdk/provider';
import type { ModelCallRecord } from './call-record.js';

/** What a workflow learns about a call from `providerMetadata.nexus`. */
export interface CallSummary {
  readonly deployment: string;
  readonly costNanos: number;
  readonly priced: boolean;
  readonly ms: number;
  /** The turn's ID, when the call was a turn of a kept conversation. */
  readonly turn?: string;
}

/**
 * The reply as it goes into histories: without the request (the whole prompt) and the raw response, and with the
 * summary of the call. Warnings go too: the AI SDK prints them to the console, of workers and workflows alike.
 */
export function slimReply(
  reply: LanguageModelV4GenerateResult,
  record: ModelCallRecord,
  turn: string | null,
): LanguageModelV4GenerateResult {
  const { deployment, costNanos, priced, ms } = record;
  const summary = { deployment, costNanos, priced, ms, ...(turn === null ? {} : { turn }) };
  const { id, modelId } = reply.response ?? {};
  const { raw: _raw, ...usage } = reply.usage;
  return {
    content: reply.content,
    ...(reply.structuredOutputText === undefined ? {} : { structuredOutputText: reply.structuredOutputText }),
    finishReason: reply.finishReason,
    usage,
    providerMetadata: { ...reply.providerMetadata, nexus: summary },
    response: { ...(id === undefined ? {} : { id }), ...(modelId === undefined ? {} : { modelId }) },
    warnings: [],
  };
}
