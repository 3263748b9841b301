import { describe, expect, it } from '@jest/globals';
import { isNexusError } from '#contracts';
import { providerNames } from '../settings.js';
import type { CatalogueFile } from '../settings.js';
import { createCatalogue } from './catalogue.js';
import type { Deployment } from './deployment.js';
import { listModels } from './model-list.js';
import { modelTiers, tierId } from './tiers.js';

const key = (name = 'sk-test') => ({ apiKey: { reveal: () => name } });
const at = Date.UTC(2026, 10, 21);

function file(given: Partial<CatalogueFile>): CatalogueFile {
  return { providers: {}, deployments: [], prices: [], tiers: {}, ...given };
}

function ids(deployments: readonly Deployment[]): string[] {
  return deployments.map(({ id }) => id);
}

function refusal(call: () => unknown) {
  try {
    call();
  } catch (error) {
    if (isNexusError(error)) return error.failure;
  }
  throw new Error('it was not refused');
}

/** Three doors to OpenAI, one to a provider of the file's own. */
const manyDoors = file({
  providers: {
    openai: {
      accounts: [
        { name: 'team-b', ...key('sk-b') },
        { name: 'default', region: 'eu', ...key('sk-eu'), baseUrl: 'https://eu.api.openai.com/v1' },
        { name: 'team-b', region: 'eu', ...key('sk-eu-b'), limits: { requestsPerMinute: 60 } },
      ],
    },
    kimi: { seller: 'moonshotai', accounts: [{ name: 'default', baseUrl: 'https://api.moonshot.ai/v1' }] },
  },
});

describe('what a name stands for', () => {
  it('a logical model: what has its grade in the order of providers, then what is better', () => {
    const catalogue = createCatalogue({ providers: { openai: key(), google: key() } });
    expect(ids(catalogue.offers('nexus:standard', at))).toEqual([
      'openai:gpt-6-sol',
      'google:gemini-3.8-flash',
      'openai:gpt-6-astra',
      'google:gemini-3.1-pro-preview',
    ]);
    expect(catalogue.offers('nexus:fast', at).map(({ grade }) => grade)).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('a model at a provider: all accounts there; with region or account, those', () => {
    const catalogue = createCatalogue({ providers: { openai: key() }, file: manyDoors });
    const all = ['openai:m', 'openai/team-b:m', 'openai@eu:m', 'openai@eu/team-b:m'];
    expect(ids(catalogue.offers('openai:m', at))).toEqual(all);
    expect(ids(catalogue.offers('openai@eu:m', at))).toEqual(['openai@eu:m', 'openai@eu/team-b:m']);
    for (const id of all.slice(1, 2)) expect(ids(catalogue.offers(id, at))).toEqual([id]);
    expect(ids(catalogue.offers('openai@eu/team-b:m', at))).toEqual(['openai@eu/team-b:m']);
    expect(ids(catalogue.offers('openai/default:m', at))).toEqual(['openai:m']);
  });

  it('models whose names have colons and slashes', () => {
    const catalogue = createCatalogue({ providers: { openrouter: key() } });
    const [only] = catalogue.offers('openrouter:meta-llama/llama-3.3-70b-instruct:free', at);
    expect(only).toMatchObject({ provider: 'openrouter', model: 'meta-llama/llama-3.3-70b-instruct:free' });
  });

  it('what the file names for a tier, instead of what is built in', () => {
    const tiers = {
      standard: ['kimi:kimi-k2.5', 'openai@eu/team-b:gpt-6-sol'],
      best: ['openai:gpt-6-astra'],
    };
    const catalogue = createCatalogue({ providers: {}, file: { ...manyDoors, tiers } });
    const offered = ids(catalogue.offers('nexus:standard', at));
    expect(offered.slice(0, 3)).toEqual([
      'kimi:kimi-k2.5',
      'openai@eu/team-b:gpt-6-sol',
      'openai/team-b:gpt-6-astra',
    ]);
    expect(offered).toHaveLength(5);
  });

  it('the very same deployments, asked again within the minute: nothing is looked up on the way of a call', () => {
    const catalogue = createCatalogue({ providers: { openai: key() }, file: manyDoors });
    for (const id of ['nexus:fast', 'openai:any']) {
      const offers = catalogue.offers(id, at);
      expect(catalogue.offers(id, at + 59_999)).toBe(offers);
      expect(catalogue.offers(id, at + 60_000)).toEqual(offers);
    }
  });

  it('accounts that the file limits a model to', () => {
    const deployments = [{ provider: 'openai', model: 'gpt-6-sol', accounts: ['eu/team-b'] }];
    const catalogue = createCatalogue({ providers: { openai: key() }, file: { ...manyDoors, deployments } });
    expect(ids(catalogue.offers('openai:gpt-6-sol', at))).toEqual(['openai@eu/team-b:gpt-6-sol']);
  });

  it('nothing, with a reason and what to do', () => {
    const catalogue = createCatalogue({ providers: { openai: key() }, file: manyDoors });
    expect(refusal(() => createCatalogue({ providers: {} }).offers('nexus:fast', at))).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      hint: expect.stringContaining('OPENAI_API_KEY'),
    });
    expect(refusal(() => catalogue.offers('nexus:small', at))).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(
        'nexus:fast, nexus:standard, nexus:best, openai:<model>, kimi:<model>',
      ),
    });
    expect(refusal(() => catalogue.offers('google:gemini-3.8-flash', at))).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      hint: expect.stringContaining('GOOGLE_GENERATIVE_AI_API_KEY'),
    });
    expect(refusal(() => catalogue.offers('openai@us:m', at)).message).toContain('openai@eu/team-b:m');
  });
});

