import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { PendingActivity, WorkflowFacts } from './run-gateway.js';
import { isGone } from './temporal-errors.js';

type Description = WorkflowExecutionDescription['raw'];
type Timestamp = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;

/** States of pending work in Temporal's own numbers. */
const started = 2;
const workflowTaskFailed = 7;
const lastEvents = 10;

/** What keeps an open workflow busy, or from being busy. */
export async function inspectWorkflow(client: Client, workflowId: string): Promise<WorkflowFacts | null> {
  try {
    const { raw, runId, status, taskQueue } = await client.workflow.getHandle(workflowId).describe();
    if (status.name !== 'RUNNING' && status.name !== 'PAUSED') return null;
    const task = raw.pendingWorkflowTask;
    const attempt = task?.attempt ?? 1;
    return {
      temporalRunId: raw.workflowExecutionInfo?.firstRunId || runId,
      paused: status.name === 'PAUSED',
      queue: taskQueue,
      task: task
        ? {
            attempt,
            scheduledAt: millis(task.scheduledTime),
            started: Number(task.state) === started,
            failure: attempt > 1 ? await lastTaskFailure(client, workflowId) : undefined,
          }
        : null,
      activities: (raw.pendingActivities ?? []).map(pendingActivity),
      children: raw.pendingChildren?.length ?? 0,
    };
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function pendingActivity(activity: NonNullable<Description['pendingActivities']>[number]): PendingActivity {
  return {
    type: activity.activityType?.name ?? '',
    queue: activity.activityOptions?.taskQueue?.name ?? '',
    started: Number(activity.state) === started,
    attempt: activity.attempt ?? 1,
    scheduledAt: millis(activity.scheduledTime),
    failure: activity.lastFailure?.message ?? undefined,
  };
}

/** Repeated failures are not written down: the first one of the row is. */
async function lastTaskFailure(client: Client, workflowId: string): Promise<string | undefined> {
  const { history } = await client.workflowService.getWorkflowExecutionHistoryReverse({
    namespace: client.options.namespace,
    execution: { workflowId },
    maximumPageSize: lastEvents,
  });
  const failed = history?.events?.find(({ eventType }) => Number(eventType) === workflowTaskFailed);
  return failed?.workflowTaskFailedEventAttributes?.failure?.message ?? undefined;
}

function millis(time: Timestamp): number {
  return Number(String(time?.seconds ?? 0)) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000);
}
