import type { Failure, JsonValue, NanoUsd } from '#contracts';
import type { Database } from './database.js';
import { jsonText, timeText } from './json-text.js';

/** A call of a model, answered or not, and why it went where it went. */
export interface RoutedCallRow {
  readonly id: string;
  readonly tenant: string;
  readonly runId: string;
  readonly taskPath: string | null;
  /** As it was asked for. */
  readonly model: string;
  readonly status: string;
  readonly deployment: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly costNanos: NanoUsd;
  readonly at: number;
  readonly ms: number;
  readonly error: Failure | null;
  readonly retryAt: number | null;
  readonly trace: JsonValue;
}

export interface RoutedCallRepository {
  /** Adds the call, once: the same ID again changes nothing. */
  add(call: RoutedCallRow): Promise<void>;
  get(tenant: string, id: string): Promise<RoutedCallRow | null>;
  /** The newest calls of a task, in the order in which they were made. */
  ofTask(tenant: string, runId: string, path: string, most: number): Promise<RoutedCallRow[]>;
}

export function createRoutedCallRepository({ kysely }: Database): RoutedCallRepository {
  const rows = () =>
    kysely
      .selectFrom('routed_call')
      .select([
        'id',
        'tenant',
        'run_id as runId',
        'task_path as taskPath',
        'model',
        'status',
        'deployment',
        'input_tokens as inputTokens',
        'output_tokens as outputTokens',
        'cached_tokens as cachedTokens',
        'cost_nanos as costNanos',
        'at',
        'ms',
        'error',
        'retry_at as retryAt',
        'trace',
      ]);

  return {
    async add({ runId, taskPath, inputTokens, outputTokens, cachedTokens, costNanos, retryAt, ...call }) {
      const { id, tenant, model, status, deployment, ms } = call;
      const values = {
        id,
        tenant,
        run_id: runId,
        task_path: taskPath,
        model,
        status,
        deployment,
        input_tokens: inputTokens,
        output_tokens: outputTokens,
        cached_tokens: cachedTokens,
        cost_nanos: costNanos,
        at: timeText(call.at),
        ms,
        error: call.error === null ? null : jsonText(call.error),
        retry_at: retryAt === null ? null : timeText(retryAt),
        trace: jsonText(call.trace),
      };
      const once = kysely.insertInto('routed_call').values(values);
      await once.onConflict((conflict) => conflict.column('id').doNothing()).execute();
    },
    async get(tenant, id) {
      const found = await rows().where('tenant', '=', tenant).where('id', '=', id).executeTakeFirst();
      return found ?? null;
    },
    async ofTask(tenant, runId, path, most) {
      const newest = await rows()
        .where('run_id', '=', runId)
        .where('tenant', '=', tenant)
        .where('task_path', '=', path)
        .orderBy('at', 'desc')
        .orderBy('id', 'desc')
        .limit(most)
        .execute();
      return newest.reverse();
    },
  };
}
