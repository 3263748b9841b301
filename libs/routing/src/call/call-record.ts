import type { LanguageModelV4FinishReason, LanguageModelV4Usage } from '@ai-sdk/provider';
import { newId } from '#contracts';
import type { NanoUsd } from '#contracts';
import type { Deployment } from '../catalogue/deployment.js';
import { priceOf } from '../catalogue/prices.js';
import { reportedCost } from '../catalogue/reported-cost.js';
import type { NexusCallOptions } from './call-options.js';

/** One call that a provider answered, whether the answer was of use or not: it is billed either way. */
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
  readonly ms: number;
  readonly finishReason: LanguageModelV4FinishReason['unified'];
  /** When the call began, in milliseconds since the epoch. */
  readonly at: number;
}

/** What one answered call amounts to. */
export interface AnsweredCall {
  readonly nexus: NexusCallOptions;
  readonly deployment: Deployment;
  readonly usage: LanguageModelV4Usage;
  readonly finishReason: LanguageModelV4FinishReason;
  readonly startedAt: number;
  readonly endedAt: number;
}

export function recordOf(call: AnsweredCall): ModelCallRecord {
  const { deployment, nexus, usage, startedAt } = call;
  const tokens = {
    inputTokens: usage.inputTokens.total ?? 0,
    outputTokens: usage.outputTokens.total ?? 0,
    cachedTokens: usage.inputTokens.cacheRead ?? 0,
    cacheWriteTokens: usage.inputTokens.cacheWrite ?? 0,
  };
  const charge = priceOf(deployment.price, tokens, reportedCost(deployment, usage));
  return {
    id: newId('call'),
    tenant: nexus.tenant,
    runId: nexus.runId,
    taskPath: nexus.taskPath,
    deployment: deployment.id,
    provider: deployment.provider,
    model: deployment.model,
    ...tokens,
    ...charge,
    ms: call.endedAt - startedAt,
    finishReason: call.finishReason.unified,
    at: startedAt,
  };
}
