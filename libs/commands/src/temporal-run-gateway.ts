import {
  nexusError,
  type RunStatus,
  searchAttributes,
  taskQueues,
  workflowIdOf,
  workflowTypes,
} from '#contracts';
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import {
  defineSearchAttributeKey,
  SearchAttributeType,
  TypedSearchAttributes,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/common';
import { inspectWorkflow } from './inspect-workflow.js';
import type { RollbackStart, RunGateway, RunStart, StartedRun } from './run-gateway.js';
import {
  openWorkflowsOf,
  signalWorkflow,
  terminateWorkflow,
  terminationOf,
  unpauseWorkflow,
} from './temporal-control.js';
import { causeOf, cutToBytes, grpc, isGone } from './temporal-errors.js';

const runIdKey = defineSearchAttributeKey(searchAttributes.runId, SearchAttributeType.KEYWORD);
const tenantKey = defineSearchAttributeKey(searchAttributes.tenant, SearchAttributeType.KEYWORD);
const statusKey = defineSearchAttributeKey(searchAttributes.status, SearchAttributeType.KEYWORD);

const summaryBytes = 200;
const fairnessKeyBytes = 64;

export interface TemporalRunGatewayOptions {
  readonly client: Client;
  /** Address of the Temporal UI, such as `http://127.0.0.1:8233`; null when there is none. */
  readonly uiUrl: string | null;
}

/** Runs as Temporal workflows `run/<runId>`. */
export function temporalRunGateway({ client, uiUrl }: TemporalRunGatewayOptions): RunGateway {
  const { namespace } = client.options;
  return {
    start: (run) => reached(client, () => startRun(client, run)),
    startRollback: (rollback) => reached(client, () => startRollback(client, rollback)),
    cancel: (runId, reason) => reached(client, () => cancelRun(client, runId, reason)),
    signal: (workflowId, signal) => reached(client, () => signalWorkflow(client, workflowId, signal)),
    terminate: (workflowId, reason) => reached(client, () => terminateWorkflow(client, workflowId, reason)),
    unpause: (workflowId, reason) => reached(client, () => unpauseWorkflow(client, workflowId, reason)),
    openWorkflows: (runId) => reached(client, () => openWorkflowsOf(client, runId)),
    inspect: (workflowId) => reached(client, () => inspectWorkflow(client, workflowId)),
    terminatedAt: (workflowId) => reached(client, () => terminationOf(client, workflowId)),
    temporalUrl: (workflowId, temporalRunId) => {
      if (uiUrl === null) return null;
      const workflow = `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
      return temporalRunId === null ? workflow : `${workflow}/${temporalRunId}/history`;
    },
  };
}

async function startRun(client: Client, { input, name, again = false }: RunStart): Promise<StartedRun> {
  const workflowId = workflowIdOf(input.runId);
  try {
    const handle = await client.workflow.start(workflowTypes.run, {
      workflowId,
      taskQueue: taskQueues.orchestrator,
      args: [input],
      workflowIdReusePolicy: again
        ? WorkflowIdReusePolicy.ALLOW_DUPLICATE
        : WorkflowIdReusePolicy.REJECT_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
      typedSearchAttributes: attributesOf(input, input.bound === undefined ? 'PLANNING' : 'PENDING'),
      staticSummary: cutToBytes(name, summaryBytes),
      priority: priorityOf(input.tenant, input.priority),
      // A run that opens with a local segment is looked after every two seconds; see docs/decisions.
      ...(input.bound?.opensLocal ? { workflowTaskTimeout: '2s' } : {}),
    });
    return { temporalRunId: handle.firstExecutionRunId };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    // It has run and ended: nothing to start, and its first execution is the answer.
    const described = await client.workflow.getHandle(workflowId).describe();
    return { temporalRunId: described.raw.workflowExecutionInfo?.firstRunId || described.runId };
  }
}

async function startRollback(client: Client, { input, name, priority }: RollbackStart): Promise<void> {
  await client.workflow.start(workflowTypes.rollback, {
    workflowId: workflowIdOf(input.runId),
    taskQueue: taskQueues.orchestrator,
    args: [input],
    workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
    typedSearchAttributes: attributesOf(input, 'ROLLING_BACK'),
    staticSummary: cutToBytes(`rollback of ${name}`, summaryBytes),
    priority: priorityOf(input.tenant, priority),
  });
}

function attributesOf(
  { runId, tenant }: { readonly runId: string; readonly tenant: string },
  status: RunStatus,
): TypedSearchAttributes {
  return new TypedSearchAttributes([
    { key: runIdKey, value: runId },
    { key: tenantKey, value: tenant },
    { key: statusKey, value: status },
  ]);
}

function priorityOf(tenant: string, priorityKey: number) {
  return { priorityKey, fairnessKey: cutToBytes(tenant, fairnessKeyBytes) };
}

async function cancelRun(client: Client, runId: string, reason: string): Promise<void> {
  try {
    await client.workflowService.requestCancelWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId: workflowIdOf(runId) },
      identity: client.options.identity,
      reason: cutToBytes(reason, 1_000),
    });
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

/** Long enough for a busy server, short enough for someone who waits. */
const patienceMs = 5_000;

async function reached<T>({ connection }: Client, ask: () => Promise<T>): Promise<T> {
  try {
    return await connection.withDeadline(Date.now() + patienceMs, ask);
  } catch (error) {
    const reason = causeOf(error).message;
    // The same request would be refused again.
    if (causeOf(error).code === grpc.invalidArgument) {
      throw nexusError('INTERNAL', `Temporal does not take the request: ${reason}`, { cause: error });
    }
    throw nexusError('UNAVAILABLE', `Temporal did not answer: ${reason}`, {
      retryable: true,
      hint: 'look whether the Temporal server runs and can be reached',
      cause: error,
    });
  }
}
