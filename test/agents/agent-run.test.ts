import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { approvalPolicy, createActivities, createPlanCache, createStopList } from '#activities';
import { registerAgents } from '#agents';
import { temporalRunGateway } from '#commands';
import type { JsonObject, Tool } from '#contracts';
import { newId, nexusError, runEnded, workflowIdOf } from '#contracts';
import { bindPlan, PlanDocument } from '#plan';
import {
  createActivityProvider,
  createKeptConversations,
  createNexusProvider,
  generateForTask,
} from '#routing';
import type { RunRow, Store } from '#store';
import { openStore } from '#store';
import { createToolRegistry } from '#tools';
import { registerSearchAttributes } from '../../apps/cli/src/embedded/index.js';
import { openaiAt, startModelServer } from '../routing/nexus-fixture.js';
import { temporalAddress, workflowBundle } from '../support/temporal.js';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const longText = 'lorem ipsum '.repeat(2_000);
const reader: Tool = {
  name: 'file.read',
  description: 'Reads a file.',
  inputSchema: { type: 'object', required: ['path'], properties: { path: { type: 'string' } } },
  effect: 'none',
  expectedMs: 10,
  run: async () => ({ text: longText }),
};
const definition = {
  name: 'reader',
  version: 1,
  description: 'Reads.',
  capabilities: [],
  tools: ['file.read'],
  instructions: 'You read.',
  model: 'nexus:fast',
  limits: { maxTurns: 4, maxTokens: 1_000_000 },
};

let server: LLMock;
let store: Store;
let client: Client;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  server = await startModelServer();
  store = await openStore({});
  const address = temporalAddress();
  const namespace = `agent-runs-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address });
  const workflowExecutionRetentionPeriod = { seconds: 86_400 as never };
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  await registerSearchAttributes(connection, namespace);
  client = new Client({ connection, namespace });
  const provider = createNexusProvider({
    providers: openaiAt(server),
    callLog: async ({ runId, ...call }) => store.modelCalls.add({ ...call, runId: runId ?? '' }),
    conversations: createKeptConversations(store.conversations),
    loadValue: (tenant, value) => store.values.load(tenant, value),
  });
  const stops = createStopList(store, () => undefined);
  const nativeConnection = await NativeConnection.connect({ address });
  // Jest cannot load the AI SDK from ES modules and from Temporal's CommonJS in one go.
  const { createNexusWorker } = await import('../../apps/worker/src/create-worker.js');
  const worker = await createNexusWorker({
    connection: nativeConnection,
    namespace,
    identity: 'test-worker',
    workflowBundle: workflowBundle(),
    shutdownGraceMs: 1_000,
    modelProvider: createActivityProvider(provider),
    activities: createActivities({
      store,
      stops,
      tools: createToolRegistry([reader]),
      plans: createPlanCache(store),
      worker: 'test-worker',
      model: (call, context) => generateForTask(provider, context, call as never),
      planGoal: async () => {
        throw nexusError('FAILED_PRECONDITION', 'no planner here');
      },
      asksBefore: approvalPolicy([]),
      isWorkflowOpen: async () => true,
    }),
  });
  const running = worker.run();
  closing.push(
    async () => worker.shutdown(),
    () => running,
    async () => stops.close(),
    () => nativeConnection.close(),
    () => connection.close(),
    () => store.close(),
    () => server.stop(),
  );
});
beforeEach(() => {
  server.reset();
});
afterAll(async () => {
  for (const close of closing) await close();
});

async function run(document: JsonObject): Promise<RunRow> {
  const runId = newId('run');
  const [agent] = registerAgents([definition], [reader]);
  const plan = PlanDocument.parse(document);
  const bound = bindPlan(plan, { tool: () => reader, agent: () => agent, template: () => undefined });
  const inputs = { inline: {} };
  const row = { id: runId, tenant: 'default', workflowId: workflowIdOf(runId), createdAt: Date.now() };
  await store.runs.create({ ...row, bound, plan: document, inputs }, []);
  const ended = Promise.withResolvers<RunRow>();
  const look = async (): Promise<void> => {
    const found = await store.runs.get('default', runId);
    if (found && runEnded(found.status)) ended.resolve(found);
  };
  const stop = store.changes.subscribe((change) => void (change.runId === runId && look()));
  const input = { tenant: 'default', runId, path: '', priority: 3, inputs, bound };
  await temporalRunGateway({ client, uiUrl: null }).start({ input, name: 'agents' });
  await look();
  return ended.promise.finally(stop);
}

const plan = {
  tasks: [
    { id: 'find', kind: 'agent', agent: 'reader', with: { task: 'read ${"it"}' } },
    {
      id: 'tell',
      kind: 'model',
      model: 'nexus:fast',
      needs: ['find'],
      prompt: 'tell: ${tasks.find.output.result}',
    },
  ],
  output: '${tasks.tell.output.text} after ${tasks.find.output.turns} turns',
} satisfies JsonObject;

const usage = { prompt_tokens: 100, completion_tokens: 10 };

describe('a plan with an agent', () => {
  it('runs it as a child, each call of a tool as a task below it, and goes on with its result', async () => {
    server.onMessage('tell: it is blue', { content: 'Blue', usage });
    const calls = [{ id: 'c1', name: 'file_read', arguments: '{"path":"a"}' }];
    server.on({ userMessage: 'read it', turnIndex: 0 }, { toolCalls: calls, usage });
    server.on({ userMessage: 'read it', turnIndex: 1 }, { content: 'it is blue', usage });
    const ended = await run(plan);
    expect({ status: ended.status, error: ended.error }).toEqual({ status: 'SUCCEEDED', error: null });
    expect(ended.output).toEqual({ inline: 'Blue after 2 turns' });
    expect(ended.usage).toMatchObject({ modelCalls: 3, inputTokens: 300, outputTokens: 30, toolCalls: 1 });
    const task = await store.tasks.get('default', ended.id, 'find');
    expect(task).toMatchObject({
      status: 'SUCCEEDED',
      output: { inline: { result: 'it is blue', turns: 2 } },
      usage: { modelCalls: 2, toolCalls: 1, inputTokens: 200, outputTokens: 20 },
    });
    const called = await store.tasks.get('default', ended.id, 'find/turn[0]/call[0]');
    expect(called).toMatchObject({
      status: 'SUCCEEDED',
      tool: 'file.read',
      output: { bytes: expect.any(Number) },
    });
    // The result is too long for histories; the model has read it all the same.
    const asked = server.getRequests().map(({ body }) => JSON.stringify(body));
    expect(asked.some((text) => text.includes(longText.slice(0, 5_000)))).toBe(true);
  });

  it('fails with the code and the path of the agent', async () => {
    server.on({}, { toolCalls: [{ name: 'file_read', arguments: '{"path":"a"}' }], usage });
    const ended = await run(plan);
    expect(ended).toMatchObject({ status: 'FAILED', error: { code: 'AGENT_LIMIT', taskPath: 'find' } });
    expect(ended.usage).toMatchObject({ modelCalls: 4, toolCalls: 4 });
  });
});
