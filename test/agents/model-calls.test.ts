import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import {
  approvalPolicy,
  createActivities,
  createModelText,
  createPlanCache,
  createStopList,
} from '#activities';
import { registerAgents } from '#agents';
import { temporalRunGateway } from '#commands';
import type { JsonObject, RunEvent } from '#contracts';
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
import type { Answer, Wire, WireServer } from '../routing/wires.js';
import { refuses, startWireServer, streams, wires } from '../routing/wires.js';
import { temporalAddress, workflowBundle } from '../support/temporal.js';

Runtime.install({ logger: new DefaultLogger('ERROR') });

const wire = wires[0] as Wire;
const definition = {
  name: 'writer',
  version: 1,
  description: 'Writes.',
  capabilities: [],
  tools: [],
  instructions: 'You write.',
  model: 'nexus:small',
  limits: { maxTurns: 4, maxTokens: 1_000_000 },
};

let store: Store;
let client: Client;
let server: WireServer;
/** What the server does with the next requests; the last one from then on. */
let answers: Answer[] = [];
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  store = await openStore({});
  server = await startWireServer((response, request) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    answer?.(response, request);
  });
  const address = temporalAddress();
  const namespace = `model-calls-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address });
  const workflowExecutionRetentionPeriod = { seconds: 86_400 as never };
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  await registerSearchAttributes(connection, namespace);
  client = new Client({ connection, namespace });
  const provider = createNexusProvider({
    providers: { openai: { baseUrl: server.url } },
    callLog: async () => undefined,
    routeLog: async ({ runId, ...call }) =>
      store.routedCalls.add({ ...call, runId: runId ?? '', trace: call.trace as never }),
    conversations: createKeptConversations(store.conversations),
    loadValue: (tenant, value) => store.values.load(tenant, value),
    showText: createModelText(store),
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
      tools: createToolRegistry([]),
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
    async () => server.stop(),
  );
});
afterAll(async () => {
  for (const close of closing) await close();
});

/** A run under way: what was seen of it, each with the time at which a subscriber has it. */
interface Watched {
  readonly runId: string;
  readonly seen: { readonly event: RunEvent; readonly at: number }[];
  readonly ended: Promise<RunRow>;
}

async function run(document: JsonObject): Promise<Watched> {
  const runId = newId('run');
  const [agent] = registerAgents([definition], []);
  const plan = PlanDocument.parse(document);
  const bound = bindPlan(plan, { tool: () => undefined, agent: () => agent, template: () => undefined });
  const inputs = { inline: {} };
  const row = { id: runId, tenant: 'default', workflowId: workflowIdOf(runId), createdAt: Date.now() };
  await store.runs.create({ ...row, bound, plan: document, inputs }, []);
  const seen: Watched['seen'] = [];
  const ended = Promise.withResolvers<RunRow>();
  let reading = Promise.resolve();
  const look = async (): Promise<void> => {
    const after = seen.at(-1)?.event.position ?? 0;
    const events = await store.events.after('default', runId, after, 500);
    for (const event of events) seen.push({ event, at: Date.now() });
    const found = await store.runs.get('default', runId);
    if (found && runEnded(found.status)) ended.resolve(found);
  };
  const stop = store.changes.subscribe((change) => {
    if (change.runId === runId) reading = reading.then(look);
  });
  const input = { tenant: 'default', runId, path: '', priority: 3, inputs, bound };
  await temporalRunGateway({ client, uiUrl: null }).start({ input, name: 'model-calls' });
  return { runId, seen, ended: ended.promise.finally(stop) };
}

const ask = { id: 'ask', kind: 'model', model: 'nexus:small', prompt: 'hello' };
const write = { id: 'write', kind: 'agent', agent: 'writer', with: { task: 'hello' } };
const kinds = [
  ['a model task', ask, '${tasks.ask.output.text}'],
  ['an agent', write, '${tasks.write.output.result}'],
] as const;

const deltasOf = ({ seen }: Watched) =>
  seen.flatMap(({ event, at }) => {
    if (event.type !== 'model.delta') return [];
    const { attempt, text } = event.data as unknown as { attempt: number; text: string };
    return [{ attempt, text, at }];
  });

describe.each(kinds)('the text of %s', (_name, task, output) => {
  it('reaches who watches the run within 300 ms, and no history (C7)', async () => {
    const pieces = 30;
    answers = [
      (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(wire.begin(`${Date.now()};`));
        let written = 1;
        const timer = setInterval(() => {
          if (written++ < pieces) return void response.write(wire.more(`${Date.now()};`));
          clearInterval(timer);
          response.end(wire.end());
        }, 60);
      },
    ];
    const watched = await run({ tasks: [task], output });
    const { status, output: result } = await watched.ended;
    expect(status).toBe('SUCCEEDED');
    const deltas = deltasOf(watched);
    const text = deltas.map((delta) => delta.text).join('');
    expect(result).toEqual({ inline: text });
    // Bounded: some pieces share an event.
    expect(deltas.length).toBeGreaterThan(3);
    expect(deltas.length).toBeLessThan(pieces);
    const delays = deltas.flatMap(({ text: part, at }) =>
      part.split(';').flatMap((moment) => (moment === '' ? [] : [at - Number(moment)])),
    );
    const inTime = delays.filter((delay) => delay <= 300).length / delays.length;
    console.log(`text within 300 ms: ${inTime * 100}%, longest ${Math.max(...delays)} ms`);
    expect(inTime).toBeGreaterThan(0.9);
    const history = await client.workflow.getHandle(workflowIdOf(watched.runId)).fetchHistory();
    expect(history.events?.length ?? 0).toBeLessThan(60);
  });

  it('is replaced by that of a later attempt', async () => {
    answers = [
      streams([wire.begin('A first try that is cut')], 'reset'),
      streams([wire.begin('The second try'), wire.end()]),
    ];
    const watched = await run({ tasks: [task], output });
    expect((await watched.ended).output).toEqual({ inline: 'The second try' });
    const deltas = deltasOf(watched);
    const last = Math.max(...deltas.map(({ attempt }) => attempt));
    const textOf = (wanted: number) =>
      deltas.flatMap(({ attempt, text }) => (attempt === wanted ? [text] : [])).join('');
    expect(textOf(last)).toBe('The second try');
    expect(textOf(Math.min(...deltas.map(({ attempt }) => attempt)))).toBe('A first try that is cut');
  });
});

describe.each(kinds)('%s that nobody can answer now', (_name, task, output) => {
  it('waits and says until when, and spends none of its attempts on it (C5)', async () => {
    const limited = refuses(wire, { status: 429, message: 'slow down' }, { 'retry-after-ms': '2200' });
    answers = [limited, limited, limited, limited, limited, streams([wire.begin('At last'), wire.end()])];
    const watched = await run({ tasks: [task], output });
    const path = task.id;
    const ended = await watched.ended;
    expect([ended.status, ended.output]).toEqual(['SUCCEEDED', { inline: 'At last' }]);
    const waits = watched.seen.flatMap(({ event }) =>
      event.type === 'task.waiting' && event.taskPath === path ? [event.data?.['wait']] : [],
    );
    expect(waits).toEqual(
      Array.from({ length: 5 }, () =>
        expect.objectContaining({ kind: 'RATE_LIMIT', until: expect.any(String) }),
      ),
    );
    expect(watched.seen.filter(({ event }) => event.type === 'task.retrying')).toEqual([]);
    const calls = await store.routedCalls.ofTask('default', watched.runId, path, 10);
    expect(calls.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 5 }, () => 'WAITS'),
      'ANSWERED',
    ]);
  });
});
