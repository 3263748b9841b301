import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import type { LanguageModelV4CallOptions, ProviderV4 } from '@ai-sdk/provider';
import {
  anthropicAt,
  failureFrom,
  nexusWith,
  openaiAt,
  openaiKey,
  startModelServer,
  startMuteServer,
  startStreamServer,
  whose,
} from './nexus-fixture.js';

let server: LLMock;
beforeAll(async () => {
  server = await startModelServer();
});
beforeEach(() => {
  server.reset();
});
afterAll(() => server.stop());

function asking(text: string): LanguageModelV4CallOptions {
  return { prompt: [{ role: 'user', content: [{ type: 'text', text }] }], providerOptions: { nexus: whose } };
}

function ask(provider: ProviderV4, text: string, model = 'nexus:standard') {
  return provider.languageModel(model).doGenerate(asking(text));
}

describe('a model call', () => {
  for (const [name, settings] of [
    ['OpenAI', openaiAt],
    ['Anthropic', anthropicAt],
  ] as const) {
    it(`answers through ${name}, logs what it used and says what it cost`, async () => {
      const usage = { prompt_tokens: 1000, completion_tokens: 10, input_tokens: 1000, output_tokens: 10 };
      server.onMessage('hello', { content: 'Hi there!', usage });
      const { provider, calls } = nexusWith(settings(server));
      const reply = await ask(provider, 'hello');
      expect(reply.content).toEqual([expect.objectContaining({ type: 'text', text: 'Hi there!' })]);
      expect(calls).toEqual([
        expect.objectContaining({
          ...whose,
          inputTokens: 1000,
          outputTokens: 10,
          priced: true,
          finishReason: 'stop',
        }),
      ]);
      const [call] = calls;
      expect(call?.costNanos).toBe(2_100_000);
      expect(reply.providerMetadata?.['nexus']).toMatchObject({
        deployment: call?.deployment,
        costNanos: call?.costNanos,
      });
    });
  }

  it('carries neither the prompt nor raw responses into the history', async () => {
    server.onMessage('a long secret prompt', { content: 'ok' });
    const { provider } = nexusWith(openaiAt(server));
    expect(JSON.stringify(await ask(provider, 'a long secret prompt'))).not.toContain('a long secret prompt');
  });

  it('takes a model by its own name, and counts one without a price as free and unpriced', async () => {
    server.on({ model: 'local-llama' }, { content: 'baa' });
    const { provider, calls } = nexusWith(openaiAt(server));
    await ask(provider, 'hello', 'openai:local-llama');
    expect(calls).toEqual([
      expect.objectContaining({ deployment: 'openai:local-llama', costNanos: 0, priced: false }),
    ]);
  });

  it('goes through OpenRouter, whose models have names of their own', async () => {
    server.onMessage('hello', { content: 'Hi there!' });
    const openrouter = { apiKey: { reveal: () => 'sk-or-test' }, baseUrl: `${server.url}/v1` };
    const { provider, calls } = nexusWith({ openrouter });
    await ask(provider, 'hello');
    expect(calls).toEqual([
      expect.objectContaining({ deployment: 'openrouter:anthropic/claude-sonnet-5', priced: true }),
    ]);
  });

  it('goes to the next provider when the first one is down', async () => {
    const down = { openai: { baseUrl: 'http://127.0.0.1:9/v1' } };
    server.onMessage('hello', { content: 'Hi there!' });
    const { provider, calls } = nexusWith({ ...down, ...anthropicAt(server) });
    await ask(provider, 'hello');
    expect(calls.map((call) => call.provider)).toEqual(['anthropic']);
  });

  it('does not start when the guard refuses', async () => {
    const guard = async (): Promise<AbortSignal> => {
      throw Object.assign(new Error('the budget is used up'), { failure: { code: 'BUDGET_EXCEEDED' } });
    };
    const { provider } = nexusWith(openaiAt(server), { guard });
    expect(await failureFrom(ask(provider, 'hello'))).toEqual({ code: 'BUDGET_EXCEEDED' });
    expect(server.getRequests()).toEqual([]);
  });
});

