import { createRunEnder } from './end-run.js';
import type { OperatorsDeps } from './operators-deps.js';
import { createSeen } from './seen.js';

/** Visibility is a little behind, and clocks differ. */
const overlapMs = 20_000;
/** Live runs whose workflows are asked after in one round: a round is short, and the next comes in a second. */
const runsAtOnce = 100;
const asksAtOnce = 8;

/**
 * Gives runs their true end whose workflow ended without a word of its own: an operator terminated it, or Temporal
 * did. What ended while nobody watched, however long ago, is found by asking after every live run, once, from the first
 * round on.
 */
export function createEndReconciler(deps: OperatorsDeps): () => Promise<void> {
  const { store, temporal, now } = deps;
  const reconcile = createRunEnder(deps);
  const seen = createSeen();
  let since = now() - overlapMs;
  /** The last run that was asked after; null: all were. */
  let asked: string | null = '';

  return async () => {
    const began = now();
    for (const root of await temporal.ended(since)) {
      if (seen.has(root.temporalRunId)) continue;
      if ((await reconcile(root)) === 'done') seen.add(root.temporalRunId);
    }
    since = began - overlapMs;
    if (asked !== null) asked = await askAfter(asked);
  };

  async function askAfter(last: string): Promise<string | null> {
    const runs = await store.runs.live(last, runsAtOnce);
    for (let first = 0; first < runs.length; first += asksAtOnce) {
      const some = runs.slice(first, first + asksAtOnce);
      await Promise.all(
        some.map(({ id: runId, tenant, workflowId }) => reconcile({ runId, tenant, workflowId })),
      );
    }
    return runs.length < runsAtOnce ? null : (runs.at(-1)?.id ?? null);
  }
}
