import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import type { NanoUsd } from '#contracts';

/** One call that a provider billed, whether its answer was of use or not. */
export interface ModelCallRecord {
  readonly id: string;
  readonly tenant: string;
  readonly runId: string | null;
  readonly taskPath: string | null;
  readonly deployment: string;
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input tokens, those read from the provider's cache. */
  readonly cachedTokens: number;
  /** Of the input tokens, those written to it. */
  readonly cacheWriteTokens: number;
  readonly costNanos: NanoUsd;
  /** False when the model's price is not known; the cost is 0 then. */
  readonly priced: boolean;
  /** The version of the price that the cost was reckoned by; `reported` where the provider said what it charges. */
  readonly priceVersion: string | null;
  /** The provider did not say what was used: it broke off before. */
  readonly estimated?: true;
  readonly ms: number;
  readonly finishReason: LanguageModelV4FinishReason['unified'];
  /** When the call began, in milliseconds since the epoch. */
  readonly at: number;
}
