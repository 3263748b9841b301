import type { RunBudget, Usage } from '#contracts';
import type { Batch } from '#plan/engine';
import type { Allowance } from './activity-interface.js';

/** A batch that is under way, and what it may use. */
export interface AllottedBatch extends Batch {
  readonly allowance: Allowance;
}

const fields = ['costNanos', 'tokens', 'modelCalls'] as const;

/**
 * Deals what a budget has left out to batches that are to begin, in equal shares of whole numbers, past what those
 * under way may still use. As many begin as there is something for; together they cannot go over the budget by more
 * than the last item of each.
 */
export function allot(
  batches: readonly Batch[],
  used: Usage,
  budget: RunBudget,
  underway: readonly AllottedBatch[],
): AllottedBatch[] {
  const left = leftOf(used, budget, underway);
  const limited = fields.flatMap((field) => left[field] ?? []);
  const begin = batches.slice(0, Math.max(0, Math.min(...limited, batches.length)));
  const share = (amount: number | undefined): number | undefined =>
    amount === undefined ? undefined : Math.floor(amount / begin.length);
  const allowance: Allowance = {
    costNanos: share(left.costNanos),
    tokens: share(left.tokens),
    modelCalls: share(left.modelCalls),
  };
  return begin.map((batch) => ({ ...batch, allowance }));
}

function leftOf(used: Usage, budget: RunBudget, underway: readonly AllottedBatch[]): Allowance {
  const { limitNanos, maxTokens, maxModelCalls } = budget;
  const left = (limit: number | undefined, spent: number, field: (typeof fields)[number]) => {
    if (limit === undefined) return undefined;
    const given = underway.reduce((sum, { allowance }) => sum + (allowance[field] ?? 0), 0);
    return limit - spent - given;
  };
  return {
    costNanos: left(limitNanos, used.costNanos, 'costNanos'),
    tokens: left(maxTokens, used.inputTokens + used.outputTokens, 'tokens'),
    modelCalls: left(maxModelCalls, used.modelCalls, 'modelCalls'),
  };
}
