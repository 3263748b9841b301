import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { breakersChanged, everyTenant, openStore } from '#store';
import type { Store } from '#store';
import { databases } from './databases.js';

describe.each(databases)('breakers in the store on $name', ({ provide }) => {
  let store: Store;
  let release: () => Promise<void>;
  let heard = 0;

  beforeAll(async () => {
    const provided = await provide();
    release = provided.release;
    store = await openStore(provided.options);
    store.changes.subscribe(({ tenant, runId }) => {
      if (tenant === everyTenant && runId === breakersChanged) heard += 1;
    });
  }, 120_000);

  afterAll(async () => {
    await store.close();
    await release();
  });

  const condition = (state: string) => ({ state, at: 1.5, nothing: null });
  const rows = async () => (await store.breakers.list()).rows;

  it('tells the time of the database, also where there is no breaker', async () => {
    const { now, rows } = await store.breakers.list();
    expect(rows).toEqual([]);
    expect(Math.abs(now - Date.now())).toBeLessThan(5_000);
  });

  it('swap a condition for whoever knows the last one, and for nobody else', async () => {
    const swap = (version: number | null, state: string) =>
      store.breakers.swap(everyTenant, 'model:a', version, condition(state));
    heard = 0;
    expect(await swap(1, 'OPEN')).toBe(false);
    expect((await Promise.all([swap(null, 'OPEN'), swap(null, 'OPEN')])).sort()).toEqual([false, true]);
    expect(await swap(2, 'CLOSED')).toBe(false);
    const both = await Promise.all([swap(1, 'HALF_OPEN'), swap(1, 'HALF_OPEN'), swap(1, 'HALF_OPEN')]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(await rows()).toEqual([
      { tenant: everyTenant, name: 'model:a', version: 2, condition: condition('HALF_OPEN') },
    ]);
    expect(heard).toBe(2);
  });

  it('of tenants are apart, under whatever name', async () => {
    const name = "tool:it's \0 odd";
    await store.breakers.swap('acme', name, null, condition('OPEN'));
    await store.breakers.swap('other', name, null, condition('CLOSED'));
    const found = (await rows()).filter((row) => row.name.startsWith('tool:'));
    expect(found.map(({ tenant, condition: { state } }) => [tenant, state]).sort()).toEqual([
      ['acme', 'OPEN'],
      ['other', 'CLOSED'],
    ]);
  });

  describe('cooldowns', () => {
    const of = async (name: string) =>
      (await store.breakers.cooldowns()).find((cooldown) => cooldown.name === name);

    it('end at the later of two moments', async () => {
      await store.breakers.cool('pool:a', 60_000, 'spend limit');
      await store.breakers.cool('pool:a', 1_000, 'HTTP 429');
      expect(await of('pool:a')).toMatchObject({ reason: 'spend limit' });
      expect((await of('pool:a'))?.leftMs).toBeGreaterThan(50_000);
      await store.breakers.cool('pool:a', 600_000, 'credit used up');
      expect(await of('pool:a')).toMatchObject({ reason: 'credit used up' });
      expect((await of('pool:a'))?.leftMs).toBeGreaterThan(550_000);
    });

    it('without an end stay until they are lifted', async () => {
      await store.breakers.cool('key:a', null, 'HTTP 401');
      await store.breakers.cool('key:a', 1_000, 'HTTP 429');
      expect(await of('key:a')).toEqual({ name: 'key:a', leftMs: null, reason: 'HTTP 401' });
      expect(await store.breakers.warm('key:a')).toBe(true);
      expect(await store.breakers.warm('key:a')).toBe(false);
      expect(await of('key:a')).toBeUndefined();
    });

    it('that are over are gone, and may begin again', async () => {
      await store.breakers.cool('pool:b', -1_000, 'HTTP 429');
      expect(await of('pool:b')).toBeUndefined();
      heard = 0;
      await store.breakers.cool('pool:b', 60_000, 'again');
      expect(await of('pool:b')).toMatchObject({ reason: 'again' });
      expect(heard).toBe(1);
    });
  });
});
