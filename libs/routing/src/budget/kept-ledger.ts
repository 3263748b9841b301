import type { DailyLimits, LedgerRepository } from '#store';
import type { Ledger, Reservation, ReservationRequest } from './ledger.js';

export interface KeptLedgerOptions {
  /** What each tenant may use in a day; nothing given, as much as it likes. */
  readonly daily?: DailyLimits | undefined;
  /** How long a call waits for room that calls under way may leave, in milliseconds. */
  readonly patienceMs?: number | undefined;
  /** The outbox has news for the run's workflow: a trigger on COST is due, or a person is to be asked. */
  readonly news?: ((tenant: string, runId: string) => void) | undefined;
  /** For tests; without it the database's clock counts. */
  readonly now?: (() => number) | undefined;
}

const defaultPatienceMs = 1_000;
const firstLookMs = 50;
/** What a call may take to be settled when it has ended at the last moment. */
const graceMs = 60_000;

/** The ledger in the store, which all workers share. A call fails when it does not answer: nothing goes past it. */
export function createKeptLedger(
  repository: Pick<LedgerRepository, 'reserve' | 'settle' | 'release' | 'standing'>,
  options: KeptLedgerOptions = {},
): Ledger {
  const { daily = {}, news = () => undefined, now = () => undefined } = options;
  const { patienceMs = defaultPatienceMs } = options;

  async function reserve(request: ReservationRequest): Promise<Reservation> {
    const call = { ...request, leaseMs: request.leaseMs + graceMs };
    const until = performance.now() + patienceMs;
    for (let wait = firstLookMs; ; wait *= 2) {
      const verdict = await repository.reserve(call, daily, now());
      if (verdict.state !== 'refused') return { state: verdict.state };
      const { scope, unit, left, pending, told } = verdict;
      if (told && request.runId !== null) news(request.tenant, request.runId);
      const leftMs = until - performance.now();
      if (!pending || leftMs <= 0) return { state: 'refused', budget: { scope, unit }, left, pending };
      await new Promise((resolve) => setTimeout(resolve, Math.min(wait, leftMs)));
    }
  }

  return {
    remaining: async (tenant, runId) => (await repository.standing(tenant, runId, daily, now())).remaining,
    standing: (tenant, runId) => repository.standing(tenant, runId, daily, now()),
    reserve,
    async settle(key, tenant, actual) {
      const { crossed, runId } = await repository.settle(tenant, key, actual, now());
      if (crossed && runId !== null) news(tenant, runId);
    },
    release: (key, tenant) => repository.release(tenant, key, now()),
  };
}
