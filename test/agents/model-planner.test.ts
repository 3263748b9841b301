import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import { createModelPlanner } from '#agents';
import type { JsonValue } from '#contracts';
import { anthropicAt, failureFrom, nexusWith, openaiAt, startModelServer } from '../routing/nexus-fixture.js';

let server: LLMock;
beforeAll(async () => {
  server = await startModelServer();
});
beforeEach(() => {
  server.reset();
});
afterAll(() => server.stop());

const good = { tasks: [{ id: 'list', kind: 'tool', tool: 'file.list', with: { path: '.' } }] };
const bad = { tasks: [{ id: 'list', kind: 'tool', tool: 'file.lost' }] };
const goal = { tenant: 'default', goal: 'list my files', inputs: {}, requestId: 'run_1' };

function planner(settings = openaiAt(server)) {
  const { provider, calls } = nexusWith(settings);
  const validate = async (_tenant: string, document: JsonValue) =>
    JSON.stringify(document).includes('file.lost') ? ['tasks[0].tool: unknown tool "file.lost"'] : [];
  const inputSchema = { type: 'object' };
  const tool = {
    name: 'file.list',
    description: 'Lists.',
    inputSchema,
    effect: 'none',
    expectedMs: 5,
  } as const;
  return {
    planner: createModelPlanner({ provider, kinds: ['tool'], tools: [tool], agents: [], validate }),
    calls,
  };
}

describe('the planner that asks a model', () => {
  for (const [name, settings] of [
    ['OpenAI', openaiAt],
    ['Anthropic', anthropicAt],
  ] as const) {
    it(`gives the bare plan that the model replied with, and bills the run (${name})`, async () => {
      server.onMessage('list my files', { content: JSON.stringify(good) });
      const { planner: model, calls } = planner(settings(server));
      expect(await model.plan(goal)).toEqual(good);
      expect(calls).toEqual([expect.objectContaining({ tenant: 'default', runId: 'run_1', taskPath: null })]);
      expect(JSON.stringify(server.getLastRequest()?.body)).toContain(
        '- file.list (changes nothing): Lists.',
      );
    });
  }

  it('sends a plan with faults back once', async () => {
    server.onMessage('list my files', { content: JSON.stringify(bad) });
    server.onMessage(/unknown tool "file\.lost"/, { content: JSON.stringify(good) });
    const { planner: model, calls } = planner();
    expect(await model.plan(goal)).toEqual(good);
    expect(calls).toHaveLength(2);
  });

  it('fails with the faults when the second plan has some too', async () => {
    server.on({}, { content: JSON.stringify(bad) });
    const { planner: model, calls } = planner();
    const failure = await failureFrom(model.plan(goal));
    expect(failure).toMatchObject({ code: 'INVALID_OUTPUT', retryable: false });
    expect(failure['message']).toContain('tasks[0].tool: unknown tool "file.lost"');
    expect(calls).toHaveLength(2);
  });

  it('fails when the model twice replies with something else than JSON', async () => {
    server.on({}, { content: 'I cannot do that.' });
    expect(await failureFrom(planner().planner.plan(goal))).toMatchObject({ code: 'INVALID_OUTPUT' });
  });

  it('belongs to no run when a preview asks', async () => {
    server.on({}, { content: JSON.stringify(good) });
    const { planner: model, calls } = planner();
    await model.plan({ ...goal, requestId: 'req_1' });
    expect(calls).toEqual([expect.objectContaining({ runId: null })]);
  });
});
