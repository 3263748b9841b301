import { afterEach, expect, it } from '@jest/globals';
import { createCatalogue, listModels } from '#routing';
import { type ApiUnderTest, startApi } from './api-under-test.js';

let api: ApiUnderTest;
afterEach(() => api.stop());

const catalogue = createCatalogue({
  providers: { anthropic: { apiKey: { reveal: () => 'sk-test' } } },
  file: {
    providers: {
      anthropic: { accounts: [{ name: 'b', region: 'eu', apiKey: { reveal: () => 'sk-b' } }] },
    },
    deployments: [],
    prices: [],
    tiers: {},
  },
});

it('lists logical models and deployments with prices, window, abilities and how they fare (C2 C7)', async () => {
  const measured = { availability: 0.5, p50TtftMs: 400, p95TtftMs: 900 } as const;
  api = await startApi({
    models: listModels(catalogue),
    measures: (id) => (id === 'anthropic@eu/b:claude-sonnet-5' ? measured : null),
  });
  const { data, errors } = await api.graphql(`{ models {
    id kind provider region account family grade contextWindow maxOutputTokens abilities inputPrice outputPrice
    cacheReadPrice cacheWritePrice priceVersion priceSource priceSince deployments
    breaker availability p50TtftMs p95TtftMs } }`);
  expect(errors).toEqual([]);
  const byId = new Map(data.models.map((model: { id: string }) => [model.id, model]));
  expect([...byId.keys()].slice(0, 5)).toEqual([
    'nexus:fast',
    'nexus:standard',
    'nexus:best',
    'anthropic:claude-haiku-4-5',
    'anthropic@eu/b:claude-haiku-4-5',
  ]);
  const unmeasured = { breaker: null, availability: null, p50TtftMs: null, p95TtftMs: null };
  expect(byId.get('nexus:standard')).toMatchObject({
    kind: 'LOGICAL',
    grade: 2,
    inputPrice: '2',
    deployments: expect.arrayContaining(['anthropic:claude-sonnet-5', 'anthropic@eu/b:claude-sonnet-5']),
    ...unmeasured,
  });
  expect(byId.get('anthropic:claude-sonnet-5')).toMatchObject(unmeasured);
  expect(byId.get('anthropic@eu/b:claude-sonnet-5')).toMatchObject({
    kind: 'DEPLOYMENT',
    provider: 'anthropic',
    region: 'eu',
    account: 'b',
    family: 'claude-sonnet-5',
    contextWindow: 1_000_000,
    maxOutputTokens: 128_000,
    abilities: expect.arrayContaining(['tools', 'reasoning']),
    inputPrice: '2',
    outputPrice: '10',
    cacheReadPrice: '0.2',
    cacheWritePrice: '2.5',
    priceVersion: expect.stringMatching(/^price_/),
    priceSource: 'bundled',
    ...measured,
  });
});

const rates = { input: 2e9, output: 10e9, cacheRead: null, cacheWrite: null, request: 0 };
const changes = `priceChanges { id seller model oddities state before { input output cacheRead request }
  after { input beyond { inputTokens output } } source foundAt decidedBy }`;
const approve = `mutation ($id: ID!) { approvePriceChange(id: $id) {
  change { id state decidedBy decidedAt } userErrors { code field message } } }`;

it('shows prices that wait for a person, and lets one hold that is approved (C2)', async () => {
  let told = 0;
  api = await startApi({ pricesChanged: async () => void (told += 1) });
  const beyond = { inputTokens: 200_000, input: 1e9, output: 2e9, cacheRead: null };
  await api.store.prices.quarantine('default', [
    {
      id: 'change_1',
      seller: 'openai',
      model: 'm',
      oldRates: rates,
      newRates: { ...rates, input: 500_000_000, beyond },
      oddities: ['too-large'],
      source: 'https://prices.test',
      foundAt: Date.UTC(2026, 0, 2),
    },
  ]);
  const { data } = await api.graphql(`{ ${changes} }`);
  expect(data.priceChanges).toEqual([
    {
      id: 'change_1',
      seller: 'openai',
      model: 'm',
      oddities: ['too-large'],
      state: 'QUARANTINED',
      before: { input: '2', output: '10', cacheRead: null, request: '0' },
      after: { input: '0.5', beyond: { inputTokens: 200_000, output: '2' } },
      source: 'https://prices.test',
      foundAt: '2026-01-02T00:00:00.000Z',
      decidedBy: null,
    },
  ]);
  const approved = await api.graphql(approve, { id: 'change_1' });
  expect(approved.data.approvePriceChange).toEqual({
    change: {
      id: 'change_1',
      state: 'APPROVED',
      decidedBy: expect.any(String),
      decidedAt: expect.any(String),
    },
    userErrors: [],
  });
  expect(told).toBe(1);
  expect(await api.store.prices.list('default')).toEqual([
    expect.objectContaining({ seller: 'openai', model: 'm', rates: expect.objectContaining({ input: 5e8 }) }),
  ]);
  expect((await api.graphql(`{ ${changes} }`)).data.priceChanges).toEqual([]);
  const again = await api.graphql(approve, { id: 'change_1' });
  expect(again.data.approvePriceChange.userErrors).toEqual([
    { code: 'FAILED_PRECONDITION', field: ['id'], message: expect.stringContaining('approved by') },
  ]);
});

it('lets no price below zero hold, and says when there is no such change (C2)', async () => {
  api = await startApi();
  const odd = { oldRates: rates, newRates: { ...rates, input: -1 }, oddities: ['negative'] };
  const named = { id: 'change_2', seller: 'openai', model: 'm', source: 'x', foundAt: 0 };
  await api.store.prices.quarantine('default', [{ ...named, ...odd }]);
  const refused = await api.graphql(approve, { id: 'change_2' });
  expect(refused.data.approvePriceChange.userErrors).toEqual([
    expect.objectContaining({ message: 'a price below zero cannot hold' }),
  ]);
  expect(await api.store.prices.list('default')).toEqual([]);
  const unknown = await api.graphql(approve, { id: 'change_none' });
  expect(unknown.errors[0]?.extensions).toMatchObject({ code: 'NOT_FOUND' });
});
