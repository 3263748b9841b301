import { describe, expect, it } from '@jest/globals';
import { noUsage } from '#contracts';
import type { NewReservation, ReservationVerdict } from '#store';
import { cheaperModel } from './cheaper-model.js';
import { createKeptLedger } from './kept-ledger.js';
import type { RefusedReservation } from './ledger.js';
import { budgetExceeded } from './refusal.js';

const call = {
  key: 'k',
  tenant: 'acme',
  runId: 'run_1',
  taskPath: 'ask',
  deployment: 'openai:gpt-6-sol',
  priceVersion: 'v1',
  nanos: 500_000_000,
  tokens: 900,
  leaseMs: 30_000,
};
const refusal = { state: 'refused', scope: 'run', unit: 'money', left: 120_000_000, limit: 1e9 } as const;
const pending: ReservationVerdict = { ...refusal, pending: true, told: false };

/** A repository that answers with these verdicts in turn, the last of them for ever. */
function repository(...verdicts: readonly [ReservationVerdict, ...ReservationVerdict[]]) {
  const asked: NewReservation[] = [];
  return {
    asked,
    reserve: async (given: NewReservation) =>
      verdicts[Math.min(asked.push(given), verdicts.length) - 1] ?? verdicts[0],
    settle: async () => ({ counted: true, crossed: true, runId: 'run_1' }),
    release: async () => undefined,
    standing: async () => ({ remaining: 7, free: 5, cheaper: true }),
  };
}

describe('the ledger of the workers (C6)', () => {
  it('waits a while for room that calls under way may leave', async () => {
    const store = repository(pending, pending, { state: 'reserved' });
    expect(await createKeptLedger(store).reserve(call)).toEqual({ state: 'reserved' });
    expect(store.asked).toHaveLength(3);
  });

  it('gives up when its patience is over, and does not wait for what no call can leave', async () => {
    const impatient = createKeptLedger(repository(pending), { patienceMs: 120 });
    const refused = { state: 'refused', budget: { scope: 'run', unit: 'money' }, left: 120_000_000 };
    expect(await impatient.reserve(call)).toEqual({ ...refused, pending: true });
    const store = repository({ ...refusal, pending: false, told: false });
    expect(await createKeptLedger(store).reserve(call)).toEqual({ ...refused, pending: false });
    expect(store.asked).toHaveLength(1);
  });

  it('leaves time between the end of a call and that of its lease', async () => {
    const store = repository({ state: 'reserved' });
    await createKeptLedger(store).reserve(call);
    expect(store.asked).toEqual([{ ...call, leaseMs: 90_000 }]);
  });

  it('says when there is news for the workflow of the run', async () => {
    const told: string[] = [];
    const news = (tenant: string, runId: string) => void told.push(`${tenant}/${runId}`);
    const ledger = createKeptLedger(repository({ ...refusal, pending: false, told: true }), { news });
    await ledger.reserve(call);
    await ledger.settle('k', 'acme', { nanos: 1, usage: noUsage });
    expect(told).toEqual(['acme/run_1', 'acme/run_1']);
    expect(await ledger.remaining('acme', 'run_1')).toBe(7);
    expect(await ledger.standing('acme', 'run_1')).toEqual({ remaining: 7, free: 5, cheaper: true });
  });
});

describe('a call that does not fit', () => {
  const refused = (budget: RefusedReservation['budget'], left: number, isPending = false) =>
    budgetExceeded({ state: 'refused', budget, left, pending: isPending }, call, 1_000).failure;

  it.each([
    ['run', 'money', 120_000_000, "the run's budget: $0.12 are left, and this call may cost $0.5"],
    ['run', 'tokens', 30, "the run's budget: 30 tokens are left, and this call may take 900"],
    ['tenant', 'calls', 0, "the tenant's budget of the day: 0 model calls are left"],
    ['run', 'time', 0, "the run's budget: its deadline has passed"],
  ] as const)('of the %s in %s waits for a person', (scope, unit, left, message) => {
    expect(refused({ scope, unit }, left)).toMatchObject({
      code: 'BUDGET_EXCEEDED',
      message,
      hint: expect.any(String),
      retryable: false,
      noEffect: true,
      wait: { kind: 'BUDGET' },
    });
  });

  it('waits for calls under way where these alone stand against it', () => {
    expect(refused({ scope: 'run', unit: 'money' }, 120_000_000, true)).toMatchObject({
      message: expect.stringContaining('calls under way hold the rest'),
      wait: { kind: 'RATE_LIMIT', until: 6_000 },
    });
  });
});

it('asks the cheapest logical model, and the one that a task names where it names one', () => {
  expect(['nexus:best', 'nexus:fast', 'openai:gpt-6-sol'].map(cheaperModel)).toEqual([
    'nexus:fast',
    'nexus:fast',
    'openai:gpt-6-sol',
  ]);
});
