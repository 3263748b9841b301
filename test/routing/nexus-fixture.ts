import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LLMock } from '@copilotkit/aimock';
import type { ProviderV4 } from '@ai-sdk/provider';
import { createMemoryConversations, createNexusProvider } from '#routing';
import type { ModelCallRecord, NexusProviderDeps, ProviderSettings } from '#routing';

/** A server on loopback that speaks as OpenAI and Anthropic do. */
export async function startModelServer(): Promise<LLMock> {
  const server = new LLMock({ port: 0 });
  await server.start();
  return server;
}

/** A server that takes requests and never answers. */
export async function startMuteServer(): Promise<{
  readonly settings: ProviderSettings;
  /** Settles when the first request has come. */
  readonly asked: Promise<void>;
  /** Settles when a caller has given up. */
  readonly hungUp: Promise<void>;
  readonly stop: () => void;
}> {
  const asked = Promise.withResolvers<void>();
  const hungUp = Promise.withResolvers<void>();
  const server = await listen((response) => {
    asked.resolve();
    response.on('close', hungUp.resolve);
  });
  return { ...server, asked: asked.promise, hungUp: hungUp.promise };
}

/** A server that answers every request with these parts of a stream, and then ends it in good order. */
export function startStreamServer(parts: readonly object[]) {
  return listen((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const part of parts) response.write(`data: ${JSON.stringify(part)}\n\n`);
    response.end();
  });
}

async function listen(
  answer: (response: ServerResponse) => void,
): Promise<{ readonly settings: ProviderSettings; readonly stop: () => void }> {
  const server = createServer((_request, response) => answer(response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { settings: { openai: { baseUrl: `http://127.0.0.1:${port}/v1` } }, stop };
}

export const openaiKey = 'sk-test-openai-0001';

export function openaiAt(server: LLMock): ProviderSettings {
  return { openai: { apiKey: { reveal: () => openaiKey }, baseUrl: `${server.url}/v1` } };
}

export function anthropicAt(server: LLMock): ProviderSettings {
  return { anthropic: { apiKey: { reveal: () => 'sk-ant-test-0001' }, baseUrl: `${server.url}/v1` } };
}

/** The provider with its ports in memory, and what it logged. */
export function nexusWith(
  providers: ProviderSettings,
  deps: Partial<NexusProviderDeps> = {},
): { provider: ProviderV4; calls: ModelCallRecord[] } {
  const calls: ModelCallRecord[] = [];
  const provider = createNexusProvider({
    providers,
    callLog: async (call) => {
      calls.push(call);
    },
    conversations: createMemoryConversations(),
    loadValue: async () => null,
    ...deps,
  });
  return { provider, calls };
}

export const whose = { tenant: 'default', runId: 'run_1', taskPath: 'explain' };

/** The failure that a promise ends with. */
export async function failureFrom(promise: PromiseLike<unknown>): Promise<Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    const { failure } = error as { failure?: Record<string, unknown> };
    if (failure !== undefined) return failure;
    throw error;
  }
  throw new Error('it did not fail');
}
