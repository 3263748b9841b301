import type { RunBudget, Trigger } from '#contracts';
import { formatUsd } from '#contracts';
import type { EngineState } from '#plan/engine';

/** Why no model may be called any more; null while there is room. */
export function usedUp({ usage }: EngineState, budget: RunBudget | undefined): string | null {
  if (!budget) return null;
  const { limitNanos = Infinity, maxTokens = Infinity, maxModelCalls = Infinity } = budget;
  if (usage.costNanos >= limitNanos)
    return `$${formatUsd(usage.costNanos)} of $${formatUsd(limitNanos)} are spent`;
  if (usage.inputTokens + usage.outputTokens >= maxTokens) {
    return `${usage.inputTokens + usage.outputTokens} of ${maxTokens} tokens are used`;
  }
  if (usage.modelCalls >= maxModelCalls)
    return `${usage.modelCalls} of ${maxModelCalls} model calls are made`;
  return null;
}

/** What a trigger says when it acts. */
export function triggerReason({ on, threshold }: Trigger): string {
  return `trigger ${on} at ${threshold}`;
}
