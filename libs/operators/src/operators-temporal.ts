import { searchAttributes, workflowIdOf, workflowTypes } from '#contracts';
import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';

/** The root workflow of a run, as Temporal's lists show it. */
export interface RootWorkflow {
  readonly workflowId: string;
  readonly temporalRunId: string;
  readonly tenant: string;
  readonly runId: string;
}

export interface NativePause {
  readonly by: string;
  readonly reason?: string | undefined;
  readonly since: number;
}

export type ClosedStatus = 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED' | 'TIMED_OUT';

/** How the newest execution of a workflow ended. */
export interface Ending {
  readonly status: ClosedStatus;
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/** What the watch asks of Temporal: facts alone, none of which disturbs a workflow. */
export interface OperatorsTemporal {
  /** Roots that Temporal itself holds. */
  readonly paused: () => Promise<readonly RootWorkflow[]>;
  /** Who holds the workflow; null: nobody does. */
  readonly pauseOf: (workflowId: string) => Promise<NativePause | null>;
  /** Open workflows of a run. */
  readonly open: (runId: string) => Promise<readonly string[]>;
  /** Roots that have ended since, other than well. */
  readonly ended: (since: number) => Promise<readonly RootWorkflow[]>;
  /** How the workflow ended; null while an execution of it is open, as after a reset. */
  readonly ending: (workflowId: string) => Promise<Ending | 'unknown' | null>;
}

type Timestamp = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;

/** `HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT` */
const closeEvent = 2;

export function operatorsTemporal(client: Client): OperatorsTemporal {
  const { namespace } = client.options;

  async function roots(query: string): Promise<RootWorkflow[]> {
    const found: RootWorkflow[] = [];
    const list = client.workflow.list({ query: `WorkflowType = "${workflowTypes.run}" and ${query}` });
    for await (const { workflowId, runId: temporalRunId, searchAttributes: attributes } of list) {
      const [runId] = attributes[searchAttributes.runId] ?? [];
      const [tenant] = attributes[searchAttributes.tenant] ?? [];
      if (typeof runId !== 'string' || typeof tenant !== 'string') continue;
      if (workflowId === workflowIdOf(runId)) found.push({ workflowId, temporalRunId, tenant, runId });
    }
    return found;
  }

  async function describe(workflowId: string) {
    try {
      return await client.workflow.getHandle(workflowId).describe();
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  }

  return {
    paused: () => roots('ExecutionStatus = "Paused"'),
    ended: (since) =>
      roots(
        `ExecutionStatus in ("Terminated", "Canceled", "Failed", "TimedOut") and CloseTime > "${new Date(since).toISOString()}"`,
      ),
    async pauseOf(workflowId) {
      const described = await describe(workflowId);
      if (described?.status.name !== 'PAUSED') return null;
      const { identity, reason, pausedTime } = described.raw.workflowExtendedInfo?.pauseInfo ?? {};
      return {
        by: operatorOf(identity),
        ...(reason ? { reason } : {}),
        since: pausedTime ? millis(pausedTime) : Date.now(),
      };
    },
    async open(runId) {
      const found: string[] = [];
      const query = `${searchAttributes.runId} = "${runId}" and ExecutionStatus in ("Running", "Paused")`;
      for await (const { workflowId } of client.workflow.list({ query })) found.push(workflowId);
      return found;
    },
    async ending(workflowId) {
      const described = await describe(workflowId);
      if (described === null) return 'unknown';
      const status = described.status.name;
      if (status === 'RUNNING' || status === 'PAUSED') return null;
      if (!isClosed(status)) return 'unknown';
      const at = described.closeTime?.getTime() ?? Date.now();
      return { status, at, ...(await lastWords(workflowId, described.runId)) };
    },
  };

  async function lastWords(workflowId: string, runId: string): Promise<{ by: string; reason: string }> {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: { workflowId, runId },
      historyEventFilterType: closeEvent,
    });
    const event = history?.events?.at(-1);
    const terminated = event?.workflowExecutionTerminatedEventAttributes;
    const failure = event?.workflowExecutionFailedEventAttributes?.failure;
    return {
      by: terminated ? operatorOf(terminated.identity) : 'Temporal',
      reason: terminated?.reason || failure?.message || '',
    };
  }
}

function isClosed(status: string): status is ClosedStatus {
  return ['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT'].includes(status);
}

/** The Temporal UI of a server that knows no users gives no name. */
function operatorOf(identity: string | null | undefined): string {
  return identity ? identity : 'an operator in Temporal';
}

function millis(time: Timestamp): number {
  return Number(String(time?.seconds ?? 0)) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000);
}
