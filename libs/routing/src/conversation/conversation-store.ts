import type { JsonValue } from '#contracts';

/** Names a conversation. */
export interface ConversationKey {
  readonly tenant: string;
  readonly runId: string;
  readonly id: string;
}

/** One finished turn: what was new in its prompt, and the answer. Never changed once kept. */
export interface ConversationTurn {
  /** Derived from the conversation, the turn before and the prompt: the same turn again has the same ID. */
  readonly id: string;
  readonly after: string | null;
  readonly prompt: JsonValue;
  readonly reply: JsonValue;
}

/**
 * Where conversations are kept. Turns point to the turn before, so one conversation may branch (a reset or forked
 * workflow takes another way from an earlier turn) and a straggling attempt cannot disturb its successor.
 */
export interface ConversationStore {
  /** Every turn kept for the conversation, in any order. */
  readonly load: (of: ConversationKey) => Promise<readonly ConversationTurn[]>;
  /** Keeps a turn unless its ID is there already; gives the one that is kept. */
  readonly append: (of: ConversationKey, turn: ConversationTurn) => Promise<ConversationTurn>;
}
