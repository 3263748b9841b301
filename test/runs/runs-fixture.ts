import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { approvalPolicy, createActivities, createPlanCache, createStopList } from '#activities';
import type { ModelRunner } from '#activities';
import { temporalRunGateway } from '#commands';
import type { JsonObject, JsonValue, Labels, Tool, ToolContext, ToolEffect } from '#contracts';
import { newId, nexusError, noUsage, runEnded, workflowIdOf } from '#contracts';
import { bindPlan, PlanDocument } from '#plan';
import { openSharedBoard } from '#routing';
import type { SharedBoard } from '#routing';
import type { RunRow, Store } from '#store';
import { openStore } from '#store';
import { createToolRegistry } from '#tools';
import type { RunInput } from '#workflows';
import { registerSearchAttributes } from '../../apps/cli/src/embedded/index.js';
import { recordHistories } from '../replay/record-histories.js';
import { temporalAddress, workflowBundle } from '../support/temporal.js';

export type Work = (input: JsonValue, context: ToolContext) => Promise<JsonValue>;

export interface RunsFixture {
  readonly store: Store;
  readonly client: Client;
  /** Stands before tools that have a breaker; it stays open for longer than a segment waits. */
  readonly board: SharedBoard;
  start(document: unknown, inputs?: JsonObject, options?: Partial<RunInput>): Promise<string>;
  cancel(runId: string): Promise<void>;
  /** The run when it has ended. */
  ended(runId: string): Promise<RunRow>;
  /** One more worker; `stop` drains it. */
  addWorker(identity: string, options?: WorkerChoices): Promise<{ stop(): Promise<void> }>;
  close(): Promise<void>;
}

export interface WorkerChoices {
  readonly labels?: Labels | undefined;
  readonly graceMs?: number | undefined;
}

export function tool(name: string, run: Work, effect: ToolEffect = 'none', expectedMs = 10): Tool {
  return { name, description: name, inputSchema: {}, effect, expectedMs, run };
}

/** Workers in a namespace of their own, with these tools, over an embedded store. */
export async function startRuns(
  tools: readonly Tool[],
  planFor?: (goal: string) => JsonObject | undefined,
  address: string = temporalAddress(),
  modelOver: (store: Store) => ModelRunner = () => async () => ({ output: null, usage: noUsage }),
): Promise<RunsFixture> {
  const namespace = `runs-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  await registerSearchAttributes(connection, namespace);
  const client = new Client({ connection, namespace });
  const store = await openStore({});
  const registry = createToolRegistry(tools);
  const bind = (document: unknown) =>
    bindPlan(PlanDocument.parse(document), {
      tool: registry.get,
      agent: () => undefined,
      template: () => undefined,
    });
  const plans = createPlanCache(store);
  // Once the routing's modules are there: Jest loads what both need only one after the other.
  const { createNexusWorker } = await import('../../apps/worker/src/create-worker.js');
  const board = await openSharedBoard({ store, log: () => undefined, settings: { backoffMs: 4_000 } });
  const gateway = temporalRunGateway({ client, uiUrl: null });

  /** A worker with a stop list of its own, as if it were a process of its own. */
  async function addWorker(
    identity: string,
    { labels, graceMs = 1_000 }: WorkerChoices = {},
  ): Promise<{ stop(): Promise<void> }> {
    // One connection takes no two workers of one queue.
    const nativeConnection = await NativeConnection.connect({ address });
    const stops = createStopList(store, () => undefined);
    const draining = new AbortController();
    const activities = createActivities({
      store,
      tools: registry,
      plans,
      stops,
      worker: identity,
      breakers: board,
      draining: draining.signal,
      model: modelOver(store),
      planGoal: async (_tenant, _runId, { goal }, inputs) => {
        const document = planFor?.(goal);
        if (!document) throw nexusError('FAILED_PRECONDITION', 'no planner here');
        return { document, bound: bind(document), inputs, planner: 'test' };
      },
      asksBefore: approvalPolicy(['irreversible']),
      isWorkflowOpen: async (workflowId) => {
        const { status } = await client.workflow.getHandle(workflowId).describe();
        return status.name === 'RUNNING';
      },
    });
    const worker = await createNexusWorker({
      connection: nativeConnection,
      namespace,
      identity,
      workflowBundle: workflowBundle(),
      shutdownGraceMs: graceMs,
      modelProvider: {} as never,
      activities,
      ...(labels ? { labels } : {}),
    });
    const running = worker.run();
    return {
      async stop() {
        draining.abort();
        worker.shutdown();
        await running;
        await nativeConnection.close();
        stops.close();
      },
    };
  }
  const first = await addWorker('test-worker');
  const named = new Map<string, string>();

  async function start(
    document: unknown,
    inputs: JsonObject = {},
    options: Partial<RunInput> = {},
  ): Promise<string> {
    const tenant = 'default';
    const runId = newId('run');
    const plan = PlanDocument.parse(document);
    const bound = bind(document);
    const stored = await store.values.put(tenant, runId, undefined, inputs);
    const row = { id: runId, tenant, workflowId: workflowIdOf(runId), createdAt: Date.now() };
    const { budget, triggers } = options;
    const limits = { ...(budget && { budget }), ...(triggers && { triggers }) };
    await store.runs.create({ ...row, bound, plan: plan as never, inputs: stored, ...limits }, []);
    const input = { tenant, runId, path: '', priority: 3, inputs: stored, bound, ...options };
    await gateway.start({ input, name: bound.name });
    if (plan.name) named.set(plan.name, runId);
    return runId;
  }

  async function ended(runId: string): Promise<RunRow> {
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        const stop = store.changes.subscribe((change) => {
          if (change.runId !== runId) return;
          stop();
          resolve();
        });
      });
      const row = await store.runs.get('default', runId);
      if (row && runEnded(row.status)) return row;
      await changed;
    }
  }

  return {
    store,
    client,
    board,
    start,
    ended,
    addWorker,
    async cancel(runId) {
      await store.runs.requestStop('default', runId, 'cut', 'test');
      await gateway.cancel(runId, 'test');
    },
    async close() {
      if (process.env.RECORD_HISTORIES) await recordHistories(client, named);
      await first.stop();
      await connection.close();
      await board.close();
      await store.close();
    },
  };
}
