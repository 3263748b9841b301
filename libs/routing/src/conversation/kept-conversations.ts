import { nexusError } from '#contracts';
import type { JsonValue } from '#contracts';
import type { ConversationKey, ConversationStore, ConversationTurn } from './conversation-store.js';

/** Keeps messages by run, path and turn; what is there already stays as it is. */
export interface MessageRepository {
  append(
    tenant: string,
    runId: string,
    path: string,
    turn: number,
    messages: readonly JsonValue[],
  ): Promise<void>;
  load(tenant: string, runId: string, path: string): Promise<JsonValue[]>;
}

/** Conversations in a repository of messages: each turn is one message, whose place follows from its ID. */
export function createKeptConversations(repository: MessageRepository): ConversationStore {
  const load = async ({ tenant, runId, id }: ConversationKey): Promise<ConversationTurn[]> =>
    (await repository.load(tenant, runId, id)) as unknown as ConversationTurn[];
  return {
    load,
    async append(of, turn) {
      const message = { ...turn } as { [key: string]: JsonValue };
      await repository.append(of.tenant, of.runId, of.id, placeOf(turn.id), [message]);
      const kept = (await load(of)).find(({ id }) => id === turn.id);
      if (kept !== undefined) return kept;
      throw nexusError('INTERNAL', `conversation ${of.id}: turn ${turn.id} was not kept, its place is taken`);
    },
  };
}

/** 31 bits of the ID: branches of a conversation, which share their depth, must not share a place. */
function placeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8), 16) >>> 1;
}
