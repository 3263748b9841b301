import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import type { LanguageModelV4CallOptions, ProviderV4 } from '@ai-sdk/provider';
import { createCatalogue } from '#routing';
import type { CatalogueFile } from '#routing';
import { nexusWith, startModelServer, whose } from './nexus-fixture.js';

let server: LLMock;
beforeAll(async () => {
  server = await startModelServer();
});
beforeEach(() => {
  server.reset();
});
afterAll(() => server.stop());

const apiKey = { reveal: () => 'test-key-0001' };
const googleAt = (address: string) => ({ google: { apiKey, baseUrl: `${address}/v1beta` } });
const openrouterAt = (address: string) => ({ openrouter: { apiKey, baseUrl: `${address}/api/v1` } });

function asking(text: string): LanguageModelV4CallOptions {
  return { prompt: [{ role: 'user', content: [{ type: 'text', text }] }], providerOptions: { nexus: whose } };
}

const ask = (provider: ProviderV4, text: string, model = 'nexus:standard') =>
  provider.languageModel(model).doGenerate(asking(text));

async function streamed(provider: ProviderV4, text: string, model = 'nexus:standard'): Promise<string> {
  const { stream } = await provider.languageModel(model).doStream(asking(text));
  let answer = '';
  for await (const part of stream as unknown as AsyncIterable<{ type: string; delta?: string }>)
    if (part.type === 'text-delta') answer += part.delta;
  return answer;
}

/** A server that gives every request the same JSON, as the only part of a stream, and keeps what it was asked. */
async function startFixedServer(json: object, status = 200) {
  const asked: { path: string; body: Record<string, unknown>; headers: Record<string, unknown> }[] = [];
  const fixed = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      asked.push({ path: request.url ?? '', body: JSON.parse(body), headers: request.headers });
      const isStream = status === 200;
      response.writeHead(status, { 'content-type': isStream ? 'text/event-stream' : 'application/json' });
      response.end(isStream ? `data: ${JSON.stringify(json)}\n\n` : JSON.stringify(json));
    });
  });
  await new Promise<void>((listening) => fixed.listen(0, '127.0.0.1', listening));
  const { port } = fixed.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, asked, stop: () => void fixed.close() };
}

