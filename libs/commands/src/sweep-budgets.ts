import type { CommandDeps } from './command-deps.js';

const atOnce = 500;
/** Looking through all accounts is for defects: seldom is enough. */
const checkEveryMs = 60_000;

/**
 * Charges calls of which nothing was heard by the end of their lease with all that they could have cost: who made them
 * has died, and they may be billed. Every minute it also looks whether accounts are as their reservations say.
 */
export function createBudgetSweep({ store, logger, now }: CommandDeps): () => Promise<void> {
  let checkedAt = -Infinity;
  return async () => {
    let charged = 0;
    for (let some = atOnce; some === atOnce; charged += some) some = await store.ledger.expire(atOnce);
    if (charged > 0) logger.warn({ charged }, 'model calls were never heard of again: charged as reserved');
    if (now() - checkedAt < checkEveryMs) return;
    checkedAt = now();
    for (const drift of await store.ledger.drift())
      logger.error({ ...drift }, 'a budget is not what its reservations say: a defect of Nexus');
  };
}
