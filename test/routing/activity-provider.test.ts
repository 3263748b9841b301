import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivityProvider } from '#routing';
import type { ProviderSettings } from '#routing';
import { nexusWith, openaiAt, startModelServer, startMuteServer, whose } from './nexus-fixture.js';
import type { Wire } from './wires.js';
import { refuses, startWireServer, wires } from './wires.js';

let server: LLMock;
beforeAll(async () => {
  server = await startModelServer();
});
beforeEach(() => {
  server.reset();
});
afterAll(() => server.stop());

const options = {
  prompt: [{ role: 'user' as const, content: [{ type: 'text' as const, text: 'hello' }] }],
  providerOptions: { nexus: whose },
};

function modelAt(settings: ProviderSettings) {
  return createActivityProvider(nexusWith(settings).provider).languageModel('nexus:standard');
}

function activity(info: { heartbeatTimeoutMs?: number } = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
}

describe('the provider in an activity', () => {
  it('fails as Temporal retries: by code, with the delay that the other side asked for', async () => {
    const wire = wires[0] as Wire;
    const busy = await startWireServer(
      refuses(wire, { status: 503, message: 'busy' }, { 'retry-after': '7' }),
    );
    const settings = { openai: { baseUrl: busy.url } };
    const call = activity().run(async () => modelAt(settings).doGenerate(options));
    await expect(call).rejects.toMatchObject({
      name: 'ApplicationFailure',
      type: 'PROVIDER_UNAVAILABLE',
      nonRetryable: false,
      nextRetryDelay: 7000,
      details: [expect.objectContaining({ code: 'PROVIDER_UNAVAILABLE', retryAfterMs: 7000 })],
    });
    busy.stop();
  });

  it('leaves to the workflow what is to be waited for: no attempt is wasted on a limit', async () => {
    server.on({}, { error: { message: 'slow down' }, status: 429, retryAfter: 7 });
    const call = activity().run(async () => modelAt(openaiAt(server)).doGenerate(options));
    await expect(call).rejects.toMatchObject({
      type: 'PROVIDER_UNAVAILABLE',
      nonRetryable: true,
      details: [
        expect.objectContaining({
          retryAfterMs: 7000,
          wait: { kind: 'RATE_LIMIT', until: expect.any(Number) },
        }),
      ],
    });
  });

  it('is not retried when that is of no use', async () => {
    server.on({}, { error: { message: 'no such key' }, status: 401 });
    const call = activity().run(async () => modelAt(openaiAt(server)).doGenerate(options));
    await expect(call).rejects.toMatchObject({ type: 'PROVIDER_AUTH', nonRetryable: true });
  });

  it('fails so in the middle of a stream, too', async () => {
    server.onMessage(
      'hello',
      { content: 'A long answer that is cut' },
      { chunkSize: 4, truncateAfterChunks: 3, latency: 20 },
    );
    const types: string[] = [];
    const call = activity().run(async () => {
      const { stream } = await modelAt(openaiAt(server)).doStream(options);
      for await (const { type } of stream) types.push(type);
    });
    await expect(call).rejects.toMatchObject({ type: 'PROVIDER_UNAVAILABLE', nonRetryable: false });
    expect(types).toContain('text-delta');
  });

  it('beats while the model is silent, and ends with the activity', async () => {
    const mute = await startMuteServer();
    const environment = activity({ heartbeatTimeoutMs: 20 });
    const beat = new Promise((resolve) => environment.on('heartbeat', resolve));
    const call = environment.run(async () => modelAt(mute.settings).doGenerate(options));
    await mute.asked;
    expect(await beat).toEqual({ model: 'nexus:standard' });
    environment.cancel();
    await expect(call).rejects.toMatchObject({ name: 'CancelledFailure' });
    await mute.hungUp;
    mute.stop();
  });
});
