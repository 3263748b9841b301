import { type JsonObject, parseUsd } from '#contracts';
import type { BoundPlan } from '#plan';
import type { TaskActuals } from '#store';
import type { CommandDeps } from './command-deps.js';
import { type Estimate, estimatePlan } from './estimate.js';

/** Estimates a plan from what the tenant's tasks have taken of late. */
export type Estimator = (
  tenant: string,
  plan: Pick<BoundPlan, 'tasks'>,
  inputs?: JsonObject,
) => Promise<Estimate>;

const freshForMs = 60_000;
const tokensPriced = 1_000_000;

/** Makes the estimator of a server. Starts come in crowds: experience is read once a minute for each tenant. */
export function createEstimator({ store, models, now }: CommandDeps): Estimator {
  const known = new Map<string, { readonly at: number; readonly actuals: Promise<readonly TaskActuals[]> }>();
  const price = models.map(({ outputPrice }) => outputPrice).find((one) => one !== null);
  const nanosPerToken = price == null ? 0 : (parseUsd(price) ?? 0) / tokensPriced;

  function actualsOf(tenant: string): Promise<readonly TaskActuals[]> {
    const before = known.get(tenant);
    if (before && now() - before.at < freshForMs) return before.actuals;
    const actuals = store.tasks.actuals(tenant);
    known.set(tenant, { at: now(), actuals });
    // What could not be read is asked for again by the next.
    actuals.catch(() => known.delete(tenant));
    return actuals;
  }

  return async (tenant, plan, inputs) =>
    estimatePlan(plan, { actuals: await actualsOf(tenant), nanosPerToken, inputs, now: now() });
}
