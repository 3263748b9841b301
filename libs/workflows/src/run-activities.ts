import { taskQueues } from '#contracts';
import { ActivityCancellationType, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { RunActivities } from './activity-interface.js';

/** A worker that dies is noticed after this; beats come four times as often. */
const segmentHeartbeat = '2500ms';
const taskHeartbeat = '5s';

/** Attempts of an activity whose worker died; a task that kills its workers must not do so for ever. */
const workersLost = 20;

/** For what may be done again, and otherwise, when a workflow task is: a local activity is not in history until then. */
export const local = proxyLocalActivities<Pick<RunActivities, 'stopRun' | 'childIsOpen'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

/**
 * Records are ordinary activities: their content stands in history before they are written. A local one could be
 * written by a workflow task that is then tried again and comes to other words under the same name.
 */
export const { record } = proxyActivities<Pick<RunActivities, 'record'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
});

export const remote = proxyActivities<RunActivities>({
  startToCloseTimeout: '5m',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '500ms', maximumInterval: '30s', maximumAttempts: 10 },
});

/** What has to be known, however long the database is away. */
export const persistent = proxyActivities<Pick<RunActivities, 'expireApproval'>>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '500ms', maximumInterval: '30s' },
});

/** The activity for a batch of a map's items. */
export function batchActivity(summary: string) {
  return proxyActivities<Pick<RunActivities, 'runBatch'>>({
    taskQueue: taskQueues.activities,
    summary,
    startToCloseTimeout: '30d',
    heartbeatTimeout: taskHeartbeat,
    cancellationType: waitForEnd,
    retry: {
      initialInterval: '100ms',
      backoffCoefficient: 1.5,
      maximumInterval: '5s',
      maximumAttempts: workersLost * 10,
    },
  }).runBatch;
}

/** The activity for a segment: a local one where its tasks allow, else one that heartbeats. */
export function segmentActivity(kind: 'local' | 'segment' | 'task', summary: string, taskQueue: string) {
  if (kind === 'local') {
    const options = { startToCloseTimeout: '20s', summary, cancellationType: waitForEnd } as const;
    return proxyLocalActivities<RunActivities>({ ...options, retry: { initialInterval: '100ms' } })
      .runSegment;
  }
  const proxy = proxyActivities<RunActivities>({
    taskQueue,
    summary,
    // Tasks' own time-outs are kept inside, where the reason is known; this is only a backstop.
    startToCloseTimeout: '30d',
    heartbeatTimeout: kind === 'task' ? taskHeartbeat : segmentHeartbeat,
    cancellationType: waitForEnd,
    retry: {
      initialInterval: '100ms',
      backoffCoefficient: 1.5,
      maximumInterval: '5s',
      maximumAttempts: workersLost,
    },
  });
  return kind === 'task' ? proxy.runTask : proxy.runSegment;
}

const waitForEnd = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
