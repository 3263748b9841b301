import { noUsage, workflowIdOf } from '#contracts';
import { createKeptLedger } from '#routing';
import { openStore } from '#store';
import { latency } from '../measure/latency.js';
import type { Latency } from '../measure/latency.js';

/** What budgets add to a call of a model, in milliseconds. */
export interface LedgerOverhead {
  readonly calls: number;
  /** Calls under way at once, all of one tenant, so that each waits for the account of the tenant's day. */
  readonly atOnce: number;
  readonly reserve: Latency;
  readonly settle: Latency;
  /** Both of one call together. */
  readonly both: Latency;
  readonly callsPerSecond: number;
}

/**
 * Reserves and settles calls on a PostgreSQL that is there, each caller one after the other, as the router does around
 * every call. Every run has a budget, and the tenant one for the day.
 */
export async function measureLedger(options: {
  readonly url: string;
  readonly calls: number;
  readonly atOnce: number;
}): Promise<LedgerOverhead> {
  const { url, calls, atOnce } = options;
  const store = await openStore({ url });
  const ledger = createKeptLedger(store.ledger, { daily: { limitNanos: 1e15 } });
  const [tenant, at] = ['bench', Date.now()];
  const runs = Array.from({ length: atOnce }, (_, nth) => `run_${at}_${nth}`);
  for (const id of runs) {
    const run = { id, tenant, workflowId: workflowIdOf(id), createdAt: at, budget: { limitNanos: 1e15 } };
    await store.runs.create(run, []);
  }
  const figures = { reserve: [] as number[], settle: [] as number[], both: [] as number[] };
  const usage = { ...noUsage, inputTokens: 900, outputTokens: 120, modelCalls: 1, costNanos: 4_000_000 };

  async function one(runId: string, nth: number, isMeasured: boolean): Promise<void> {
    const key = `${runId}/${nth}`;
    const request = { key, tenant, runId, taskPath: 'ask', deployment: 'bench:model', priceVersion: 'v1' };
    const begun = performance.now();
    const { state } = await ledger.reserve({ ...request, nanos: 9_000_000, tokens: 5_000, leaseMs: 60_000 });
    const reserved = performance.now();
    if (state !== 'reserved') throw new Error(`a call of the benchmark is ${state}`);
    await ledger.settle(key, tenant, { nanos: 4_000_000, usage });
    const settled = performance.now();
    if (!isMeasured) return;
    figures.reserve.push(reserved - begun);
    figures.settle.push(settled - reserved);
    figures.both.push(settled - begun);
  }

  try {
    const each = Math.ceil(calls / atOnce);
    const round = (first: number, count: number, isMeasured: boolean) =>
      Promise.all(
        runs.map(async (runId) => {
          for (let nth = 0; nth < count; nth++) await one(runId, first + nth, isMeasured);
        }),
      );
    await round(0, Math.min(each, 20), false);
    const begun = performance.now();
    await round(1_000_000, each, true);
    const seconds = (performance.now() - begun) / 1_000;
    const drifts = await store.ledger.drift(true);
    if (drifts.length > 0) throw new Error(`the ledger has drifted: ${JSON.stringify(drifts)}`);
    return {
      calls: each * atOnce,
      atOnce,
      reserve: latency(figures.reserve),
      settle: latency(figures.settle),
      both: latency(figures.both),
      callsPerSecond: Math.round((each * atOnce) / seconds),
    };
  } finally {
    await store.close();
  }
}
