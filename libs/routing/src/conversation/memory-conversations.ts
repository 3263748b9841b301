import type { ConversationKey, ConversationStore, ConversationTurn } from './conversation-store.js';

/** Conversations in memory: for tests and for callers that keep none. */
export function createMemoryConversations(): ConversationStore {
  const turns = new Map<string, Map<string, ConversationTurn>>();
  const of = (key: ConversationKey): Map<string, ConversationTurn> => {
    const name = JSON.stringify([key.tenant, key.runId, key.id]);
    const kept = turns.get(name) ?? new Map<string, ConversationTurn>();
    turns.set(name, kept);
    return kept;
  };
  return {
    load: async (key) => structuredClone([...of(key).values()]),
    append: async (key, turn) => {
      const kept = of(key).get(turn.id) ?? structuredClone(turn);
      of(key).set(turn.id, kept);
      return structuredClone(kept);
    },
  };
}
