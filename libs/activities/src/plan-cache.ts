import { nexusError } from '#contracts';
import { planAt } from '#plan';
import type { BoundPlan } from '#plan';
import type { Store } from '#store';
import type { PlanOfGoal } from '#workflows';

/** Bound plans by run; they never change, and each is one object, so that what is derived from it is made once. */
export interface PlanCache {
  /** The plan of a run, or of the sub-plan that the container at `path` runs in a workflow of its own. */
  readonly get: (tenant: string, runId: string, path: string, goal?: PlanOfGoal) => Promise<BoundPlan>;
  readonly put: (runId: string, plan: BoundPlan) => void;
}

const kept = 500;

export function createPlanCache(store: Store): PlanCache {
  const plans = new Map<string, BoundPlan>();
  const put = (runId: string, plan: BoundPlan): void => {
    plans.delete(runId);
    plans.set(runId, plan);
    const oldest = plans.keys().next();
    if (plans.size > kept && !oldest.done) plans.delete(oldest.value);
  };
  return {
    put,
    async get(tenant, runId, path, goal) {
      if (goal) {
        const key = `${runId}/${goal.at}`;
        const known =
          plans.get(key) ?? ((await store.values.load(tenant, goal.plan)) as unknown as BoundPlan);
        put(key, known);
        return planAt(known, path.slice(goal.at.length + 1));
      }
      let plan = plans.get(runId);
      if (!plan) {
        plan = (await store.runs.bound(tenant, runId)) as BoundPlan | undefined;
        if (!plan) throw nexusError('INTERNAL', `the plan of ${runId} is not in the store`);
      }
      put(runId, plan);
      return planAt(plan, path);
    },
  };
}