describe('a deployment', () => {
  const catalogue = createCatalogue({ providers: { openai: key() }, file: manyDoors });

  it('knows its place: what fails with it, and the limits it shares', () => {
    const [, , , inEurope] = catalogue.offers('openai:gpt-6-sol', at);
    expect(inEurope).toMatchObject({
      id: 'openai@eu/team-b:gpt-6-sol',
      provider: 'openai',
      region: 'eu',
      account: 'team-b',
      family: 'gpt-6-sol',
      grade: 2,
      domains: ['openai', 'openai@eu', 'openai@eu/team-b'],
      pools: [{ id: 'openai@eu/team-b', requestsPerMinute: 60, concurrency: null }],
    });
  });

  it('has context window, abilities and prices of every model that is built in', () => {
    const all = createCatalogue({
      providers: Object.fromEntries(providerNames.map((name) => [name, key()])),
    });
    const listed = modelTiers.flatMap((tier) => all.offers(tierId(tier), at));
    expect(new Set(listed.map(({ provider }) => provider)).size).toBe(providerNames.length);
    for (const { id, contextWindow, maxOutputTokens, abilities, price } of listed) {
      expect([id, contextWindow >= 200_000, maxOutputTokens >= 64_000]).toEqual([id, true, true]);
      expect([id, price?.cacheRead, price?.id]).toEqual([
        id,
        expect.any(Number),
        expect.stringMatching(/^price_[0-9a-f]{24}$/),
      ]);
      expect(abilities).toEqual(expect.arrayContaining(['tools', 'structured-output', 'streaming']));
    }
  });

  it('of one model behind another door is of the same family', () => {
    const two = createCatalogue({ providers: { anthropic: key(), openrouter: key() } });
    const families = two.offers('nexus:best', at).map(({ family }) => family);
    expect(families).toEqual(['claude-opus-5-5', 'claude-opus-5-5']);
  });

  it('is what the file says of it', () => {
    const told = { contextWindow: 32_000, abilities: ['tools'] as const, family: 'house-model' };
    const deployments = [{ provider: 'kimi', model: 'own', ...told }];
    const own = createCatalogue({ providers: {}, file: { ...manyDoors, deployments } });
    expect(own.offers('kimi:own', at)[0]).toMatchObject({ ...told, api: 'openai-compatible', price: null });
  });
});

