import type { JsonValue } from '#contracts';
import type { Database } from './database.js';
import { jsonText } from './json-text.js';

export interface ConversationRepository {
  /** Keeps an agent's messages of one turn. A turn that is there already stays as it is. */
  append(
    tenant: string,
    runId: string,
    path: string,
    turn: number,
    messages: readonly JsonValue[],
  ): Promise<void>;
  /** All messages, in the order of the turns. */
  load(tenant: string, runId: string, path: string): Promise<JsonValue[]>;
}

export function createConversationRepository({ kysely }: Database): ConversationRepository {
  async function append(
    tenant: string,
    runId: string,
    path: string,
    turn: number,
    messages: readonly JsonValue[],
  ): Promise<void> {
    await kysely
      .insertInto('conversation')
      .values({ tenant, run_id: runId, path, turn, messages: jsonText(messages) })
      .onConflict((conflict) => conflict.columns(['run_id', 'path', 'turn']).doNothing())
      .execute();
  }

  async function load(tenant: string, runId: string, path: string): Promise<JsonValue[]> {
    const rows = await kysely
      .selectFrom('conversation')
      .select('messages')
      .where('run_id', '=', runId)
      .where('path', '=', path)
      .where('tenant', '=', tenant)
      .orderBy('turn')
      .execute();
    return rows.flatMap(({ messages }) => messages);
  }

  return { append, load };
}
