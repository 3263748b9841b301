import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, makeTelemetryFilterString, NativeConnection, Runtime } from '@temporalio/worker';
import { approvalPolicy, createActivities, createPlanCache, createStopList } from '#activities';
import { type Commands, createCommands, startSweeper, temporalRunGateway } from '#commands';
import type { JsonObject, JsonValue, StoredValue, Tool } from '#contracts';
import { isRef, noUsage, workflowIdOf } from '#contracts';
import { openStore, type Store } from '#store';
import { createLogger } from '#telemetry';
import { createToolRegistry } from '#tools';
import { createNexusWorker } from '../../../apps/worker/src/create-worker.js';
import type { ColumnSetting } from './column.js';

/** Who asks, in all benchmarks. */
export const context = { tenant: 'default', requestId: 'bench', actor: 'bench' };

/** Nexus with all its bookkeeping, API and worker in one process, as `nexus up` runs it. */
export interface NexusHost {
  readonly store: Store;
  readonly client: Client;
  readonly commands: Commands;
  start(): void;
  /** Starts a run and gives its ID; a plan with faults fails. */
  begin(plan: JsonObject, inputs: object): Promise<string>;
  /** The output of a run, when it has ended well. */
  result(runId: string): Promise<JsonValue>;
  stop(): Promise<void>;
}

/** Connects everything; `start` lets it take up work. */
export async function createNexusHost(setting: ColumnSetting, tools: readonly Tool[]): Promise<NexusHost> {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    // Below errors it tells of every activity whose run was killed.
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
  });
  const logger = createLogger({ level: 'warn' });
  const { temporalAddress: address } = setting;
  const { databaseUrl: url, databaseFolder: dataDir } = setting;
  const store = await openStore(dataDir === undefined ? { url } : { dataDir });
  const connection = await Connection.connect({ address });
  const nativeConnection = await NativeConnection.connect({ address });
  const client = new Client({ connection });
  const registry = createToolRegistry(tools);
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
      asksBefore: approvalPolicy([]),
      isWorkflowOpen: async (id) =>
        (await client.workflow.getHandle(id).describe()).status.name === 'RUNNING',
    }),
  });
  let running: Promise<void> | undefined;
  let sweeper: { stop(): Promise<void> } | undefined;
  return {
    store,
    client,
    commands,
    start() {
      running = worker.run();
      sweeper = startSweeper(deps);
    },
    async begin(plan, inputs) {
      const { run, userErrors } = await commands.startPlan(context, { plan, inputs });
      if (!run) throw new Error(userErrors.map(({ message }) => message).join('; '));
      return run.row.id;
    },
    async result(runId) {
      const report = (await client.workflow.getHandle(workflowIdOf(runId)).result()) as {
        output?: StoredValue;
      };
      const { output = { inline: null } } = report;
      return isRef(output) ? await store.values.load(context.tenant, output) : output.inline;
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
