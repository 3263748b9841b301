import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';
import { createActivities, createPlanCache, createStopList } from '#activities';
import { createCommands, startSweeper, temporalRunGateway } from '#commands';
import { isRef, noUsage, type StoredValue, type Tool, workflowIdOf } from '#contracts';
import { openStore, type Store } from '#store';
import { createLogger } from '#telemetry';
import { createToolRegistry } from '#tools';
import { createNexusWorker } from '../../../apps/worker/src/create-worker.js';
import type { StepInput, Steps } from '../work/step.js';
import { stepMs } from '../work/step.js';
import type { Workload } from '../work/workloads.js';
import type { Column, ColumnSetting } from './column.js';
import { nexusPlan, type NexusVariant } from './nexus-plans.js';

const tenant = 'default';
const context = { tenant, requestId: 'bench', actor: 'bench' };
const slowMs = 200;

/** Nexus with all its bookkeeping, API and worker in one process, as `nexus up` runs it. */
export async function nexusColumn(setting: ColumnSetting, steps: Steps, variant: string): Promise<Column> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const logger = createLogger({ level: 'warn' });
  const { temporalAddress: address } = setting;
  const { databaseUrl: url, databaseFolder: dataDir } = setting;
  const store = await openStore(dataDir === undefined ? { url } : { dataDir });
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  const client = new Client({ connection });
  const registry = createToolRegistry(stepTools(steps));
  const plans = createPlanCache(store);
  const stops = createStopList(store, (message) => logger.warn(message));
  const deps = {
    store,
    workflows: temporalRunGateway({ client, uiUrl: null }),
    tools: registry.facts(),
    agents: [],
    models: [],
    templates: [],
    modelPlanner: null,
    logger,
    now: Date.now,
  };
  const commands = createCommands(deps);
  const worker = await createNexusWorker({
    connection: nativeConnection,
    namespace: 'default',
    identity: `bench-${process.pid}`,
    workflowBundle: { codePath: setting.nexusBundle },
    modelProvider: {} as never,
    activities: createActivities({
      store,
      tools: registry,
      plans,
      stops,
      worker: 'bench',
      model: async () => ({ output: null, usage: noUsage }),
      planGoal: commands.planRun,
      isWorkflowOpen: async (id) =>
        (await client.workflow.getHandle(id).describe()).status.name === 'RUNNING',
    }),
  });
  let running: Promise<void> | undefined;
  let sweeper: { stop(): Promise<void> } | undefined;
  const last = new Map<Workload, string>();
  const all: string[] = [];

  async function begin(workload: Workload, inputs: object, tool?: string): Promise<string> {
    const plan = nexusPlan(workload, variant as NexusVariant, tool);
    const { run, userErrors } = await commands.startPlan(context, { plan, inputs });
    if (!run) throw new Error(userErrors.map(({ message }) => message).join('; '));
    all.push(run.row.id);
    return run.row.id;
  }

  async function result(runId: string): Promise<unknown> {
    const report = (await client.workflow.getHandle(workflowIdOf(runId)).result()) as {
      output?: StoredValue;
    };
    const { output = { inline: null } } = report;
    return isRef(output) ? await store.values.load(tenant, output) : output.inline;
  }

  return {
    async start() {
      running = worker.run();
      sweeper = startSweeper(deps);
    },
    async run(workload, id) {
      const runId = await begin(workload, { run: id, ms: stepMs, marks: false });
      last.set(workload, runId);
      return result(runId);
    },
    submit: (id, { ms, marks }) => begin('sequence', { run: id, ms, marks }, 'slow-step'),
    recover: async () => 'nothing',
    async wait(name) {
      const { results } = (await result(name)) as { results: unknown[] };
      return results;
    },
    async events(workload) {
      const query = `WorkflowId STARTS_WITH "${workflowIdOf(last.get(workload) ?? '')}"`;
      let events = 0;
      for await (const { workflowId } of client.workflow.list({ query })) {
        events += (await client.workflow.getHandle(workflowId).fetchHistory()).events?.length ?? 0;
      }
      return events;
    },
    async readyToStarted() {
      return (await Promise.all(all.map((runId) => startLatencies(store, runId)))).flat();
    },
    async stop() {
      await sweeper?.stop();
      worker.shutdown();
      await running;
      stops.close();
      await nativeConnection.close();
      await connection.close();
      await store.close();
    },
  };
}

async function startLatencies(store: Store, runId: string): Promise<number[]> {
  const readyAt = new Map<string, number>();
  const latencies: number[] = [];
  for (const { type, taskPath = '', at } of await store.events.after(tenant, runId, 0, 10_000)) {
    if (type === 'task.ready') readyAt.set(taskPath, at);
    const since = type === 'task.started' ? readyAt.get(taskPath) : undefined;
    if (since !== undefined) latencies.push(at - since);
  }
  return latencies;
}

function stepTools({ step }: Steps): Tool[] {
  const tool = (name: string, effect: Tool['effect'], expectedMs: number): Tool => ({
    name,
    description: 'waits, and gives 1 KB of text',
    inputSchema: { type: 'object' },
    effect,
    expectedMs,
    run: (input) => step(input as unknown as StepInput),
  });
  return [
    tool('step', 'none', stepMs),
    tool('step-for-good', 'irreversible', stepMs),
    tool('slow-step', 'none', slowMs),
    tool('slow-step-for-good', 'irreversible', slowMs),
  ];
}
