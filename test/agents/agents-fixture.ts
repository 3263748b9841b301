import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { JsonValue, RunRecord, StoredValue } from '#contracts';
import { taskQueues, workflowTypes } from '#contracts';
import { createActivityProvider } from '#routing';
import type { CallGuard, ModelCallRecord, ProviderSettings } from '#routing';
import type { AgentTaskInput, AgentToolInput, AgentToolResult } from '#workflows';
import type { AgentTaskResult } from '../../libs/workflows/src/agent/agent-task-input.js';
import { recordHistories } from '../replay/record-histories.js';
import { nexusWith } from '../routing/nexus-fixture.js';
import { temporalAddress, workflowBundle } from '../support/temporal.js';

// Failures are what these tests are about; only what nobody expects is worth a line.
Runtime.install({ logger: new DefaultLogger('ERROR') });

export type ToolWork = (input: AgentToolInput) => AgentToolResult | Promise<AgentToolResult>;

export interface AgentsFixture {
  readonly client: Client;
  readonly calls: ModelCallRecord[];
  /** Every tool call that agents made, in order. */
  readonly toolCalls: AgentToolInput[];
  /** What agents' workflows told readers, in order. */
  readonly records: RunRecord[];
  start(input: Partial<AgentTaskInput> & { tool?: ToolWork }): Promise<AgentHandle>;
  close(): Promise<void>;
}

export interface History {
  readonly text: string;
  /** One, and one more for each time it continued as new. */
  readonly runs: number;
  /** Runs today's workflow against each of its histories. */
  readonly replay: () => Promise<void>;
}

export interface AgentHandle {
  readonly workflowId: string;
  result(): Promise<AgentTaskResult>;
  cancel(): Promise<unknown>;
  /** Everything that its histories carry, as text. */
  history(): Promise<History>;
}

export const agent = {
  name: 'researcher',
  version: 1,
  instructions: 'You find things out.',
  model: 'nexus:standard',
  tools: [
    { name: 'file.read', description: 'Reads a file.', inputSchema: { type: 'object' } },
    { name: 'git.log', description: 'Shows commits.', inputSchema: { type: 'object' } },
  ],
  limits: { maxTurns: 5, maxTokens: 100_000 },
};

/** Workers in a namespace of their own, with models from a server and tools that tests play. */
export async function startAgents(
  providers: ProviderSettings,
  values: ReadonlyMap<string, JsonValue> = new Map(),
  guard?: CallGuard,
): Promise<AgentsFixture> {
  const address = temporalAddress();
  const namespace = `agents-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  const client = new Client({ connection, namespace });
  const { provider, calls } = nexusWith(providers, {
    loadValue: async (_tenant, { ref }) => values.get(ref) ?? null,
    ...(guard && { guard }),
  });
  const work = new Map<string, ToolWork>();
  const toolCalls: AgentToolInput[] = [];
  const records: RunRecord[] = [];
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
    activities: {
      runAgentTool: async (input: AgentToolInput) => {
        toolCalls.push(input);
        return (work.get(input.runId) ?? (() => ({ output: { inline: null } })))(input);
      },
      record: async (record: RunRecord) => void records.push(record),
    },
  });
  const running = worker.run();
  let first: string | undefined;

  async function start({ tool, ...input }: Parameters<AgentsFixture['start']>[0]): Promise<AgentHandle> {
    const runId = `run_${randomUUID()}`;
    first ??= runId;
    if (tool !== undefined) work.set(runId, tool);
    const task: StoredValue = { inline: { task: 'find out' } };
    const given: AgentTaskInput = { tenant: 'default', runId, path: 'find', task, agent, ...input };
    const workflowId = `run/${runId}/find`;
    const options = { workflowId, taskQueue: taskQueues.orchestrator, args: [given] };
    const { firstExecutionRunId } = await client.workflow.start(workflowTypes.agentTask, options);
    const handle = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId });
    return {
      workflowId,
      result: () => handle.result() as Promise<AgentTaskResult>,
      cancel: () => handle.cancel(),
      history: () => historyOf(client, workflowId, firstExecutionRunId),
    };
  }

  return {
    client,
    calls,
    toolCalls,
    records,
    start,
    async close() {
      if (process.env.RECORD_HISTORIES && first) await recordHistories(client, new Map([['agent', first]]));
      worker.shutdown();
      await running;
      await nativeConnection.close();
      await connection.close();
    },
  };
}

async function historyOf(client: Client, workflowId: string, first: string): Promise<History> {
  const texts: string[] = [];
  const histories: Parameters<typeof Worker.runReplayHistory>[1][] = [];
  let runId: string | undefined = first;
  while (runId) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.push(history);
    // Payloads stand there as base64.
    for (const [, data] of historyToJSON(history).matchAll(/"data": "([^"]*)"/g)) {
      texts.push(Buffer.from(data ?? '', 'base64').toString('utf8'));
    }
    const last = history.events?.at(-1);
    runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  const replay = async (): Promise<void> => {
    for (const history of histories) {
      await Worker.runReplayHistory({ workflowBundle: workflowBundle() }, history, workflowId);
    }
  };
  return { text: texts.join('\n'), runs: histories.length, replay };
}
