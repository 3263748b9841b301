import { describe, expect, it } from '@jest/globals';
import { providerNames } from '../settings.js';
import { deployment } from './deployments.js';
import { listModels } from './model-list.js';
import { factsOf, priceOf } from './prices.js';
import { modelTiers, tierModels } from './tiers.js';

const key = { apiKey: { reveal: () => 'sk-test' } };
const at = Date.UTC(2026, 10, 21);

describe('the list of models', () => {
  it('is empty while no provider is configured', () => {
    expect(listModels({}, at)).toEqual([]);
  });

  it('has the tiers with the facts of what serves them, and the models behind them', () => {
    const listed = listModels({ anthropic: key }, at);
    expect(listed.map(({ id }) => id)).toEqual([
      'nexus:small',
      'nexus:standard',
      'nexus:large',
      'anthropic:claude-haiku-4-5',
      'anthropic:claude-sonnet-5',
      'anthropic:claude-opus-5-5',
    ]);
    expect(listed[1]).toMatchObject({
      provider: 'anthropic',
      contextWindow: 1_000_000,
      inputPrice: '2',
      outputPrice: '10',
    });
  });

  it('knows price and context window of every model that serves a tier', () => {
    for (const provider of providerNames) {
      for (const tier of modelTiers) {
        const facts = factsOf(deployment(provider, tierModels[provider][tier]), {}, at);
        expect({ provider, tier, ...facts }).toEqual({
          provider,
          tier,
          contextWindow: expect.any(Number),
          inputPrice: expect.any(Number),
          outputPrice: expect.any(Number),
        });
      }
    }
  });
});

describe('the price of a call', () => {
  const none = { inputTokens: 0, outputTokens: 0, cachedTokens: 0, cacheWriteTokens: 0 };

  it('takes cached tokens at their own price', () => {
    const to = deployment('anthropic', 'claude-sonnet-5');
    const price = priceOf(to, {}, { ...none, inputTokens: 1_000, cachedTokens: 900, outputTokens: 1 }, at);
    expect(price).toEqual({ costNanos: 100 * 2_000 + 900 * 200 + 10_000, priced: true });
  });

  it('rounds up once, and not because of binary fractions', () => {
    const to = deployment('openai', 'gpt-5-nano');
    // 0.05 USD per million is 50 nano-dollars a token; the sum must not become 150.00000000000003 and then 151.
    for (const inputTokens of [1, 3, 7, 1_000_003]) {
      expect(priceOf(to, {}, { ...none, inputTokens }, at).costNanos).toBe(50 * inputTokens);
    }
    expect(priceOf(to, {}, { ...none, inputTokens: 1, cachedTokens: 1 }, at).costNanos).toBe(5);
  });

  it('is that of the seller whose address is configured', () => {
    const groq = { openai: { baseUrl: 'https://api.groq.com/openai/v1' } };
    const to = deployment('openai', 'llama-3.3-70b-versatile');
    expect(priceOf(to, groq, { ...none, inputTokens: 10 }, at).priced).toBe(true);
    expect(priceOf(to, {}, { ...none, inputTokens: 10 }, at).priced).toBe(false);
  });
});
