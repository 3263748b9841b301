import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId } from '#contracts';
import { approvedVersion, createCatalogue, fetchPrices, loadPrices, startPriceRefresh } from '#routing';
import type { Catalogue } from '#routing';
import { openStore } from '#store';
import type { Store } from '#store';

let store: Store;
let url: string;
let reply: { status: number; body: string };
let asked = 0;
const server = createServer((_request, response) => {
  asked += 1;
  response.writeHead(reply.status);
  response.end(reply.body);
});
const folder = mkdtempSync(join(tmpdir(), 'nexus-prices-'));

beforeAll(async () => {
  store = await openStore({});
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/data.json?token=secret`;
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  server.close();
  await store.close();
});

/** What a refresh told, and what it failed with. */
interface Told {
  readonly outcomes: object[];
  readonly failures: Error[];
}

let tenant: string;
let catalogue: Catalogue;
beforeEach(async () => {
  tenant = newId('req');
  asked = 0;
  catalogue = createCatalogue({ providers: { anthropic: { apiKey: { reveal: () => 'sk-test' } } } });
});

const sonnet = 'claude-sonnet-5';
const price = (model = sonnet) => catalogue.offers(`anthropic:${model}`, Date.now())[0]?.price;

/** The shipped list of Anthropic, with changes. */
function listWith(changes: Readonly<Record<string, object | null>>): string {
  const named = (model: string, prices: object) => ({ id: model, match: { equals: model }, prices });
  const shipped = { input_mtok: 2, cache_write_mtok: 2.5, cache_read_mtok: 0.2, output_mtok: 10 };
  const models = Object.entries({ [sonnet]: shipped, ...changes });
  return JSON.stringify([
    { id: 'anthropic', name: 'Anthropic', models: models.flatMap(([id, of]) => (of ? [named(id, of)] : [])) },
    { id: 'openai', models: [named('gpt-6-sol', { input_mtok: 0, requests_kcount: 'many' })] },
  ]);
}

/** One refresh through the loop, which is then stopped. */
async function refreshed(source: Parameters<typeof startPriceRefresh>[0]['source']): Promise<Told> {
  const told: Told = { outcomes: [], failures: [] };
  const ended = Promise.withResolvers<void>();
  const loop = startPriceRefresh({
    tenant,
    // Each refresh of a test is due.
    leases: { take: () => Promise.resolve(true), release: () => Promise.resolve() },
    store: store.prices,
    catalogue,
    source,
    fetchList: fetchPrices,
    now: Date.now,
    tickMs: 5,
    told: (outcome) => {
      told.outcomes.push(outcome);
      ended.resolve();
    },
    failed: (error) => {
      told.failures.push(error as Error);
      ended.resolve();
    },
  });
  await ended.promise;
  await loop.stop();
  return told;
}

const fromUrl = () => refreshed({ url, everyMs: 60_000 });
const quarter = { input_mtok: 2.5, cache_write_mtok: 3, cache_read_mtok: 0.2, output_mtok: 10 };

describe('a refresh of prices (C2)', () => {
  it('takes small changes over, as versions of their own; odd ones wait for a person', async () => {
    const before = price();
    reply = { status: 200, body: listWith({ [sonnet]: quarter, 'claude-haiku-4-5': { input_mtok: 9 } }) };
    const { outcomes } = await fromUrl();
    // All other models of the shipped list are off this one.
    expect(outcomes[0]).toMatchObject({ applied: 1, quarantined: expect.any(Number) });
    expect(price()).toMatchObject({ input: 2.5e9, cacheWrite: 3e9 });
    expect(price()?.id).not.toBe(before?.id);
    const waiting = await store.prices.changes(tenant);
    const haiku = waiting.find(({ model }) => model === 'claude-haiku-4-5');
    expect(haiku).toMatchObject({
      seller: 'anthropic',
      oddities: expect.arrayContaining(['too-large', 'zero', 'vanished']),
      source: expect.not.stringContaining('secret'),
    });
    expect(waiting.find(({ model }) => model === 'claude-opus-5-5')).toMatchObject({
      newRates: null,
      oddities: ['vanished'],
    });
    // Until somebody says so, the price before is in force.
    expect(price('claude-haiku-4-5')?.input).toBe(1e9);
    expect(price('claude-opus-5-5')?.input).toBe(4e9);
    // Other sellers are none of this catalogue's business.
    expect(waiting.filter(({ seller }) => seller !== 'anthropic')).toEqual([]);
  });

  it('that finds nothing new adds nothing', async () => {
    reply = { status: 200, body: listWith({ [sonnet]: quarter }) };
    await fromUrl();
    const [kept, id] = [await store.prices.list(tenant), price()?.id];
    const { outcomes } = await fromUrl();
    expect(outcomes[0]).toMatchObject({ applied: 0 });
    expect(await store.prices.list(tenant)).toEqual(kept);
    expect(price()?.id).toBe(id);
  });

  it('that finds the same slip again after it was approved and undone asks again', async () => {
    const half = { ...quarter, input_mtok: 1 };
    reply = { status: 200, body: listWith({ [sonnet]: half }) };
    await fromUrl();
    const waiting = async () => (await store.prices.changes(tenant)).filter(({ model }) => model === sonnet);
    const [slip] = await waiting();
    await store.prices.approve(tenant, slip?.id ?? '', approvedVersion(slip as never, Date.now()), 'ada');
    await loadPrices(tenant, store.prices, catalogue);
    expect(price()?.input).toBe(1e9);
    reply = { status: 200, body: listWith({}) };
    await fromUrl();
    const [back] = await waiting();
    expect(back).toMatchObject({ oddities: ['too-large'] });
    await store.prices.approve(tenant, back?.id ?? '', approvedVersion(back as never, Date.now()), 'ada');
    reply = { status: 200, body: listWith({ [sonnet]: half }) };
    await fromUrl();
    expect(await waiting()).toEqual([
      expect.objectContaining({ oddities: expect.arrayContaining(['too-large']) }),
    ]);
  });

  it('may come from a file', async () => {
    const file = join(folder, 'prices.json');
    writeFileSync(file, listWith({ [sonnet]: quarter }));
    const { outcomes } = await refreshed({ file, everyMs: 60_000 });
    expect(outcomes).toHaveLength(1);
    expect(price()?.input).toBe(2.5e9);
  });

  it.each([
    ['no answer of use', 503, '', /status 503/],
    ['no JSON', 200, '<html>', /not JSON/],
    ['another form', 200, '{"prices":[]}', /cannot be used/],
    ['a price that is none', 200, listWith({ [sonnet]: { input_mtok: '2' } }), /input_mtok: is no price/],
    ['a price beyond reason', 200, listWith({ [sonnet]: { input_mtok: 1e12 } }), /input_mtok: is no price/],
    ['an empty list', 200, '[]', /it has no seller/],
  ])('with %s changes nothing, and says so', async (_, status, body, message) => {
    reply = { status, body };
    const { failures } = await fromUrl();
    expect(failures[0]?.message).toMatch(message);
    expect(failures[0]?.message).not.toContain('secret');
    expect(await store.prices.list(tenant)).toEqual([]);
    expect(price()?.input).toBe(2e9);
  });

  it('of more than is reasonable is cut off', async () => {
    reply = { status: 200, body: ' '.repeat(33 * 1024 * 1024) };
    const { failures } = await fromUrl();
    expect(failures[0]?.message).toMatch(/more than \d+ bytes/);
  });

  it('is made when it is due, by one process of all, and not at the start', async () => {
    reply = { status: 200, body: listWith({}) };
    const loops = [1, 2].map(() => {
      const done = Promise.withResolvers<void>();
      let rounds = 0;
      const loop = startPriceRefresh({
        tenant,
        leases: {
          ...store.leases,
          take: async (...given) => {
            rounds += 1;
            if (rounds > 8) done.resolve();
            return await store.leases.take(...given);
          },
        },
        store: store.prices,
        catalogue,
        source: { url, everyMs: 3_600_000 },
        fetchList: fetchPrices,
        now: Date.now,
        tickMs: 5,
        told: () => undefined,
        failed: (error) => {
          throw error;
        },
      });
      return { loop, done: done.promise };
    });
    expect(asked).toBe(0);
    await Promise.all(loops.map(({ done }) => done));
    await Promise.all(loops.map(({ loop }) => loop.stop()));
    expect(asked).toBe(1);
  });
});
