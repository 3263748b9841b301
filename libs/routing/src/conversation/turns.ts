import { createHash } from 'node:crypto';
import type { LanguageModelV4GenerateResult, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { nexusError } from '#contracts';
import type { JsonValue } from '#contracts';
import { assistantMessage } from './assistant-message.js';
import type { ConversationKey, ConversationStore, ConversationTurn } from './conversation-store.js';

/** A turn that is about to be asked, or was answered before. */
export interface OpenTurn {
  readonly id: string;
  /** How many turns came before. */
  readonly index: number;
  /** The whole conversation up to and with this turn's messages. */
  readonly prompt: LanguageModelV4Prompt;
  /** The answer kept when this very turn was asked before. */
  readonly kept: LanguageModelV4GenerateResult | null;
  /** Keeps the answer; gives the one that counts, which an earlier attempt may have kept first. */
  readonly close: (reply: LanguageModelV4GenerateResult) => Promise<LanguageModelV4GenerateResult>;
}

export async function openTurn(
  store: ConversationStore,
  key: ConversationKey,
  after: string | null,
  prompt: LanguageModelV4Prompt,
): Promise<OpenTurn> {
  const turns = new Map((await store.load(key)).map((turn) => [turn.id, turn]));
  const before = chain(turns, after, key);
  const id = turnId(key, after, prompt);
  return {
    id,
    index: before.length,
    prompt: [
      ...before.flatMap((turn) => [...promptOf(turn), assistantMessage(replyOf(turn).content)]),
      ...prompt,
    ],
    kept: turns.has(id) ? replyOf(turns.get(id) as ConversationTurn) : null,
    close: async (reply) => {
      const turn = {
        id,
        after,
        prompt: prompt as unknown as JsonValue,
        reply: reply as unknown as JsonValue,
      };
      return replyOf(await store.append(key, turn));
    },
  };
}

function chain(
  turns: ReadonlyMap<string, ConversationTurn>,
  last: string | null,
  key: ConversationKey,
): readonly ConversationTurn[] {
  const found: ConversationTurn[] = [];
  for (let id = last; id !== null;) {
    const turn = turns.get(id);
    if (turn === undefined) {
      throw nexusError(
        'INTERNAL',
        `conversation ${key.id}: turn ${id} is not kept, so the next one cannot be asked`,
      );
    }
    found.unshift(turn);
    id = turn.after;
  }
  return found;
}

function turnId(key: ConversationKey, after: string | null, prompt: LanguageModelV4Prompt): string {
  return createHash('sha256')
    .update(JSON.stringify([key.tenant, key.runId, key.id, after, prompt]))
    .digest('hex')
    .slice(0, 32);
}

function promptOf(turn: ConversationTurn): LanguageModelV4Prompt {
  return turn.prompt as unknown as LanguageModelV4Prompt;
}

function replyOf(turn: ConversationTurn): LanguageModelV4GenerateResult {
  return turn.reply as unknown as LanguageModelV4GenerateResult;
}
