import type { StoredValue } from '#contracts';
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

/** An execution of a run's root workflow, with when it began: a reset one begins with its reset. */
export interface StartedWorkflow extends RootWorkflow {
  readonly startedAt: number;
  readonly open: boolean;
}

/** What is known of how an execution was made from another one. */
export interface Reset {
  readonly by: string;
  readonly reason: string;
  /** When what it keeps of the other one's history ended. */
  readonly from: number;
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
  /** Roots that run plans and have started since, the newest of them. */
  readonly started: (since: number) => Promise<readonly StartedWorkflow[]>;
  /** Null when the execution was not made by a reset. */
  readonly resetOf: (workflowId: string, temporalRunId: string) => Promise<Reset | null>;
  /** What the run put out whose workflow has completed. */
  readonly output: (workflowId: string) => Promise<StoredValue | undefined>;
  /** How the workflow ended; null while an execution of it is open, as after a reset. */
  readonly ending: (workflowId: string) => Promise<Ending | 'unknown' | null>;
}

type Timestamp = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;

const newestStarts = 1_000;
/** A rollback goes on under the ID of its run, and an operator who holds or ends that means the run. */
const rootTypes = [workflowTypes.run, workflowTypes.rollback];
/** `HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT` */
const closeEvent = 2;

export function operatorsTemporal(client: Client): OperatorsTemporal {
  const { namespace } = client.options;

  async function roots(types: readonly string[], query: string, most = Infinity): Promise<StartedWorkflow[]> {
    const found: StartedWorkflow[] = [];
    const named = types.map((type) => `"${type}"`).join(', ');
    const list = client.workflow.list({ query: `WorkflowType in (${named}) and ${query}` });
    for await (const {
      workflowId,
      runId: temporalRunId,
      startTime,
      status,
      searchAttributes: attributes,
    } of list) {
      if (found.length >= most) break;
      const [runId] = attributes[searchAttributes.runId] ?? [];
      const [tenant] = attributes[searchAttributes.tenant] ?? [];
      if (typeof runId !== 'string' || typeof tenant !== 'string') continue;
      const open = status.name === 'RUNNING' || status.name === 'PAUSED';
      const root = { workflowId, temporalRunId, tenant, runId, startedAt: startTime.getTime(), open };
      if (workflowId === workflowIdOf(runId)) found.push(root);
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
    paused: () => roots(rootTypes, 'ExecutionStatus = "Paused"'),
    ended: (since) =>
      roots(
        rootTypes,
        `ExecutionStatus in ("Terminated", "Canceled", "Failed", "TimedOut") and CloseTime > "${new Date(since).toISOString()}"`,
      ),
    started: (since) =>
      roots([workflowTypes.run], `StartTime > "${new Date(since).toISOString()}"`, newestStarts),
    async resetOf(workflowId, runId) {
      let before = 0;
      for (let token: Uint8Array | null = null; ;) {
        const { events, next } = await historyPage(workflowId, runId, token);
        for (const { eventTime, workflowTaskFailedEventAttributes: failed } of events) {
          // Earlier resets of the same workflow stand in the history, too.
          if (failed?.newRunId === runId)
            return { by: operatorOf(failed.identity), reason: failed.failure?.message ?? '', from: before };
          before = millis(eventTime);
        }
        token = next;
        if (!token?.length) return null;
      }
    },
    async output(workflowId) {
      const { output } = (await client.workflow.getHandle(workflowId).result()) as { output?: StoredValue };
      return output;
    },
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

  async function historyPage(workflowId: string, runId: string, nextPageToken: Uint8Array | null) {
    const execution = { workflowId, runId };
    const asked = { namespace, execution, nextPageToken };
    const page = await client.workflowService.getWorkflowExecutionHistory(asked);
    return { events: page.history?.events ?? [], next: page.nextPageToken ?? null };
  }

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

/** The Temporal UI of a server that knows no users gives no name, and a reset is put down to the server itself. */
function operatorOf(identity: string | null | undefined): string {
  return identity && identity !== 'history-service' ? identity : 'an operator in Temporal';
}

function millis(time: Timestamp): number {
  return Number(String(time?.seconds ?? 0)) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000);
}
