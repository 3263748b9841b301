import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import type { Failure, JsonValue } from '#contracts';
import { openaiAt, startModelServer, startMuteServer } from '../routing/nexus-fixture.js';
import { agent, startAgents } from './agents-fixture.js';
import type { AgentsFixture } from './agents-fixture.js';

const kept = new Map<string, JsonValue>([['art_big', { text: 'kept far away' }]]);

let server: LLMock;
let agents: AgentsFixture;
beforeAll(async () => {
  server = await startModelServer();
  agents = await startAgents(openaiAt(server), kept);
});
beforeEach(() => {
  server.reset();
  agents.calls.length = 0;
  agents.toolCalls.length = 0;
});
afterAll(async () => {
  await agents.close();
  await server.stop();
});

const usage = { prompt_tokens: 1000, completion_tokens: 100 };

/** The model's replies, one for each turn. */
function replies(...turns: Parameters<LLMock['on']>[1][]): void {
  for (const [turnIndex, reply] of turns.entries()) server.on({ turnIndex }, reply);
}

function call(name: string, args: JsonValue, id = `call_${name}`) {
  return { id, name, arguments: JSON.stringify(args) };
}

function sentMessages(): { role: string; content: string; tool_call_id?: string }[] {
  const body = server.getLastRequest()?.body as unknown as { messages: never[] } | undefined;
  return body?.messages ?? [];
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  const { cause } = error as { cause?: { type?: string; details?: Failure[] } };
  const [failure] = cause?.details ?? [];
  expect(cause?.type).toBe(failure?.code);
  return failure as Failure;
}

describe('the task of an agent', () => {
  it('takes turns until there is a result, each call a step of its own, and sums up what it used', async () => {
    replies(
      { toolCalls: [call('file_read', { path: 'a' }, 'c1'), call('git_log', {}, 'c2')], usage },
      { content: 'It is blue.', usage },
    );
    const handle = await agents.start({ tool: ({ tool }) => ({ output: { inline: `from ${tool}` } }) });
    expect(await handle.result()).toEqual({
      result: { inline: 'It is blue.' },
      turns: 2,
      usage: {
        inputTokens: 2000,
        outputTokens: 200,
        cachedTokens: 0,
        modelCalls: 2,
        toolCalls: 2,
        costNanos: 2 * (1000 * 2000 + 100 * 10_000),
      },
    });
    const made = agents.toolCalls.map(({ path, tool, input }) => ({ path, tool, input }));
    expect(made.toSorted((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'find/turn[0]/call[0]', tool: 'file.read', input: { path: 'a' } },
      { path: 'find/turn[0]/call[1]', tool: 'git.log', input: {} },
    ]);
    expect(sentMessages().map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'tool']);
    expect(sentMessages()[0]?.content).toBe('You find things out.');
  });

  it('carries every message through its history once, however many turns there are', async () => {
    const look = { toolCalls: [call('file_read', { path: 'a' })] };
    replies(look, look, look, { content: 'Done.' });
    let count = 0;
    const handle = await agents.start({
      task: { inline: { task: 'the very first question' } },
      tool: () => ({ output: { inline: `finding number ${count++}` } }),
    });
    await handle.result();
    expect(sentMessages()).toHaveLength(8);
    const { text } = await handle.history();
    // Once in the workflow's input, once in the first turn's; a result once as such and once in the next turn's.
    expect(text.split('the very first question')).toHaveLength(3);
    expect(text.split('finding number 0')).toHaveLength(3);
  });

  it('goes on in a new history between two turns, with the same conversation', async () => {
    const look = { toolCalls: [call('file_read', { path: 'a' })], usage };
    replies(look, look, { content: 'Done.', usage });
    const handle = await agents.start({
      continueAfterEvents: 1,
      tool: () => ({ output: { inline: 'seen' } }),
    });
    expect(await handle.result()).toMatchObject({ turns: 3, usage: { modelCalls: 3, toolCalls: 2 } });
    const { runs, replay } = await handle.history();
    expect(runs).toBe(3);
    await replay();
    expect(sentMessages().map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'assistant',
      'tool',
    ]);
  });

  it('tells the model why a call failed, and lets it find another way', async () => {
    replies(
      { toolCalls: [call('file_read', { path: 'lost' }, 'c1'), call('no_such', {}, 'c2')] },
      { content: 'There is none.' },
    );
    const error = { code: 'TOOL_FAILED', message: 'no such file', retryable: false, hint: 'list the folder' };
    const handle = await agents.start({ tool: () => ({ error }) });
    expect((await handle.result()).result).toEqual({ inline: 'There is none.' });
    const told = sentMessages().filter(({ role }) => role === 'tool');
    expect(told.map(({ content }) => content)).toEqual([
      'TOOL_FAILED: no such file (list the folder)',
      'INVALID_INPUT: there is no tool no_such; there are: file_read, git_log',
    ]);
    expect(agents.toolCalls).toHaveLength(1);
  });

  it('gives the model large values that only a reference stands for', async () => {
    replies({ toolCalls: [call('file_read', {})] }, { content: 'Read.' });
    const big = { ref: 'art_big', bytes: 100_000 };
    const handle = await agents.start({ task: big, tool: () => ({ output: big }) });
    await handle.result();
    const [, task, , result] = sentMessages();
    expect(JSON.stringify(task?.content)).toContain('kept far away');
    expect(result?.content).toBe('{"text":"kept far away"}');
    expect((await handle.history()).text).not.toContain('kept far away');
  });

  it('takes only a result that fits the schema', async () => {
    const output = {
      type: 'object',
      required: ['colour'],
      properties: { colour: { enum: ['red', 'blue'] } },
    };
    replies(
      { toolCalls: [call('submit_result', { colour: 'green' })] },
      { content: 'It is blue, I think.' },
      { toolCalls: [call('submit_result', { colour: 'blue' })] },
    );
    const handle = await agents.start({ output });
    expect(await handle.result()).toMatchObject({ result: { inline: { colour: 'blue' } }, turns: 3 });
    const told = JSON.stringify(sentMessages());
    expect(told).toContain('INVALID_INPUT: colour');
    expect(told).toContain('Give your result by calling submit_result.');
    expect(agents.toolCalls).toEqual([]);
  });
});

