import type { JsonValue, StoredValue, Usage } from '#contracts';
import { addUsage, noUsage } from '#contracts';
import type { BoundTask } from '#plan';
import { withCall } from '#plan';
import type { BatchInput } from '#workflows';
import { callName } from './call-name.js';

/** What a batch has used, and how often each call was made, where calls are counted. */
export interface Spent {
  readonly usage: Usage;
  readonly calls?: Readonly<Record<string, number>> | undefined;
}

/** Adds up what a batch uses. What is kept of it with the batch's results is where another attempt goes on. */
export interface BatchAccount {
  /** After each attempt at an item. */
  add(task: BoundTask, usage: Usage, input: StoredValue | undefined): void;
  /** Whether what it was given to use is used up. */
  isUsedUp(): boolean;
  spent(): Spent;
}

export function createBatchAccount(
  { allowance, countCalls }: Pick<BatchInput, 'allowance' | 'countCalls'>,
  kept: JsonValue | null,
): BatchAccount {
  const before = kept as unknown as Spent | null;
  let usage = before?.usage ?? noUsage;
  let calls = countCalls ? (before?.calls ?? {}) : undefined;
  return {
    add(task, used, input) {
      usage = addUsage(usage, used);
      const call = calls && callName(task, input);
      if (calls && call !== undefined) calls = withCall(calls, call);
    },
    isUsedUp() {
      if (!allowance) return false;
      const { costNanos = Infinity, tokens = Infinity, modelCalls = Infinity } = allowance;
      const { inputTokens, outputTokens } = usage;
      return (
        usage.costNanos >= costNanos || inputTokens + outputTokens >= tokens || usage.modelCalls >= modelCalls
      );
    },
    spent: () => ({ usage, ...(calls ? { calls } : {}) }),
  };
}