describe('a model call that fails', () => {
  const failing = async (status: number, error: { message: string; code?: string }, retryAfter?: number) => {
    server.on({}, { error, status, ...(retryAfter === undefined ? {} : { retryAfter }) });
    const { provider, calls } = nexusWith(openaiAt(server));
    const failure = await failureFrom(ask(provider, 'hello'));
    expect(calls).toEqual([]);
    expect(server.getRequests()).toHaveLength(1);
    return failure;
  };

  it('says when to try again after 429', async () => {
    expect(await failing(429, { message: 'slow down' }, 7)).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryable: true,
      retryAfterMs: 7000,
    });
  });

  it('waits no longer than 15 minutes', async () => {
    expect(await failing(429, { message: 'slow down' }, 86_400)).toMatchObject({ retryAfterMs: 900_000 });
  });

  it('is worth a retry after 500', async () => {
    expect(await failing(500, { message: 'oops' })).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryable: true,
    });
  });

  it('is a matter of the key after 401, and does not tell the key', async () => {
    const failure = await failing(401, { message: `Incorrect API key provided: ${openaiKey}` });
    expect(failure).toMatchObject({ code: 'PROVIDER_AUTH', retryable: false });
    expect(JSON.stringify(failure)).not.toContain(openaiKey);
    expect(failure['message']).toContain('***');
  });

  it('is a matter of money when credit has run out', async () => {
    const error = { message: 'You exceeded your current quota', code: 'insufficient_quota' };
    expect(await failing(429, error)).toMatchObject({ code: 'PROVIDER_QUOTA', retryable: false });
  });

  it('is a matter of the prompt when the context overflows', async () => {
    const error = {
      message: "This model's maximum context length is 8192 tokens",
      code: 'context_length_exceeded',
    };
    expect(await failing(400, error)).toMatchObject({ code: 'CONTEXT_OVERFLOW', retryable: false });
  });

  it('is bad input when the provider does not know the model', async () => {
    expect(await failing(404, { message: 'no such model' })).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('is bad input after any other 400', async () => {
    expect(await failing(400, { message: 'bad schema' })).toMatchObject({
      code: 'INVALID_INPUT',
      retryable: false,
    });
  });

  it('is unavailable when nothing listens', async () => {
    const { provider } = nexusWith({ openai: { baseUrl: 'http://127.0.0.1:9/v1' } });
    expect(await failureFrom(ask(provider, 'hello'))).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryable: true,
    });
  });

  it('is refused when the provider withholds the answer, and is billed', async () => {
    server.onMessage('hello', { content: '', finishReason: 'content_filter' });
    const { provider, calls } = nexusWith(openaiAt(server));
    expect(await failureFrom(ask(provider, 'hello'))).toMatchObject({ code: 'CONTENT_FILTERED' });
    expect(calls).toHaveLength(1);
  });

  it('is cut when the provider is silent for too long', async () => {
    const mute = await startMuteServer();
    const timeouts = { callMs: 50, firstPartMs: 50, stallMs: 50 };
    const { provider } = nexusWith(mute.settings, { timeouts });
    expect(await failureFrom(ask(provider, 'hello'))).toMatchObject({ code: 'TIMEOUT', retryable: true });
    mute.stop();
  });

  it('ends at once when the caller gives up', async () => {
    const mute = await startMuteServer();
    const { provider } = nexusWith(mute.settings);
    const abortSignal = AbortSignal.timeout(30);
    const call = provider.languageModel('nexus:standard').doGenerate({ ...asking('hello'), abortSignal });
    expect(await failureFrom(call)).toMatchObject({ code: 'CANCELLED', retryable: false });
    mute.stop();
  });
});

describe('a streamed model call', () => {
  const stream = async (settings = openaiAt(server), nexus = nexusWith(settings)) => {
    const { stream: parts } = await nexus.provider.languageModel('nexus:standard').doStream(asking('hello'));
    const types: string[] = [];
    for await (const part of parts) types.push(part.type);
    return { types, calls: nexus.calls };
  };

  for (const [name, settings] of [
    ['OpenAI', openaiAt],
    ['Anthropic', anthropicAt],
  ] as const) {
    it(`passes the parts on and logs the call (${name})`, async () => {
      server.onMessage('hello', { content: 'Hi there!' });
      const { types, calls } = await stream(settings(server));
      expect(types).toEqual(expect.arrayContaining(['text-start', 'text-delta', 'text-end', 'finish']));
      expect(calls).toHaveLength(1);
    });

    it(`fails when the connection is cut (${name})`, async () => {
      server.onMessage(
        'hello',
        { content: 'A long answer that never ends' },
        { chunkSize: 4, truncateAfterChunks: 3, latency: 20 },
      );
      expect(await failureFrom(stream(settings(server)))).toMatchObject({
        code: 'PROVIDER_UNAVAILABLE',
        retryable: true,
      });
    });
  }

  it('fails when the stream ends in good order but without a finish', async () => {
    const part = { choices: [{ index: 0, delta: { content: 'A long answer' }, finish_reason: null }] };
    const ending = await startStreamServer([part]);
    expect(await failureFrom(stream(ending.settings))).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryable: true,
    });
    ending.stop();
  });

  it('fails when the provider tells of an error in the stream', async () => {
    const failing = await startStreamServer([{ error: { message: 'overloaded', type: 'server_error' } }]);
    const failure = await failureFrom(stream(failing.settings));
    expect(failure).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: true });
    expect(failure['message']).toContain('overloaded');
    failing.stop();
  });

  it('fails when the parts stop coming', async () => {
    server.onMessage('hello', { content: 'slow' }, { chunkSize: 4, latency: 200 });
    const timeouts = { callMs: 60_000, firstPartMs: 60, stallMs: 60 };
    const nexus = nexusWith(openaiAt(server), { timeouts });
    expect(await failureFrom(stream(openaiAt(server), nexus))).toMatchObject({
      code: 'TIMEOUT',
      retryable: true,
    });
  });
});

describe('the name of a model', () => {
  it('is refused with what there is when nobody knows it', async () => {
    const { provider } = nexusWith(openaiAt(server));
    const failure = await failureFrom(ask(provider, 'hello', 'nexus:huge'));
    expect(failure).toMatchObject({ code: 'INVALID_INPUT', retryable: false });
    expect(failure['message']).toContain('nexus:fast, nexus:standard, nexus:best, openai:<model>');
  });

  it('cannot be served while no provider is configured', async () => {
    const { provider } = nexusWith({});
    expect(await failureFrom(ask(provider, 'hello'))).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryable: false,
      hint: expect.stringMatching(/OPENAI_API_KEY.*GOOGLE_GENERATIVE_AI_API_KEY.*NEXUS_MODELS/),
    });
  });

  it('cannot be served by a provider that is not configured', async () => {
    const { provider } = nexusWith(openaiAt(server));
    const failure = await failureFrom(ask(provider, 'hello', 'anthropic:claude-sonnet-5'));
    expect(failure).toMatchObject({ code: 'PROVIDER_UNAVAILABLE', retryable: false });
  });
});
