import { singleBest } from './baselines.js';
import { figuresOf } from './figures.js';
import { requestsOf } from './requests.js';
import type { Scenario } from './scenarios.js';
import { simulate } from './simulate.js';
import type { Trace } from './traces.js';
import { createWorld } from './world.js';

const known = new Map<string, readonly string[]>();
/** A seed that no figure is taken of. */
const rehearsal = 1_000;

/**
 * The order that someone would write down who had tried each deployment alone on this trace in good times: the best that a
 * fixed order can be.
 */
export function bestFixedOrder(trace: Trace, scenario: Scenario): readonly string[] {
  const requests = requestsOf(trace, rehearsal, () => 1);
  const plan = { ...scenario.plan(rehearsal, 1), episodes: [], priceChanges: [] };
  const key = JSON.stringify([trace.name, plan.deployments]);
  const before = known.get(key);
  if (before !== undefined) return before;
  const order = plan.deployments
    .map(({ deployment: { id } }) => {
      const outcomes = simulate(createWorld(plan, rehearsal), requests, singleBest([id]));
      return { id, valued: figuresOf(outcomes, null).valued };
    })
    .toSorted((a, b) => a.valued - b.valued)
    .map(({ id }) => id);
  known.set(key, order);
  return order;
}
