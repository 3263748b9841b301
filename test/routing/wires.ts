import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import type { LanguageModelV4 } from '@ai-sdk/provider';

/** How a provider speaks: the SDK that calls it, and what a server of its kind says. */
export interface Wire {
  readonly name: string;
  readonly provider: 'openai' | 'anthropic' | 'openrouter';
  readonly model: string;
  readonly adapter: (baseUrl: string) => LanguageModelV4;
  /** Frames of a stream: its beginning with a first piece of text, a further piece, and a proper end. */
  readonly begin: (text: string) => string;
  readonly more: (text: string) => string;
  readonly end: (finish?: 'stop' | 'filtered') => string;
  /** A frame that tells of an error, after all had seemed well. */
  readonly inBand: (error: ToldError) => string;
  /** The body of a refusal. */
  readonly refusal: (error: ToldError) => string;
  readonly overflow: string;
  readonly outOfCredit: { readonly status: number; readonly message: string; readonly code?: string };
}

export interface ToldError {
  readonly status: number;
  readonly message: string;
  readonly code?: string | undefined;
}

const apiKey = 'sk-test';

function frame(data: object | string, event?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data);
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${text}\n\n`;
}

function chunk(delta: object, finish: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return frame({ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm', choices });
}

const openAiTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  429: 'rate_limit_error',
  500: 'server_error',
  503: 'server_error',
};

const chat = {
  begin: (text: string) => chunk({ role: 'assistant', content: text }),
  more: (text: string) => chunk({ content: text }),
  end: (finish: 'stop' | 'filtered' = 'stop') => {
    const usage = { prompt_tokens: 12, completion_tokens: 34, total_tokens: 46 };
    const last = frame({
      id: 'c1',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [],
      usage,
    });
    return chunk({}, finish === 'stop' ? 'stop' : 'content_filter') + last + frame('[DONE]');
  },
};

/** An endpoint that speaks OpenAI's chat completions. */
const openAiChat: Wire = {
  name: 'OpenAI (chat completions)',
  provider: 'openai',
  model: 'gpt-6-sol',
  adapter: (baseURL) =>
    createOpenAICompatible({ name: 'openai', baseURL, apiKey, includeUsage: true }).languageModel(
      'gpt-6-sol',
    ),
  ...chat,
  inBand: ({ status, message, code }) =>
    frame({ error: { message, type: openAiTypes[status] ?? 'server_error', code: code ?? null } }),
  refusal: ({ status, message, code }) =>
    JSON.stringify({ error: { message, type: openAiTypes[status] ?? 'server_error', code: code ?? null } }),
  overflow: "This model's maximum context length is 8192 tokens",
  outOfCredit: {
    status: 429,
    message: 'You exceeded your current quota, please check your plan',
    code: 'insufficient_quota',
  },
};

const openAiResponses: Wire = {
  ...openAiChat,
  name: 'OpenAI (responses)',
  adapter: (baseURL) => createOpenAI({ baseURL, apiKey }).responses('gpt-6-sol'),
  begin: (text) => {
    const response = { id: 'r1', object: 'response', created_at: 1, model: 'gpt-6-sol' };
    const item = { id: 'm1', type: 'message', role: 'assistant', status: 'in_progress', content: [] };
    return (
      frame({ type: 'response.created', sequence_number: 0, response }) +
      frame({ type: 'response.output_item.added', sequence_number: 1, output_index: 0, item }) +
      openAiResponses.more(text)
    );
  },
  more: (delta) =>
    frame({
      type: 'response.output_text.delta',
      sequence_number: 2,
      item_id: 'm1',
      output_index: 0,
      content_index: 0,
      delta,
    }),
  end: (finish = 'stop') => {
    const usage = { input_tokens: 12, output_tokens: 34 };
    const incomplete = { incomplete_details: { reason: 'content_filter' } };
    const item = { id: 'm1', type: 'message', role: 'assistant', status: 'completed', content: [] };
    const response = { usage, ...(finish === 'stop' ? {} : incomplete) };
    const type = finish === 'stop' ? 'response.completed' : 'response.incomplete';
    return (
      frame({ type: 'response.output_item.done', sequence_number: 3, output_index: 0, item }) +
      frame({ type, sequence_number: 4, response })
    );
  },
  inBand: ({ status, message, code }) =>
    frame({
      type: 'error',
      sequence_number: 5,
      code: code ?? openAiTypes[status] ?? 'server_error',
      message,
      param: null,
    }),
};

const anthropicTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  503: 'overloaded_error',
  529: 'overloaded_error',
};

const anthropic: Wire = {
  name: 'Anthropic',
  provider: 'anthropic',
  model: 'claude-sonnet-5',
  adapter: (baseURL) => createAnthropic({ baseURL, apiKey }).languageModel('claude-sonnet-5'),
  begin: (text) => {
    const message = {
      id: 'm1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-5',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 12, output_tokens: 1 },
    };
    const block = { type: 'text', text: '' };
    return (
      frame({ type: 'message_start', message }, 'message_start') +
      frame({ type: 'content_block_start', index: 0, content_block: block }, 'content_block_start') +
      anthropic.more(text)
    );
  },
  more: (text) => {
    const delta = { type: 'text_delta', text };
    return frame({ type: 'content_block_delta', index: 0, delta }, 'content_block_delta');
  },
  end: (finish = 'stop') => {
    const delta = { stop_reason: finish === 'stop' ? 'end_turn' : 'refusal', stop_sequence: null };
    return (
      frame({ type: 'content_block_stop', index: 0 }, 'content_block_stop') +
      frame({ type: 'message_delta', delta, usage: { output_tokens: 34 } }, 'message_delta') +
      frame({ type: 'message_stop' }, 'message_stop')
    );
  },
  inBand: ({ status, message }) =>
    frame({ type: 'error', error: { type: anthropicTypes[status] ?? 'api_error', message } }, 'error'),
  refusal: ({ status, message }) =>
    JSON.stringify({ type: 'error', error: { type: anthropicTypes[status] ?? 'api_error', message } }),
  overflow: 'prompt is too long: 210000 tokens > 200000 maximum',
  outOfCredit: { status: 400, message: 'Your credit balance is too low to access the Anthropic API' },
};

const openRouter: Wire = {
  name: 'OpenRouter',
  provider: 'openrouter',
  model: 'anthropic/claude-sonnet-5',
  adapter: (baseURL) =>
    createOpenAICompatible({ name: 'openrouter', baseURL, apiKey, includeUsage: true }).languageModel(
      'anthropic/claude-sonnet-5',
    ),
  ...chat,
  inBand: ({ status, message }) =>
    frame({
      id: 'c1',
      object: 'chat.completion.chunk',
      error: { code: status, message },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    }),
  refusal: ({ status, message }) => JSON.stringify({ error: { code: status, message } }),
  overflow: "This endpoint's maximum context length is 200000 tokens",
  outOfCredit: { status: 402, message: 'Insufficient credits' },
};

/** Google joins them when its adapter is among the dependencies: its wire goes here, and every row is tried on it. */
export const wires: readonly Wire[] = [openAiChat, openAiResponses, anthropic, openRouter];

/** What a server does with a request. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

/** A stream of these frames, and what then becomes of the connection. */
export function streams(frames: readonly string[], then: 'end' | 'hang' | 'reset' = 'end'): Answer {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    for (const each of frames) response.write(each);
    if (then === 'end') response.end();
    // What was written is to arrive before the connection is lost.
    if (then === 'reset') setTimeout(() => response.socket?.resetAndDestroy(), 20);
  };
}

export function refuses(
  wire: Wire,
  error: ToldError,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (response) => {
    response.writeHead(error.status, { 'content-type': 'application/json', ...headers });
    response.end(wire.refusal(error));
  };
}

export interface WireServer {
  readonly url: string;
  /** How many requests came. */
  readonly asked: () => number;
  readonly stop: () => void;
}

/** A server on loopback that gives these answers in turn, the last one from then on. */
export async function startWireServer(...answers: readonly Answer[]): Promise<WireServer> {
  let asked = 0;
  const server = createServer((request, response) => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked++;
    request.resume();
    request.on('end', () => answer?.(response, request));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked: () => asked,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
