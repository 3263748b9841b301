import type { OverdrawnSignal, RunBudget, Trigger } from '#contracts';
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

/** Why a call of the run's tree was refused, as a person is told. */
export function refusedCall({ scope, unit, left, limit, nanos, tokens }: OverdrawnSignal): string {
  const whose = scope === 'run' ? '' : " of the tenant's budget for today";
  switch (unit) {
    case 'money':
      return `$${formatUsd(left)} of $${formatUsd(limit)}${whose} are left, and the next call may cost $${formatUsd(nanos)}`;
    case 'tokens':
      return `${left} of ${limit} tokens${whose} are left, and the next call may take ${tokens}`;
    case 'calls':
      return `${left} of ${limit} model calls${whose} are left`;
    case 'time':
      return 'the deadline of its budget has passed';
  }
}

/** What a trigger says when it acts. */
export function triggerReason({ on, threshold }: Trigger): string {
  return `trigger ${on} at ${threshold}`;
}
