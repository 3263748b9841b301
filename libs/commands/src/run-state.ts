import type { NanoUsd, Pause, WaitReason } from '#contracts';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import type { RunView } from './run-view.js';

/** The limits of a run, and what of them is used. */
export interface BudgetView {
  readonly limit: NanoUsd | null;
  readonly spent: NanoUsd;
  readonly reserved: NanoUsd;
  readonly maxTokens: number | null;
  readonly maxModelCalls: number | null;
  readonly deadline: number | null;
}

/** Why a run does not move; of a paused one with how much is still at work, down to nothing. */
export async function waitingFor(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  run: RunView,
): Promise<WaitReason | null> {
  if (run.status !== 'PAUSED' || run.waitingFor === null) return run.waitingFor;
  const { steps, agents } = await store.tasks.inFlight(tenant, run.id);
  return { ...run.waitingFor, inFlight: steps + agents };
}

/** What holds the run, oldest first. */
export async function readPauses(
  { store }: CommandDeps,
  { tenant }: CommandContext,
  run: RunView,
): Promise<Pause[]> {
  return run.finishedAt === null ? await store.pauses.of(tenant, run.id) : [];
}

/** The budget of a run; null when it has no limits. */
export function budgetOf({ row }: RunView): BudgetView | null {
  if (row.budget === null) return null;
  const { limitNanos = null, maxTokens = null, maxModelCalls = null, deadline = null } = row.budget;
  return { limit: limitNanos, spent: row.usage.costNanos, reserved: 0, maxTokens, maxModelCalls, deadline };
}
