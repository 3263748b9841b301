import type { NanoUsd } from '#contracts';
import type { Database } from './database.js';
import { plainText, timeText } from './json-text.js';

/** One call of a model, as it was charged. */
export interface ModelCall {
  readonly id: string;
  readonly tenant: string;
  readonly runId: string;
  readonly taskPath?: string | null | undefined;
  readonly deployment: string;
  readonly provider: string;
  readonly model: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  /** Of the input tokens, those that the provider put into its cache. */
  readonly cacheWriteTokens?: number | undefined;
  readonly costNanos: NanoUsd;
  /** What it was reckoned by. */
  readonly priceVersion?: string | null | undefined;
  readonly ms: number;
  readonly finishReason?: string | null | undefined;
  readonly at: number;
}

export interface ModelCallRepository {
  /** Adds the call, once: the same ID again changes nothing. */
  add(call: ModelCall): Promise<void>;
  /** What the calls of a run were charged, and by which prices, in the order of their beginning. */
  charges(tenant: string, runId: string): Promise<ModelCharge[]>;
}

/** What one call was charged. */
export type ModelCharge = Pick<ModelCall, 'id' | 'costNanos' | 'cachedTokens'> & {
  readonly cacheWriteTokens: number;
  /** Null for calls of a model that nobody knows a price of, and from before versions were kept. */
  readonly priceVersion: string | null;
};

export function createModelCallRepository({ kysely }: Database): ModelCallRepository {
  async function add(call: ModelCall): Promise<void> {
    await kysely
      .insertInto('model_call')
      .values({
        id: call.id,
        tenant: call.tenant,
        run_id: call.runId,
        task_path: call.taskPath ?? null,
        deployment: call.deployment,
        provider: call.provider,
        model: call.model,
        input_tokens: call.inputTokens,
        output_tokens: call.outputTokens,
        cached_tokens: call.cachedTokens,
        cache_write_tokens: call.cacheWriteTokens ?? 0,
        cost_nanos: call.costNanos,
        price_version: call.priceVersion ?? null,
        ms: call.ms,
        finish_reason: call.finishReason == null ? null : plainText(call.finishReason),
        at: timeText(call.at),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }

  async function charges(tenant: string, runId: string): Promise<ModelCharge[]> {
    return await kysely
      .selectFrom('model_call')
      .select([
        'id',
        'cost_nanos as costNanos',
        'price_version as priceVersion',
        'cached_tokens as cachedTokens',
        'cache_write_tokens as cacheWriteTokens',
      ])
      .where('tenant', '=', tenant)
      .where('run_id', '=', runId)
      .orderBy('at')
      .orderBy('id')
      .execute();
  }

  return { add, charges };
}
