import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import { spentOf } from '#contracts';
import { generateForTask } from '#routing';
import type { ModelTaskSpec } from '#routing';
import { anthropicAt, failureFrom, nexusWith, openaiAt, startModelServer, whose } from './nexus-fixture.js';

let server: LLMock;
beforeAll(async () => {
  server = await startModelServer();
});
beforeEach(() => {
  server.reset();
});
afterAll(() => server.stop());

const colour = {
  type: 'object',
  required: ['colour'],
  additionalProperties: false,
  properties: { colour: { enum: ['red', 'green'] } },
};

function run(spec: Partial<ModelTaskSpec>, settings = openaiAt(server)) {
  const { provider, calls } = nexusWith(settings);
  return { result: generateForTask(provider, whose, { model: 'nexus:standard', ...spec }), calls };
}

describe('a task of kind model', () => {
  it('gives text, how it ended and what it used', async () => {
    server.onMessage('explain', { content: 'Because.', usage: { prompt_tokens: 100, completion_tokens: 5 } });
    expect(await run({ prompt: 'explain', system: 'Be brief.', maxTokens: 50 }).result).toEqual({
      output: { text: 'Because.', finishReason: 'stop' },
      usage: {
        inputTokens: 100,
        outputTokens: 5,
        cachedTokens: 0,
        modelCalls: 1,
        toolCalls: 0,
        costNanos: 250_000,
      },
    });
    expect(server.getLastRequest()?.body).toMatchObject({
      max_completion_tokens: 50,
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'explain' },
      ],
    });
  });

  it('takes messages instead of a prompt', async () => {
    server.onMessage('and now?', { content: 'Now this.' });
    const messages = [
      { role: 'user' as const, content: 'first' },
      { role: 'assistant' as const, content: 'yes' },
      { role: 'user' as const, content: 'and now?' },
    ];
    expect((await run({ messages }).result).output.text).toBe('Now this.');
  });

  for (const [name, settings] of [
    ['OpenAI', openaiAt],
    ['Anthropic', anthropicAt],
  ] as const) {
    it(`gives an object that fits the schema (${name})`, async () => {
      server.onMessage('paint', { content: '{"colour":"red"}' });
      const { output } = await run({ prompt: 'paint', output: colour }, settings(server)).result;
      expect(output).toMatchObject({ object: { colour: 'red' }, finishReason: 'stop' });
    });
  }

  it('reads an object out of the text around it', async () => {
    server.onMessage('paint', { content: 'Here you are:\n```json\n{"colour":"green"}\n```\nEnjoy!' });
    expect((await run({ prompt: 'paint', output: colour }).result).output.object).toEqual({
      colour: 'green',
    });
  });

  it('sends back a reply that does not fit, once, with what is wrong', async () => {
    server.onMessage('paint', {
      content: '{"colour":"blue"}',
      usage: { prompt_tokens: 10, completion_tokens: 5 },
    });
    server.onMessage(/cannot be used/, {
      content: '{"colour":"green"}',
      usage: { prompt_tokens: 20, completion_tokens: 5 },
    });
    const { result, calls } = run({ prompt: 'paint', output: colour });
    const { output, usage } = await result;
    expect(output.object).toEqual({ colour: 'green' });
    expect(usage).toMatchObject({ modelCalls: 2, inputTokens: 30 });
    expect(calls).toHaveLength(2);
    const sent = JSON.stringify(server.getLastRequest()?.body);
    expect(sent).toContain('colour must be equal to one of the allowed values');
  });

  it('fails after a second reply that is not JSON', async () => {
    server.on({}, { content: 'I would rather not.' });
    const { result, calls } = run({ prompt: 'paint', output: colour });
    const error = await result.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ failure: { code: 'INVALID_OUTPUT', retryable: false } });
    expect(calls).toHaveLength(2);
    // It is paid for all the same.
    const costNanos = calls.reduce((sum, call) => sum + call.costNanos, 0);
    expect(spentOf(error)).toMatchObject({ modelCalls: 2, costNanos });
    expect(costNanos).toBeGreaterThan(0);
  });

  it('asks another deployment once, when the first gives nothing of use twice', async () => {
    server.on({ model: /gpt/ }, { content: 'I would rather not.' });
    server.on({ model: /claude/ }, { content: '{"colour":"green"}' });
    const { result, calls } = run(
      { prompt: 'paint', output: colour },
      { ...openaiAt(server), ...anthropicAt(server) },
    );
    const { output, usage } = await result;
    expect(output.object).toEqual({ colour: 'green' });
    expect(calls.map(({ provider }) => provider)).toEqual(['openai', 'openai', 'anthropic']);
    expect(usage).toMatchObject({
      modelCalls: 3,
      costNanos: calls.reduce((sum, call) => sum + call.costNanos, 0),
    });
  });

  it('takes the answer of an equal call, for those who want that', async () => {
    server.onMessage('explain', { content: 'Because.' });
    const { provider, calls } = nexusWith(openaiAt(server));
    const ask = () =>
      generateForTask(provider, whose, {
        model: 'nexus:standard',
        prompt: 'explain',
        cache: { ttlMs: 60_000 },
      });
    const [first, second] = [await ask(), await ask()];
    expect(second.output).toEqual(first.output);
    expect(second.usage).toEqual({
      inputTokens: 0,
      outputTokens: 0,
      cachedTokens: 0,
      modelCalls: 0,
      toolCalls: 0,
      costNanos: 0,
    });
    expect(calls).toHaveLength(1);
  });

  it('mends what is almost JSON, without asking again', async () => {
    server.onMessage('paint', { content: "{'colour': 'red',}" });
    const { result, calls } = run({ prompt: 'paint', output: colour });
    expect((await result).output.object).toEqual({ colour: 'red' });
    expect(calls).toHaveLength(1);
  });

  it('names every fault of a task that is not valid, and asks nobody', async () => {
    const failure = await failureFrom(run({ temperature: 7, maxTokens: 0 }).result);
    expect(failure).toMatchObject({ code: 'INVALID_INPUT' });
    for (const part of ['temperature', 'maxTokens']) expect(failure['message']).toContain(part);
    expect(server.getRequests()).toEqual([]);
  });

  it('passes failures of the provider on as they are', async () => {
    server.on({}, { error: { message: 'slow down' }, status: 429, retryAfter: 3 });
    expect(await failureFrom(run({ prompt: 'x' }).result)).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      retryAfterMs: 3000,
    });
  });
});