describe('the price of a deployment', () => {
  const sonnet = 'anthropic:claude-sonnet-5';
  const priceIn = (given: Partial<CatalogueFile>, when = at, id = sonnet) =>
    createCatalogue({ providers: { anthropic: key(), openai: key() }, file: file(given) }).offers(id, when)[0]
      ?.price;

  it('is that of the shipped list, by a version that every process calls the same', () => {
    expect(priceIn({})).toMatchObject({ input: 2e9, output: 10e9, cacheRead: 0.2e9, cacheWrite: 2.5e9 });
    expect(priceIn({})?.id).toBe(priceIn({})?.id);
    // Kept with charges: a release must not rename the same price.
    expect(priceIn({})?.id).toBe('price_d7a6803ef835865943068d40');
  });

  it('has the steps of long inputs', () => {
    expect(priceIn({}, at, 'openai:gpt-6-sol')?.beyond).toEqual({
      inputTokens: 272_000,
      input: 4e9,
      output: 15e9,
      cacheRead: 0.4e9,
      cacheWrite: 5e9,
    });
  });

  it('changes on the day that the list says, to another version', () => {
    const before = priceIn({}, Date.UTC(2025, 5, 1), 'openai:o3');
    const after = priceIn({}, at, 'openai:o3');
    expect([before?.input, after?.input]).toEqual([10e9, 2e9]);
    expect(after?.effectiveFrom).toBe(Date.UTC(2025, 5, 10));
    expect(before?.id).not.toBe(after?.id);
    // The same catalogue, across the day.
    const catalogue = createCatalogue({ providers: { openai: key() } });
    const inputs = [Date.UTC(2025, 5, 9, 23, 59), Date.UTC(2025, 5, 10)].map(
      (when) => catalogue.offers('openai:o3', when)[0]?.price?.input,
    );
    expect(inputs).toEqual([10e9, 2e9]);
  });

  it('is the one that was agreed, where there is one, from the day it holds', () => {
    const from = Date.UTC(2026, 11, 1);
    const agreed = { provider: 'anthropic', model: 'claude-sonnet-5', input: 1.5e9, output: 7e9, from };
    expect(priceIn({ prices: [agreed] }, from - 1)?.input).toBe(2e9);
    expect(priceIn({ prices: [agreed] }, from)).toMatchObject({
      input: 1.5e9,
      output: 7e9,
      cacheRead: null,
      effectiveFrom: from,
    });
  });

  it('may be agreed for some accounts alone', () => {
    const prices = [
      { provider: 'openai', model: 'gpt-6-sol', input: 1e9, output: 5e9, accounts: ['eu/team-b'] },
    ];
    const catalogue = createCatalogue({ providers: { openai: key() }, file: { ...manyDoors, prices } });
    const inputs = catalogue.offers('openai:gpt-6-sol', at).map(({ price }) => price?.input);
    expect(inputs).toEqual([2e9, 2e9, 2e9, 1e9]);
  });

  it('is not made up: nobody knows what it costs', () => {
    expect(priceIn({}, at, 'openai:local-llama')).toBeNull();
  });

  it('is that of the seller whose address is configured', () => {
    const groq = { openai: { baseUrl: 'https://api.groq.com/openai/v1' } };
    const catalogue = createCatalogue({ providers: groq });
    expect(catalogue.offers('openai:llama-3.3-70b-versatile', at)[0]?.price).not.toBeNull();
  });

  it('is what a refresh brought, from when it was brought; and none once it is off the list', () => {
    const catalogue = createCatalogue({ providers: { anthropic: key() } });
    const rates = { input: 3e9, output: 9e9, cacheRead: null, cacheWrite: null, request: 0 };
    const named = { seller: 'anthropic', model: 'claude-sonnet-5' };
    catalogue.takePrices([
      { ...named, effectiveFrom: at, price: { ...rates, id: 'price_new', effectiveFrom: at } },
      { ...named, effectiveFrom: at + 3_600_000, price: null },
    ]);
    const ofThree = [at - 1, at, at + 3_600_000].map((when) => catalogue.offers(sonnet, when)[0]?.price);
    expect(ofThree.map((price) => price?.input)).toEqual([2e9, 3e9, undefined]);
    expect(ofThree[1]?.id).toBe('price_new');
  });
});

describe('the list of models', () => {
  it('is empty while no provider is configured', () => {
    expect(listModels(createCatalogue({ providers: {} }), at)).toEqual([]);
  });

  it('has the logical models with what serves them, and the deployments', () => {
    const listed = listModels(createCatalogue({ providers: { anthropic: key() } }), at);
    expect(listed.map(({ id }) => id)).toEqual([
      'nexus:fast',
      'nexus:standard',
      'nexus:best',
      'anthropic:claude-haiku-4-5',
      'anthropic:claude-sonnet-5',
      'anthropic:claude-opus-5-5',
    ]);
    expect(listed[1]).toMatchObject({
      kind: 'LOGICAL',
      grade: 2,
      contextWindow: 1_000_000,
      inputPrice: '2',
      outputPrice: '10',
      cacheReadPrice: '0.2',
      deployments: ['anthropic:claude-sonnet-5', 'anthropic:claude-opus-5-5'],
    });
    expect(listed[4]).toMatchObject({ kind: 'DEPLOYMENT', account: 'default', priceSource: 'bundled' });
  });

  it('names what a price comes from', () => {
    const prices = [{ provider: 'anthropic', model: 'claude-sonnet-5', input: 1e9, output: 1e9 }];
    const listed = listModels(
      createCatalogue({ providers: { anthropic: key() }, file: file({ prices }) }),
      at,
    );
    expect(listed.find(({ id }) => id === sonnetId)?.priceSource).toBe('file');
  });
});

const sonnetId = 'anthropic:claude-sonnet-5';
