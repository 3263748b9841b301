import type { Failure, StoredValue, Usage, WaitReason } from '#contracts';
import { log } from '@temporalio/workflow';
import { defineSignal, getExternalWorkflowHandle, isCancellation } from '@temporalio/workflow';

/** How a task's child workflow ended; sent to the run's workflow ID, so that it outlives continue-as-new. */
export interface ChildReport {
  readonly path: string;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly output?: StoredValue | undefined;
  readonly error?: Failure | undefined;
  readonly usage?: Usage | undefined;
}

export const childEnded = defineSignal<[ChildReport]>('childEnded');

/** Why nothing moves in a task's child workflow; null when it goes on. */
export interface ChildRest {
  readonly path: string;
  readonly wait: WaitReason | null;
}

export const childRests = defineSignal<[ChildRest]>('childRests');

/** Tells a sub-plan's workflow that its run has failed: nothing new starts in it, what runs goes on to its end. */
export const drain = defineSignal('drain');

/** Tells the workflow that waits for this one. That it is gone is no fault of the child's. */
export async function reportToParent(workflowId: string, report: ChildReport): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(childEnded, report);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('the workflow that waited for this one has ended', { workflowId });
  }
}
