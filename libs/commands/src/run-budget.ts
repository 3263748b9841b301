import { formatUsd, parseUsd, type RunBudget } from '#contracts';
import type { z } from 'zod';
import type { Budget } from './input-fields.js';

type BudgetInput = z.output<typeof Budget>;

/** What a caller gave as limits, on top of those that stand; `null` takes a limit away. */
export function runBudget(given: BudgetInput, before: RunBudget = {}): RunBudget {
  const { limit, maxTokens, maxModelCalls, deadline, cheaper } = given;
  const limitNanos = limit == null ? limit : (parseUsd(limit) ?? undefined);
  const changes = { limitNanos, maxTokens, maxModelCalls, deadline, cheaper };
  const merged = { ...before, ...present(changes) };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

/** Limits as the run's readers are told of them. */
export function budgetFacts({ limitNanos, ...limits }: RunBudget) {
  return { ...limits, ...(limitNanos !== undefined && { limit: formatUsd(limitNanos) }) };
}

function present(changes: object): object {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}
