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
  readonly costNanos: NanoUsd;
  readonly ms: number;
  readonly finishReason?: string | null | undefined;
  readonly at: number;
}

export interface ModelCallRepository {
  /** Adds the call, once: the same ID again changes nothing. */
  add(call: ModelCall): Promise<void>;
}

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
        cost_nanos: call.costNanos,
        ms: call.ms,
        finish_reason: call.finishReason == null ? null : plainText(call.finishReason),
        at: timeText(call.at),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }

  return { add };
}
