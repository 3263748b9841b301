import type { Pause } from '#contracts';
import { searchAttributes, taskQueues } from '#contracts';
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ActivityCancellationType,
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import { rollbackRequested } from './control-signals.js';
import { createPauseGate } from './pause-gate.js';
import type { RollbackActivities, RollbackEnded, RollbackOf } from './rollback-activities.js';

export interface RollbackInput extends RollbackOf {
  /** What holds it from its beginning. */
  readonly pauses?: readonly Pause[] | undefined;
}

const { beginRollback, endRollback } = proxyActivities<RollbackActivities>({
  startToCloseTimeout: '5m',
  retry: { initialInterval: '200ms', maximumInterval: '30s' },
});

const { rollBack } = proxyActivities<RollbackActivities>({
  taskQueue: taskQueues.activities,
  startToCloseTimeout: '30d',
  heartbeatTimeout: '5s',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '100ms', backoffCoefficient: 1.5, maximumInterval: '10s' },
});

/** While workers hold it and no pause is known here, it is looked at again after this, and less and less often. */
const heldBackMs = 1_000;
const longestHoldMs = 60_000;

/**
 * Takes back what a run has done, under the run's own workflow ID: as the rest of a run that fails, or as a new
 * execution of one that ended long ago. A cancel ends it where it stands.
 */
export async function rollbackWorkflow(input: RollbackInput): Promise<RollbackEnded> {
  const of = { tenant: input.tenant, runId: input.runId };
  const gate = createPauseGate({ pauses: input.pauses }, () => undefined);
  // It is under way already.
  setHandler(rollbackRequested, () => undefined);
  const { begun, status } = await CancellationScope.nonCancellable(() => beginRollback(of));
  if (!begun) return { status, compensated: 0, failed: [] };
  setCurrentDetails('Rolling back: undoes what the run has done, what needed it first.');
  try {
    for (let waitMs = heldBackMs; ; waitMs = Math.min(waitMs * 2, longestHoldMs)) {
      await gate.open();
      const { held } = await rollBack(of);
      if (!held) break;
      await gate.news(waitMs);
    }
  } catch (error) {
    // What could not be undone is asked about, whatever it was: nobody would hear of a workflow that failed.
    if (!isCancellation(error)) log.error('the rollback ends before it was through', { error });
  }
  return CancellationScope.nonCancellable(async () => {
    const ended = await endRollback(of);
    const { status: at, compensated, failed } = ended;
    upsertSearchAttributes([
      { key: defineSearchAttributeKey(searchAttributes.status, 'KEYWORD'), value: at },
    ]);
    const left = failed.length === 0 ? '' : ` Not undone: ${failed.slice(0, 10).join(', ')}.`;
    setCurrentDetails(`${at}: ${compensated} effects undone.${left}`);
    return ended;
  });
}
