import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isNexusError, newId, noUsage, workflowIdOf } from '#contracts';
import type { RunBudget, Usage } from '#contracts';
import { openStore } from '#store';
import type { LedgerRepository, NewReservation, NewRun, Store, StoreOptions } from '#store';
import { databases } from './databases.js';

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const tenant = 'acme';
const leaseMs = 60_000;
const used = (inputTokens: number, outputTokens = 0): Usage => ({ ...noUsage, inputTokens, outputTokens });

describe.each(databases)('budgets in the store on $name (C6)', ({ provide }) => {
  let store: Store;
  let ledger: LedgerRepository;
  let options: StoreOptions;
  let release: () => Promise<void>;
  let calls = 0;

  beforeAll(async () => {
    const provided = await provide();
    ({ options, release } = provided);
    store = await openStore(options);
    ({ ledger } = store);
  }, 120_000);

  afterAll(async () => {
    await store.close();
    await release();
  });

  async function startRun(budget?: RunBudget, more: Partial<NewRun> = {}): Promise<string> {
    const id = newId('run');
    const run = { id, tenant, workflowId: workflowIdOf(id), createdAt: at, bound: {}, ...more };
    await store.runs.create({ ...run, ...(budget && { budget }) }, []);
    return id;
  }

  const call = (runId: string | null, more: Partial<NewReservation> = {}): NewReservation => ({
    key: `call-${calls++}`,
    tenant,
    runId,
    taskPath: 'ask',
    deployment: 'openai:gpt-6-sol',
    priceVersion: 'v1',
    nanos: 100,
    tokens: 10,
    leaseMs,
    ...more,
  });
  const figures = async (runId: string) => {
    const account = await ledger.ofRun(tenant, runId);
    return account && [account.spentNanos, account.reservedNanos];
  };
  const reserved = { state: 'reserved' };

  it('puts by for a call, then counts what it really cost, once', async () => {
    const runId = await startRun({ limitNanos: 1_000 });
    const one = call(runId);
    expect(await ledger.reserve(one)).toEqual(reserved);
    expect(await figures(runId)).toEqual([0, 100]);
    expect(await ledger.reserve(one)).toEqual({ state: 'dispatched' });
    expect(await figures(runId)).toEqual([0, 100]);
    const actual = { nanos: 40, usage: used(5, 2) };
    expect(await ledger.settle(tenant, one.key, actual)).toMatchObject({ counted: true, crossed: false });
    expect(await ledger.settle(tenant, one.key, actual)).toMatchObject({ counted: false, crossed: false });
    await ledger.release(tenant, one.key);
    expect(await ledger.reserve(one)).toEqual({ state: 'settled' });
    expect(await ledger.ofRun(tenant, runId)).toEqual({
      limitNanos: 1_000,
      spentNanos: 40,
      reservedNanos: 0,
      spentTokens: 7,
      reservedTokens: 0,
      spentCalls: 1,
      reservedCalls: 0,
    });
    expect(await ledger.drift(true)).toEqual([]);
  });

  it('lets go of what was not billed, and the same call may be made after all', async () => {
    const runId = await startRun({ limitNanos: 100 });
    const one = call(runId);
    await ledger.reserve(one);
    await ledger.release(tenant, one.key);
    await ledger.release(tenant, one.key);
    expect(await figures(runId)).toEqual([0, 0]);
    expect(await ledger.reserve(one)).toEqual(reserved);
    expect(await figures(runId)).toEqual([0, 100]);
    await ledger.settle(tenant, one.key, { nanos: 130, usage: used(1) });
    // What is billed is billed, also past the limit.
    expect(await figures(runId)).toEqual([130, 0]);
    expect(await ledger.drift(true)).toEqual([]);
  });

  it('counts a bill that comes after the call was let go', async () => {
    const runId = await startRun();
    const one = call(runId);
    await ledger.reserve(one);
    await ledger.release(tenant, one.key);
    await ledger.settle(tenant, one.key, { nanos: 70, usage: used(3) });
    expect(await figures(runId)).toEqual([70, 0]);
    expect(await ledger.drift(true)).toEqual([]);
  });

  it('knows nothing of calls that were not reserved, nor of those of others', async () => {
    const one = call(await startRun());
    await ledger.reserve(one);
    const actual = { nanos: 1, usage: noUsage };
    for (const [owner, key] of [
      [tenant, 'nobody'],
      ['other', one.key],
    ] as const) {
      await expect(ledger.settle(owner, key, actual)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(ledger.release(owner, key)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  it.each([
    ['money', { limitNanos: 250 }, 50],
    ['tokens', { maxTokens: 25 }, 5],
    ['calls', { maxModelCalls: 2 }, 0],
  ] as const)('refuses what does not fit in %s, and leaves nothing behind', async (unit, budget, left) => {
    const runId = await startRun(budget);
    const [first, second, third] = [call(runId), call(runId), call(runId)];
    await ledger.reserve(first);
    await ledger.reserve(second);
    const before = await ledger.ofRun(tenant, runId);
    const limit = Object.values(budget)[0];
    const refused = { state: 'refused', scope: 'run', unit, left, limit };
    // Calls under way may turn out cheaper than they could have been.
    expect(await ledger.reserve(third)).toEqual({ ...refused, pending: true, told: false });
    expect(await ledger.ofRun(tenant, runId)).toEqual(before);
    await ledger.settle(tenant, first.key, { nanos: 100, usage: used(10) });
    await ledger.settle(tenant, second.key, { nanos: 100, usage: used(10) });
    // Now a person is to be asked, once, until there is another budget.
    expect(await ledger.reserve(third)).toEqual({ ...refused, pending: false, told: true });
    expect(await ledger.reserve(third)).toEqual({ ...refused, pending: false, told: false });
    const facts = { scope: 'run', unit, left, limit, nanos: 100, tokens: 10 };
    expect(await store.signals.of(runId)).toMatchObject([
      { name: 'overdrawn', workflowId: workflowIdOf(runId), argument: facts },
    ]);
    await store.runs.setBudget(tenant, runId, { limitNanos: 1_000 }, {});
    expect(await ledger.reserve(third)).toEqual(reserved);
    expect(await ledger.reserve(call(runId, { nanos: 10_000 }))).toMatchObject({ told: true });
    expect(await ledger.drift(true)).toEqual([]);
  });

  it('refuses after the deadline, and goes by what setBudget says from then on', async () => {
    const runId = await startRun({ deadline: at });
    expect(await ledger.reserve(call(runId), {}, at - 1_000)).toEqual(reserved);
    const refused = {
      state: 'refused',
      scope: 'run',
      unit: 'time',
      left: 0,
      limit: at,
      pending: false,
      told: true,
    };
    expect(await ledger.reserve(call(runId), {}, at + 1)).toEqual(refused);
    await store.runs.setBudget(tenant, runId, { limitNanos: 150 }, {});
    expect(await ledger.reserve(call(runId), {}, at + 1)).toMatchObject({ unit: 'money', left: 50 });
    await store.runs.setBudget(tenant, runId, {}, {});
    expect(await ledger.reserve(call(runId), {}, at + 1)).toEqual(reserved);
  });

  it('gives a run a budget that had none when it began to call', async () => {
    const runId = await startRun();
    expect(await ledger.ofRun(tenant, runId)).toBeNull();
    expect(await ledger.reserve(call(runId))).toEqual(reserved);
    expect(await ledger.ofRun(tenant, runId)).toMatchObject({ limitNanos: null, reservedNanos: 100 });
    await store.runs.setBudget(tenant, runId, { limitNanos: 150, cheaper: true }, {});
    expect(await ledger.reserve(call(runId))).toMatchObject({ state: 'refused', left: 50 });
    expect(await ledger.standing(tenant, runId)).toEqual({ remaining: 150, free: 50, cheaper: true });
  });

  it('holds a tenant to its day, whichever run calls, and begins anew with the next', async () => {
    const own = newId('run');
    const day = { limitNanos: 150, maxModelCalls: 5 };
    const [first, second] = [await startRun(), await startRun({ limitNanos: 1_000 })];
    const mine = (runId: string | null) => call(runId, { tenant: own });
    expect(await ledger.standing(own, null, day, at)).toEqual({ remaining: 150, free: 150, cheaper: false });
    expect(await ledger.reserve(mine(first), day, at)).toEqual(reserved);
    const refused = {
      state: 'refused',
      scope: 'tenant',
      unit: 'money',
      left: 50,
      limit: 150,
      pending: true,
      told: false,
    };
    expect(await ledger.reserve(mine(second), day, at)).toEqual(refused);
    expect(await ledger.reserve(mine(null), day, at)).toEqual(refused);
    expect(await ledger.standing(own, second, day, at)).toEqual({ remaining: 150, free: 50, cheaper: false });
    // Another tenant has a day of its own, and runs of its own even by the same ID.
    expect(await ledger.reserve(call(second, { tenant: `${own}2` }), day, at)).toEqual(reserved);
    expect(await ledger.ofRun(tenant, second)).toMatchObject({ reservedNanos: 0 });
    const tomorrow = at + 86_400_000;
    expect(await ledger.reserve(mine(second), day, tomorrow)).toEqual(reserved);
    expect(await ledger.ofDay(own, '2026-01-02')).toMatchObject({ reservedNanos: 100, reservedCalls: 1 });
    expect(await ledger.ofDay(own, '2026-01-03')).toMatchObject({ reservedNanos: 100, reservedCalls: 1 });
    expect(await ledger.drift(true)).toEqual([]);
  });

  it('charges what is not heard of by the end of its lease, and corrects that when it is', async () => {
    const runId = await startRun({ limitNanos: 1_000 });
    const [lost, late, unbilled] = [call(runId), call(runId), call(runId)];
    for (const one of [lost, late, unbilled]) await ledger.reserve(one, {}, at);
    const own = async (now: number) => {
      while ((await ledger.expire(2, now)) > 0) continue;
      return figures(runId);
    };
    expect(await own(at + leaseMs - 1)).toEqual([0, 300]);
    expect(await own(at + leaseMs + 1)).toEqual([300, 0]);
    expect(await own(at + leaseMs + 2)).toEqual([300, 0]);
    expect(await ledger.reserve(lost)).toEqual({ state: 'dispatched' });
    expect(await ledger.settle(tenant, late.key, { nanos: 30, usage: used(2) })).toMatchObject({
      counted: true,
    });
    expect(await figures(runId)).toEqual([230, 0]);
    await ledger.release(tenant, unbilled.key);
    expect(await ledger.ofRun(tenant, runId)).toMatchObject({
      spentNanos: 130,
      spentCalls: 2,
      spentTokens: 12,
    });
    await ledger.settle(tenant, late.key, { nanos: 999, usage: used(2) });
    expect(await figures(runId)).toEqual([130, 0]);
    expect(await ledger.drift(true)).toEqual([]);
  });

  it('tells the workflow once when a COST trigger is due, by what is in the ledger', async () => {
    const runId = await startRun(undefined, {
      triggers: [
        { on: 'COST', threshold: 1e-7, do: 'PAUSE' },
        { on: 'TASKS', threshold: 1, do: 'KILL' },
      ],
    });
    const told = async () =>
      (await store.signals.of(runId)).map(({ name, argument, workflowId }) => ({
        name,
        argument,
        workflowId,
      }));
    const settleOne = async (nanos: number) => {
      const one = call(runId);
      await ledger.reserve(one);
      return await ledger.settle(tenant, one.key, { nanos, usage: noUsage });
    };
    expect(await settleOne(99)).toMatchObject({ counted: true, crossed: false });
    expect(await told()).toEqual([]);
    expect(await settleOne(1)).toMatchObject({ counted: true, crossed: true, runId });
    expect(await settleOne(50)).toMatchObject({ counted: true, crossed: false });
    expect(await told()).toEqual([
      { name: 'spent', argument: { costNanos: 100 }, workflowId: workflowIdOf(runId) },
    ]);
  });

  it('lets of 200 callers at once as many through as fit, whichever worker they ask (C6)', async () => {
    const another = options.url === undefined ? store : await openStore(options);
    for (let round = 0; round < 2; round++) {
      const runId = await startRun({ limitNanos: 500 });
      const calling = Array.from({ length: 200 }, () => call(runId));
      const verdicts = await Promise.all(
        calling.map((one, nth) => (nth % 2 === 0 ? store : another).ledger.reserve(one)),
      );
      const through = calling.filter((_, nth) => verdicts[nth]?.state === 'reserved');
      expect(through).toHaveLength(5);
      expect(await figures(runId)).toEqual([0, 500]);
      await Promise.all(
        through.map(({ key }) => another.ledger.settle(tenant, key, { nanos: 70, usage: noUsage })),
      );
      expect(await figures(runId)).toEqual([350, 0]);
    }
    if (another !== store) await another.close();
    expect(await ledger.drift(true)).toEqual([]);
  });

  it('never goes over a limit while 200 callers come and go, and nothing stays put by (C6)', async () => {
    const runId = await startRun({ limitNanos: 5_000 });
    const spent = await Promise.all(
      Array.from({ length: 200 }, async (_, nth) => {
        const one = call(runId);
        if ((await ledger.reserve(one)).state !== 'reserved') return 0;
        const { spentNanos = NaN, reservedNanos = NaN } = (await ledger.ofRun(tenant, runId)) ?? {};
        expect(spentNanos + reservedNanos).toBeLessThanOrEqual(5_000);
        const nanos = 60 + (nth % 40);
        await ledger.settle(tenant, one.key, { nanos, usage: noUsage });
        return nanos;
      }),
    );
    const total = spent.reduce((sum, nanos) => sum + nanos, 0);
    expect(total).toBeGreaterThan(3_000);
    expect(total).toBeLessThanOrEqual(5_000);
    expect(await figures(runId)).toEqual([total, 0]);
    expect(await ledger.drift(true)).toEqual([]);
  });

  it('lets one of several that make the same call at once make it', async () => {
    const runId = await startRun({ limitNanos: 100 });
    const one = call(runId);
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => ledger.reserve(one)));
    expect(verdicts.map(({ state }) => state).sort()).toEqual([
      ...Array.from({ length: 19 }, () => 'dispatched'),
      'reserved',
    ]);
    expect(await figures(runId)).toEqual([0, 100]);
  });

  it('neither blocks nor drifts, whatever comes at once (property)', async () => {
    const operation = fc.record({
      run: fc.nat(2),
      owner: fc.nat(1),
      key: fc.nat(5),
      kind: fc.constantFrom('reserve', 'settle', 'release', 'expire', 'budget'),
      nanos: fc.nat(120),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 40 }), async (operations) => {
        const mix = newId('run');
        const owners = [`${mix}-a`, `${mix}-b`];
        const runs = await Promise.all(
          owners.map((owner) =>
            Promise.all(Array.from({ length: 3 }, () => startRun({ limitNanos: 500 }, { tenant: owner }))),
          ),
        );
        const day = { limitNanos: 900 };
        const act = async ({ run, owner, key, kind, nanos }: (typeof operations)[number]) => {
          const [name = '', runId = ''] = [owners[owner], runs[owner]?.[run]];
          const one = { key: `${mix}-${key}`, tenant: name };
          if (kind === 'reserve') return ledger.reserve(call(runId, { ...one, nanos }), day, at);
          if (kind === 'expire') return ledger.expire(3, at + leaseMs + 1);
          if (kind === 'budget') return store.runs.setBudget(name, runId, { limitNanos: 300 + nanos }, {});
          const unknown = (error: unknown) => {
            if (!isNexusError(error) || error.code !== 'NOT_FOUND') throw error;
          };
          return kind === 'settle'
            ? ledger.settle(name, one.key, { nanos, usage: noUsage }).catch(unknown)
            : ledger.release(name, one.key).catch(unknown);
        };
        await Promise.all(operations.map(act));
        expect(await ledger.drift(true)).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});
