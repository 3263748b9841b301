import type { Failure, NanoUsd, RunStatus, StoredValue, Usage, WaitReason } from '#contracts';
import type { RunRow } from '#store';
import type { RunGateway } from './run-gateway.js';

/** Usage as people read it. */
export interface UsageView extends Omit<Usage, 'costNanos'> {
  readonly cost: NanoUsd;
  readonly durationMs: number;
}

/** A run as every door shows it. Values that may be large stay as stored, and are loaded when asked for. */
export interface RunView {
  readonly __typename: 'Run';
  readonly id: string;
  readonly goal: string | null;
  readonly labels: readonly string[];
  readonly status: RunStatus;
  readonly waitingFor: WaitReason | null;
  readonly storedInputs: StoredValue | null;
  readonly storedOutput: StoredValue | null;
  readonly error: Failure | null;
  readonly usage: UsageView;
  readonly priority: number;
  readonly workflowId: string;
  readonly temporalRunId: string | null;
  readonly temporalUrl: string | null;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** The row behind it, for what is asked for beyond these fields. */
  readonly row: RunRow;
}

/** The view of a run's row at a moment. */
export function runView(row: RunRow, workflows: RunGateway, now: number): RunView {
  return {
    __typename: 'Run',
    id: row.id,
    goal: row.goal,
    labels: row.labels,
    status: row.status,
    // What a sweep has found says more than what the run itself knows.
    waitingFor:
      row.finishedAt === null ? (row.status === 'PAUSED' ? row.waiting : (row.stuck ?? row.waiting)) : null,
    storedInputs: row.inputs,
    storedOutput: row.output,
    error: row.error ?? cancelledBy(row),
    usage: usageView(row.usage, row.startedAt, row.finishedAt, now),
    priority: row.priority,
    workflowId: row.workflowId,
    temporalRunId: row.temporalRunId,
    temporalUrl: workflows.temporalUrl(row.workflowId, row.temporalRunId),
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    row,
  };
}

/** Who wanted the run cancelled, and why. */
function cancelledBy({ status, stop, stopBy, stopReason }: RunRow): Failure | null {
  if (stop !== 'cut' || (status !== 'CANCELLING' && status !== 'CANCELLED')) return null;
  const why = stopReason === null || stopReason === 'cancelled' ? '' : `: ${stopReason}`;
  return { code: 'CANCELLED', message: `cancelled by ${stopBy ?? 'Nexus'}${why}`, retryable: false };
}

/** Usage with the time from start to end, or to now. */
export function usageView(
  usage: Usage,
  startedAt: number | null,
  finishedAt: number | null,
  now: number,
): UsageView {
  const { costNanos, ...counts } = usage;
  return {
    ...counts,
    cost: costNanos,
    durationMs: startedAt === null ? 0 : Math.max(0, Math.round((finishedAt ?? now) - startedAt)),
  };
}
