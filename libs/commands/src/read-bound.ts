import type { BoundPlan } from '#plan';
import type { CommandDeps } from './command-deps.js';

/** The plan as the run's workflow reads it; null while it is still being planned. */
export async function boundPlan(
  { store }: Pick<CommandDeps, 'store'>,
  { tenant }: { readonly tenant: string },
  runId: string,
): Promise<BoundPlan | null> {
  return (await store.runs.bound(tenant, runId)) as BoundPlan | null;
}
