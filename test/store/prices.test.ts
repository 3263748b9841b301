import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, workflowIdOf } from '#contracts';
import { openStore } from '#store';
import type { NewPriceChange, PriceRow, Store } from '#store';
import { databases } from './databases.js';

const rates = { input: 2_000_000_000, output: 10_000_000_000, cacheRead: null, cacheWrite: null, request: 0 };

function version(id: string, changes: Partial<PriceRow> = {}): PriceRow {
  const named = { seller: 'openai', model: 'm', source: 'https://prices.test', approvedBy: null };
  return { id, ...named, effectiveFrom: Date.UTC(2026, 0, 1), rates, ...changes };
}

function change(id: string, changes: Partial<NewPriceChange> = {}): NewPriceChange {
  const named = { seller: 'openai', model: 'm', source: 'https://prices.test' };
  const odd = { oldRates: rates, newRates: { ...rates, input: 0 }, oddities: ['zero'] };
  return { id, ...named, ...odd, foundAt: Date.UTC(2026, 0, 2), ...changes };
}

describe.each(databases)('prices on $name (C2)', ({ provide }) => {
  let store: Store;
  let release: () => Promise<void>;
  let tenant: string;

  beforeAll(async () => {
    const provided = await provide();
    release = provided.release;
    store = await openStore(provided.options);
  }, 120_000);
  beforeEach(() => {
    tenant = newId('req');
  });
  afterAll(async () => {
    await store.close();
    await release();
  });

  it('are kept by version, oldest first; a version never changes', async () => {
    const gone = version('price_2', { effectiveFrom: Date.UTC(2026, 1, 1), rates: null });
    await store.prices.add(tenant, [gone, version('price_1')]);
    await store.prices.add(tenant, [version('price_1', { rates: { ...rates, input: 1 }, model: 'other' })]);
    await store.prices.add(tenant, []);
    expect(await store.prices.list(tenant)).toEqual([version('price_1'), gone]);
    expect(await store.prices.list('another')).toEqual([]);
  });

  it('that are odd wait for a person; what a later refresh does not find any more is outdated', async () => {
    await store.prices.quarantine(tenant, [
      change('change_1'),
      change('change_2', { oddities: ['zero', 'negative'] }),
    ]);
    expect(await store.prices.changes(tenant)).toEqual([
      { ...change('change_1'), state: 'QUARANTINED', decidedBy: null, decidedAt: null },
      expect.objectContaining({ id: 'change_2', oddities: ['zero', 'negative'] }),
    ]);
    await store.prices.quarantine(tenant, [change('change_1', { foundAt: Date.UTC(2027, 0, 1) })]);
    // Found again, it is the same question as before.
    expect(await store.prices.changes(tenant)).toEqual([
      expect.objectContaining({ id: 'change_1', foundAt: Date.UTC(2026, 0, 2) }),
    ]);
    await store.prices.quarantine(tenant, []);
    expect(await store.prices.changes(tenant)).toEqual([]);
    const states = (await store.prices.changes(tenant, true)).map(({ id, state }) => [id, state]);
    expect(states).toEqual([
      ['change_1', 'OUTDATED'],
      ['change_2', 'OUTDATED'],
    ]);
    await store.prices.quarantine(tenant, [change('change_2')]);
    expect((await store.prices.changes(tenant)).map(({ id }) => id)).toEqual(['change_2']);
    expect(await store.prices.changes('another', true)).toEqual([]);
  });

  it('hold once a person approves them, once', async () => {
    await store.prices.quarantine(tenant, [change('change_1')]);
    const approved = version('price_3', { rates: { ...rates, input: 0 } });
    expect(await store.prices.approve('another', 'change_1', approved, 'eve')).toBe(false);
    const both = await Promise.all(
      ['ada', 'bob'].map((by) => store.prices.approve(tenant, 'change_1', approved, by)),
    );
    expect(both.filter(Boolean)).toHaveLength(1);
    const [row] = await store.prices.changes(tenant, true);
    expect(row).toMatchObject({ state: 'APPROVED', decidedAt: expect.any(Number) });
    expect(await store.prices.list(tenant)).toEqual([{ ...approved, approvedBy: row?.decidedBy }]);
    // Neither a refresh that finds it again nor one that does not takes that back.
    await store.prices.quarantine(tenant, [change('change_1')]);
    await store.prices.quarantine(tenant, []);
    expect((await store.prices.changes(tenant, true))[0]?.state).toBe('APPROVED');
  });

  it('approved as gone are versions without rates', async () => {
    await store.prices.quarantine(tenant, [change('change_1', { newRates: null, oddities: ['vanished'] })]);
    expect(await store.prices.approve(tenant, 'change_1', version('price_4', { rates: null }), 'ada')).toBe(
      true,
    );
    expect((await store.prices.list(tenant))[0]?.rates).toBeNull();
  });

  it('stand with each call that was charged', async () => {
    const runId = newId('run');
    await store.runs.create(
      { id: runId, tenant, workflowId: workflowIdOf(runId), createdAt: Date.now() },
      [],
    );
    const call = { deployment: 'openai:m', provider: 'openai', model: 'm', inputTokens: 9, outputTokens: 1 };
    const id = newId('call');
    await store.modelCalls.add({
      ...call,
      id,
      tenant,
      runId,
      cachedTokens: 2,
      cacheWriteTokens: 3,
      costNanos: 5,
      priceVersion: 'price_1',
      ms: 1,
      at: Date.now(),
    });
    expect(await store.modelCalls.charges(tenant, runId)).toEqual([
      { id, costNanos: 5, priceVersion: 'price_1', cachedTokens: 2, cacheWriteTokens: 3 },
    ]);
    expect(await store.modelCalls.charges('another', runId)).toEqual([]);
  });
});
