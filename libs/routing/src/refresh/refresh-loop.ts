import { randomUUID } from 'node:crypto';
import type { LeaseRepository } from '#store';
import { loadPrices, refreshPrices } from './refresh-prices.js';
import type { RefreshOutcome, RefreshParts } from './refresh-prices.js';

export interface RefreshLoopParts extends RefreshParts {
  readonly leases: LeaseRepository;
  readonly told: (outcome: RefreshOutcome) => void;
  readonly failed: (error: unknown) => void;
  /** How often it is looked whether a refresh is due, and what others have brought. */
  readonly tickMs?: number | undefined;
}

const defaultTickMs = 10_000;
/** After a failure it is tried again this soon, or when the next one is due if that is sooner. */
const retryMs = 15 * 60_000;

/**
 * Refreshes prices when they are due, in one process of all: the lease is what the last refresh leaves behind until
 * the next one is due. Prices that another process brought, or a person approved, are taken over on the way.
 */
export function startPriceRefresh(parts: RefreshLoopParts): { readonly stop: () => Promise<void> } {
  const { tenant, store, catalogue, leases, source } = parts;
  const stopping = new AbortController();

  async function refreshIfDue(): Promise<void> {
    const holder = randomUUID();
    // No longer than a failure may keep the others waiting; once it is done, until the next one is due.
    if (!(await leases.take(lease, holder, Math.min(retryMs, source.everyMs)))) return;
    parts.told(await refreshPrices(parts, stopping.signal));
    await leases.take(lease, holder, source.everyMs);
  }

  async function round(): Promise<void> {
    try {
      await loadPrices(tenant, store, catalogue);
      await refreshIfDue();
    } catch (error) {
      if (!stopping.signal.aborted) parts.failed(error);
    }
  }

  let under: Promise<void> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    under = round().finally(() => {
      busy = false;
    });
  }, parts.tickMs ?? defaultTickMs);
  return {
    stop: async () => {
      clearInterval(timer);
      stopping.abort();
      await under;
    },
  };
}

const lease = 'price-refresh';