describe('Google (C1)', () => {
  it('answers, whole and as a stream, and is billed by its own prices', async () => {
    server.onMessage('hello', {
      content: 'Hi there!',
      usage: { promptTokenCount: 1000, candidatesTokenCount: 10 },
    });
    const { provider, calls } = nexusWith(googleAt(server.url));
    const reply = await ask(provider, 'hello');
    expect(reply.content).toEqual([expect.objectContaining({ type: 'text', text: 'Hi there!' })]);
    expect(await streamed(provider, 'hello')).toBe('Hi there!');
    // 0.75 and 3.75 dollars per million.
    const call = {
      deployment: 'google:gemini-3.8-flash',
      provider: 'google',
      inputTokens: 1000,
      outputTokens: 10,
      costNanos: 1000 * 750 + 10 * 3_750,
      priceVersion: expect.stringMatching(/^price_/),
    };
    expect(calls).toEqual([expect.objectContaining(call), expect.objectContaining(call)]);
    for (const { path } of server.getRequests()) expect(path).toContain('/v1beta/models/gemini-3.8-flash:');
  });

  it('is billed for cached tokens at their price, and for thoughts as for output', async () => {
    const usageMetadata = {
      promptTokenCount: 1000,
      cachedContentTokenCount: 800,
      candidatesTokenCount: 10,
      thoughtsTokenCount: 30,
    };
    const content = { role: 'model', parts: [{ text: 'Hi' }] };
    const json = { candidates: [{ content, finishReason: 'STOP' }], usageMetadata };
    const fixed = await startFixedServer(json);
    try {
      const { provider, calls } = nexusWith(googleAt(fixed.url));
      await ask(provider, 'hello');
      expect(calls).toEqual([
        expect.objectContaining({
          inputTokens: 1000,
          cachedTokens: 800,
          outputTokens: 40,
          costNanos: 200 * 750 + 800 * 75 + 40 * 3_750,
        }),
      ]);
      expect(fixed.asked[0]?.headers['x-goog-api-key']).toBe('test-key-0001');
    } finally {
      fixed.stop();
    }
  });

  it('takes the schema that a reply is to have', async () => {
    const content = { role: 'model', parts: [{ text: '{"a":1}' }] };
    const json = {
      candidates: [{ content, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 20 },
    };
    const fixed = await startFixedServer(json);
    try {
      const { provider } = nexusWith(googleAt(fixed.url));
      const schema = { type: 'object', properties: { a: { type: 'integer' } } } as const;
      await provider
        .languageModel('nexus:fast')
        .doGenerate({ ...asking('hello'), responseFormat: { type: 'json', schema } });
      expect(JSON.stringify(fixed.asked[0]?.body['generationConfig'])).toContain('integer');
    } finally {
      fixed.stop();
    }
  });
});

describe('OpenRouter (C1)', () => {
  const usage = {
    prompt_tokens: 1000,
    completion_tokens: 10,
    prompt_tokens_details: { cached_tokens: 600, cache_write_tokens: 300 },
  };

  it('is billed what it says that the call costs, whole and as a stream', async () => {
    server.onMessage('hello', { content: 'Hi there!', usage: { ...usage, cost: 0.00123 } });
    const { provider, calls } = nexusWith(openrouterAt(server.url));
    await ask(provider, 'hello');
    expect(await streamed(provider, 'hello')).toBe('Hi there!');
    const call = {
      deployment: 'openrouter:anthropic/claude-sonnet-5',
      inputTokens: 1000,
      cachedTokens: 600,
      cacheWriteTokens: 300,
      costNanos: 1_230_000,
      priced: true,
      priceVersion: 'reported',
    };
    expect(calls).toEqual([expect.objectContaining(call), expect.objectContaining(call)]);
  });

  it('is asked to say so', async () => {
    const delta = { role: 'assistant', content: 'Hi' };
    const json = { choices: [{ index: 0, delta, finish_reason: 'stop' }], usage };
    const fixed = await startFixedServer(json);
    try {
      const { provider } = nexusWith(openrouterAt(fixed.url));
      await ask(provider, 'hello');
      expect(fixed.asked[0]).toMatchObject({
        path: '/api/v1/chat/completions',
        body: { model: 'anthropic/claude-sonnet-5', usage: { include: true } },
        headers: { authorization: 'Bearer test-key-0001' },
      });
    } finally {
      fixed.stop();
    }
  });

  it('is billed by its list where it says nothing: reads and writes of the cache at their prices', async () => {
    server.onMessage('hello', { content: 'Hi there!', usage });
    const { provider, calls } = nexusWith(openrouterAt(server.url));
    await ask(provider, 'hello');
    // 2, 0.2, 2.5 and 10 dollars per million.
    expect(calls[0]?.costNanos).toBe(100 * 2_000 + 600 * 200 + 300 * 2_500 + 10 * 10_000);
    expect(calls[0]?.priceVersion).toMatch(/^price_/);
  });
});

describe('a provider of the catalogue file (C1)', () => {
  const file = (changes: Partial<CatalogueFile>): CatalogueFile => ({
    providers: {},
    deployments: [],
    prices: [],
    tiers: {},
    ...changes,
  });

  it('is any server that speaks chat completions, at the price that was agreed', async () => {
    server.onMessage('hello', { content: 'Hi there!', usage: { prompt_tokens: 100, completion_tokens: 10 } });
    const catalogue = createCatalogue({
      providers: {},
      file: file({
        providers: { house: { accounts: [{ name: 'default', apiKey, baseUrl: `${server.url}/v1` }] } },
        prices: [{ provider: 'house', model: 'llama', input: 1e9, output: 2e9 }],
        tiers: { standard: ['house:llama'] },
      }),
    });
    const { provider, calls } = nexusWith({}, { catalogue });
    await ask(provider, 'hello');
    expect(calls).toEqual([
      expect.objectContaining({
        deployment: 'house:llama',
        provider: 'house',
        costNanos: 100 * 1_000 + 10 * 2_000,
      }),
    ]);
  });

  it('has a key of its own at each account, and none of them is told', async () => {
    const fixed = await startFixedServer({ error: { message: 'key key-of-b is bad' } }, 401);
    const accounts = ['a', 'b'].map((name) => ({
      name,
      apiKey: { reveal: () => `key-of-${name}` },
      baseUrl: `${fixed.url}/v1`,
    }));
    try {
      const catalogue = createCatalogue({
        providers: {},
        file: file({ providers: { house: { accounts } } }),
      });
      const { provider } = nexusWith({}, { catalogue });
      const failure = await ask(provider, 'hello', 'house/b:llama').then(
        () => null,
        (error: unknown) => error as Error,
      );
      expect(fixed.asked.map(({ headers }) => headers['authorization'])).toEqual(['Bearer key-of-b']);
      expect(failure?.message).toContain('house/b:llama');
      expect(failure?.message).not.toContain('key-of-b');
    } finally {
      fixed.stop();
    }
  });
});
