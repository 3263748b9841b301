import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { LLMock } from '@copilotkit/aimock';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHome, hookTimeoutMs, type NexusProcess } from './nexus-process.js';
import { endedRun, runPlan } from './runs.js';

const home = createHome('models');
const server = new LLMock({ port: 0 });
let nexus: NexusProcess;
const openai = () => ({ OPENAI_BASE_URL: `${server.url}/v1`, OPENAI_API_KEY: 'sk-test' });

beforeAll(async () => {
  await server.start();
  nexus = await home.start(openai());
}, hookTimeoutMs);
afterEach(() => {
  server.reset();
});
afterAll(async () => {
  await home.remove();
  await server.stop();
});

const usage = { prompt_tokens: 1000, completion_tokens: 10, input_tokens: 1000, output_tokens: 10 };
const used = { inputTokens: 1000, outputTokens: 10, modelCalls: 1 };
const ask = {
  tasks: [{ id: 'ask', kind: 'model', model: 'nexus:standard', prompt: 'What is ${inputs.what}?' }],
  output: '${tasks.ask.output.text}',
};

describe('a model task', () => {
  it('answers; what it used and cost stands on task and run (C1 C6)', async () => {
    server.onMessage('What is blue?', { content: 'A colour.', usage });
    const run = await runPlan(nexus, ask, { what: 'blue' });
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: 'A colour.', usage: used });
    expect(run.tasks[0]?.usage).toMatchObject({ ...used, cost: run.usage.cost });
    expect(Number(run.usage.cost)).toBeGreaterThan(0);
    const told = run.events.filter(({ type }) => type === 'model.call');
    expect(told).toEqual([
      expect.objectContaining({
        taskPath: 'ask',
        data: expect.objectContaining({ tokens: 1010, cost: run.usage.cost }),
      }),
    ]);
  });
});

describe('an agent', () => {
  it('reads a file with its tool, then answers; all of its calls are paid for (B1 C6)', async () => {
    writeFileSync(join(home.workspace, 'notes.txt'), 'The launch is on Tuesday.');
    const toolCall = { id: 'c1', name: 'file_read', arguments: JSON.stringify({ path: 'notes.txt' }) };
    server.on({ turnIndex: 0 }, { toolCalls: [toolCall], usage });
    server.on({ turnIndex: 1, toolResultContains: 'Tuesday' }, { content: 'On Tuesday.', usage });
    const find = { id: 'find', kind: 'agent', agent: 'researcher', with: { task: 'When is the launch?' } };
    const run = await runPlan(nexus, { tasks: [find], output: '${tasks.find.output}' });
    expect([run.status, run.error]).toEqual(['SUCCEEDED', null]);
    expect(run.output).toMatchObject({ result: 'On Tuesday.', turns: 2 });
    const summed = { inputTokens: 2000, outputTokens: 20, modelCalls: 2, toolCalls: 1 };
    expect(run.usage).toMatchObject(summed);
    expect(run.tasks.find(({ path }) => path === 'find')?.usage).toMatchObject(summed);
    expect(run.events.filter(({ type }) => type === 'model.call')).toHaveLength(2);
  });
});

describe('a goal that a model plans', () => {
  const good = {
    name: 'two',
    tasks: [{ id: 'add', kind: 'tool', tool: 'transform', with: { expression: '${1 + 1}' } }],
    output: '${tasks.add.output}',
  };
  const bad = { ...good, tasks: [{ ...good.tasks[0], tool: 'transfrom' }] };

  async function runGoal(goal: string) {
    const { data, errors } = await nexus.graphql(
      `mutation ($input: StartGoalInput!) { startGoal(input: $input) { run { id } userErrors { message } } }`,
      { input: { goal, planner: 'model' } },
    );
    expect([errors, data?.startGoal.userErrors]).toEqual([[], []]);
    return endedRun(nexus, data.startGoal.run.id as string);
  }

  it('runs by the plan (A2)', async () => {
    server.onMessage('add one and one', { content: JSON.stringify(good), usage });
    const run = await runGoal('add one and one');
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: 2 });
    const types = run.events.map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(['run.planning', 'model.call', 'run.planned', 'run.started']),
    );
  });

  it('is planned once more when the plan has faults (A2)', async () => {
    server.onMessage('add one and one', { content: JSON.stringify(bad) });
    server.onMessage(/unknown tool "transfrom"/, { content: JSON.stringify(good) });
    expect(await runGoal('add one and one')).toMatchObject({ status: 'SUCCEEDED', output: 2 });
    expect(server.getRequests()).toHaveLength(2);
  });

  it('fails with the faults when the second plan has some too (A2)', async () => {
    server.on({}, { content: JSON.stringify(bad) });
    const run = await runGoal('add one and one');
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'INVALID_OUTPUT' } });
    expect(run.error?.message).toContain('tasks[0].tool: unknown tool "transfrom"');
    expect(run.error?.hint).toContain('template');
    expect(server.getRequests()).toHaveLength(2);
    expect(run.events.at(-1)).toMatchObject({ type: 'run.ended', data: { status: 'FAILED' } });
  });
});

describe('another start', () => {
  it('with Anthropic answers through Anthropic, on the same data (C1)', async () => {
    await nexus.stop();
    nexus = await home.start({ ANTHROPIC_BASE_URL: `${server.url}/v1`, ANTHROPIC_API_KEY: 'sk-ant-test' });
    server.onMessage('What is blue?', { content: 'A colour.', usage });
    const run = await runPlan(nexus, ask, { what: 'blue' });
    expect(run).toMatchObject({ status: 'SUCCEEDED', output: 'A colour.', usage: used });
    expect(Number(run.usage.cost)).toBeGreaterThan(0);
    expect(server.getLastRequest()?.path).toContain('/messages');
  });

  it('with no provider says what to do, for a goal and for a model task (A2 C1)', async () => {
    await nexus.stop();
    nexus = await home.start();
    const { data } = await nexus.graphql(
      `mutation { startGoal(input: { goal: "write a poem" }) { run { id } userErrors { code field message } } }`,
    );
    expect(data.startGoal).toMatchObject({
      run: null,
      userErrors: [{ code: 'FAILED_PRECONDITION', field: ['goal'] }],
    });
    expect(data.startGoal.userErrors[0].message).toMatch(/no model is configured.*OPENAI_API_KEY/s);
    // A plan is refused as well: better now than in the middle of its run.
    const refused = runPlan(nexus, ask, { what: 'blue' });
    await expect(refused).rejects.toThrow(/FAILED_PRECONDITION.*the plan calls one: ask.*OPENAI_API_KEY/s);
  });
});
