import type { WaitReason } from '#contracts';
import type { QuietRun, WorkerRow } from '#store';
import type { WorkflowFacts } from './run-gateway.js';

/** All that tells whether a run could move. */
export interface Vitals {
  readonly run: Pick<QuietRun, 'status' | 'waiting' | 'updatedAt'>;
  readonly workflow: WorkflowFacts;
  readonly workers: readonly Pick<WorkerRow, 'queues' | 'silentMs'>[];
  /** Tasks that are at work, by their rows. */
  readonly inFlight: number;
  readonly now: number;
}

/** A worker beats every two seconds; one that is silent for longer than this does not take work any more. */
export const workerGoneMs = 10_000;
const waitsLongMs = 10_000;
const queuesLongMs = 60_000;
const failsOften = 3;
const silentLongMs = 300_000;
const shownFailure = 500;

/**
 * What keeps a run from moving that nothing of its own says: code that fails, a queue that nobody serves, work that
 * nobody takes, silence. Null: nothing is wrong, as far as can be seen.
 */
export function stuckReason(vitals: Vitals): WaitReason | null {
  const { workflow, now } = vitals;
  if (workflow.paused) return null;
  return failingCode(workflow) ?? unservedCode(vitals) ?? stuckActivity(vitals) ?? silence(vitals);

  function failingCode({ task }: WorkflowFacts): WaitReason | null {
    if (task === null || task.attempt < failsOften) return null;
    const why = task.failure ?? 'its worker does not answer';
    return reason(
      'RETRY_BACKOFF',
      `the workflow's own code has failed ${task.attempt - 1} times in a row: ${shortened(why)}`,
      task.scheduledAt,
    );
  }

  function unservedCode({ workers }: Vitals): WaitReason | null {
    const { task, queue } = workflow;
    if (task === null || task.started || now - task.scheduledAt < waitsLongMs) return null;
    return served(workers, queue) ? null : nobodyServes(queue, workers, task.scheduledAt);
  }

  function stuckActivity({ workers }: Vitals): WaitReason | null {
    for (const { queue, started, scheduledAt, attempt, failure, type } of workflow.activities) {
      if (attempt > failsOften && failure !== undefined) {
        const detail = `${type} has failed ${attempt - 1} times in a row: ${shortened(failure)}`;
        return reason('RETRY_BACKOFF', detail, scheduledAt);
      }
      if (started || now - scheduledAt < waitsLongMs) continue;
      if (!served(workers, queue)) return nobodyServes(queue, workers, scheduledAt);
      if (now - scheduledAt >= queuesLongMs)
        return reason('QUEUE', `no worker of ${queue} was free to take ${type}`, scheduledAt);
    }
    return null;
  }
}

function silence({ run, workflow, inFlight, now }: Vitals): WaitReason | null {
  const busy =
    workflow.task !== null || workflow.activities.length > 0 || workflow.children > 0 || inFlight > 0;
  if (busy || run.status === 'WAITING' || now - run.updatedAt < silentLongMs) return null;
  const detail =
    'nothing has happened for long, and nothing of the run says why: look at it in the Temporal UI';
  return reason('DEPENDENCY', detail, run.updatedAt);
}

function served(workers: Vitals['workers'], queue: string): boolean {
  return workers.some(({ queues, silentMs }) => silentMs < workerGoneMs && queues.includes(queue));
}

function nobodyServes(queue: string, workers: Vitals['workers'], since: number): WaitReason {
  const alive = workers.filter(({ silentMs }) => silentMs < workerGoneMs);
  const others =
    alive.length === 0 ? 'no worker is there' : `${alive.length} other workers are there, for other work`;
  return reason('NO_WORKER', `no worker serves ${queue}: ${others}`, since);
}

function reason(kind: WaitReason['kind'], detail: string, since: number): WaitReason {
  return { kind, detail, since: new Date(since).toISOString() };
}

function shortened(text: string): string {
  return text.length <= shownFailure ? text : `${text.slice(0, shownFailure)}…`;
}
