import type { JsonValue } from '#contracts';
import type { Database } from './database.js';
import { jsonText, timeText } from './json-text.js';

/** Answers of models that may be given again, by what names their question. */
export interface ModelReplyRepository {
  /** One that was kept not before that moment, in milliseconds since the epoch. */
  find(tenant: string, key: string, notBefore: number): Promise<JsonValue | null>;
  /** Keeps the newest of a key; what nobody can want any more goes. */
  keep(tenant: string, key: string, reply: JsonValue, at: number): Promise<void>;
}

/** Nobody asks for older ones. */
const longestKeptMs = 30 * 86_400_000;

export function createModelReplyRepository({ kysely }: Database): ModelReplyRepository {
  return {
    async find(tenant, key, notBefore) {
      const found = await kysely
        .selectFrom('model_reply')
        .select('reply')
        .where('tenant', '=', tenant)
        .where('key', '=', key)
        .where('at', '>=', timeText(notBefore) as never)
        .executeTakeFirst();
      return found?.reply ?? null;
    },
    async keep(tenant, key, reply, at) {
      const values = { tenant, key, reply: jsonText(reply), at: timeText(at) };
      await kysely
        .insertInto('model_reply')
        .values(values)
        .onConflict((conflict) =>
          conflict.columns(['tenant', 'key']).doUpdateSet({ reply: values.reply, at: values.at }),
        )
        .execute();
      await kysely
        .deleteFrom('model_reply')
        .where('at', '<', timeText(at - longestKeptMs) as never)
        .execute();
    },
  };
}