describe('the task of an agent ends without a result', () => {
  it('when it has used up its turns', async () => {
    server.on({}, { toolCalls: [call('git_log', {})] });
    const handle = await agents.start({ agent: { ...agent, limits: { maxTurns: 2, maxTokens: 100_000 } } });
    const failure = await failureOf(handle.result());
    expect(failure).toMatchObject({ code: 'AGENT_LIMIT', retryable: false, taskPath: 'find' });
    expect(failure.message).toBe('agent researcher has no result after 2 of 2 turns');
    expect(agents.calls).toHaveLength(2);
  });

  it('when it has used up its tokens', async () => {
    server.on({}, { toolCalls: [call('git_log', {})], usage });
    const handle = await agents.start({ agent: { ...agent, limits: { maxTurns: 9, maxTokens: 2000 } } });
    expect(await failureOf(handle.result())).toMatchObject({
      code: 'AGENT_LIMIT',
      message: 'agent researcher has used 2200 of 2000 tokens without a result',
    });
  });

  it('when the key is refused, without another try', async () => {
    server.on({}, { error: { message: 'no such key' }, status: 401 });
    const handle = await agents.start({});
    expect(await failureOf(handle.result())).toMatchObject({ code: 'PROVIDER_AUTH', taskPath: 'find' });
    expect(server.getRequests()).toHaveLength(1);
  });

  it('but not when the provider asks to wait a moment', async () => {
    server.on({ sequenceIndex: 0 }, { error: { message: 'slow down' }, status: 429, retryAfter: 1 });
    server.on({}, { content: 'Done.' });
    const handle = await agents.start({});
    expect((await handle.result()).result).toEqual({ inline: 'Done.' });
    expect(server.getRequests()).toHaveLength(2);
  });

  it('at once when it is cancelled, though the model is silent', async () => {
    const mute = await startMuteServer();
    const silent = await startAgents(mute.settings);
    const handle = await silent.start({});
    await mute.asked;
    const cancelled = Date.now();
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    await mute.hungUp;
    expect(Date.now() - cancelled).toBeLessThan(3_000);
    // Nobody knows whether the prompt was billed: it counts, by estimate.
    expect(silent.calls).toMatchObject([{ estimated: true, outputTokens: 0 }]);
    await silent.close();
    mute.stop();
  });

  it('when a tool was cut with its run', async () => {
    replies({ toolCalls: [call('git_log', {})] });
    const error = { code: 'CANCELLED', message: 'the call was cut', retryable: false };
    const handle = await agents.start({ tool: () => ({ error }) });
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  });
});
