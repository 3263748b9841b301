import { nexusError } from '#contracts';
import type { Pause, RollbackSignal, RunStatus } from '#contracts';
import type { RunChange } from './changes.js';
import type { Database, Statement } from './database.js';
import { jsonText, timeText } from './json-text.js';

/** What the request of a rollback came to. */
export interface RollbackRequested {
  /** `already`: the run is being rolled back. */
  readonly state: 'started' | 'already';
  /** Its workflow is told by a signal that is stored with the request; else one must be started. */
  readonly live: boolean;
  /** Of the run, before. */
  readonly status: RunStatus;
  /** The pauses that the request has lifted. */
  readonly lifted: readonly Pause[];
}

export interface RollbackEnd {
  readonly status: RunStatus;
  /** Effects that are undone, those included that people have marked. */
  readonly compensated: number;
  /** Paths of those that are not. */
  readonly failed: readonly string[];
}

/** A run that is being rolled back. */
export interface OpenRollback {
  readonly id: string;
  readonly tenant: string;
  readonly workflowId: string;
  readonly rollback: 'REQUESTED' | 'RUNNING';
  readonly requestedAt: number;
}

export interface RollbackRepository {
  /**
   * Stores the request: the run is ROLLING_BACK, also one that had ended, and its workflow is told if it lives. What
   * failed to be undone before is to be tried once more; what people were asked they need not answer any more.
   */
  request(tenant: string, runId: string, by: RollbackSignal): Promise<RollbackRequested>;
  /**
   * From now on nothing of the run is done but undone: all its segments are fenced off, what still ran is CANCELLED,
   * and the stop is lifted. Not begun: it has ended, is to be killed, or nobody has asked for it.
   */
  begin(tenant: string, runId: string): Promise<{ readonly begun: boolean; readonly status: RunStatus }>;
  /**
   * Ends the run: ROLLED_BACK, or ROLLBACK_INCOMPLETE with a question to a person about each effect that is not undone.
   * Repeated it gives the same; a run that is to be killed keeps its status.
   */
  end(tenant: string, runId: string): Promise<RollbackEnd>;
  /** Whether the run is to be rolled back, or is at it. */
  wanted(tenant: string, runId: string): Promise<boolean>;
  /** Runs of all tenants that are being rolled back and are not to be killed, oldest request first. */
  open(): Promise<OpenRollback[]>;
}

const requestRollback: Statement = {
  name: 'request_rollback',
  text: 'select request_rollback($1::text::json) as result',
};
const beginRollback: Statement = {
  name: 'begin_rollback',
  text: 'select begin_rollback($1::text::json) as result',
};
const endRollback: Statement = {
  name: 'end_rollback',
  text: 'select end_rollback($1::text::json) as result',
};

const openRollbacks: Statement = {
  name: 'open_rollbacks',
  text: `select id, tenant, workflow_id as "workflowId", rollback, rollback_at as "requestedAt" from run
where rollback in ('REQUESTED', 'RUNNING') and finished_at is null and stop is distinct from 'kill'
order by rollback_at, id`,
};

const wantedRollback: Statement = {
  name: 'wanted_rollback',
  text: `select id from run
where id = $1 and tenant = $2 and rollback in ('REQUESTED', 'RUNNING') and finished_at is null`,
};

export function createRollbackRepository(
  database: Database,
  publish: (changes: readonly RunChange[]) => void,
): RollbackRepository {
  async function change<Result>(
    statement: Statement,
    tenant: string,
    runId: string,
    given: object = {},
  ): Promise<Result> {
    const [row] = await database.call<{ result: Result | null }>(statement, [
      jsonText({ run_id: runId, tenant, ...given }),
    ]);
    if (row?.result == null) throw nexusError('NOT_FOUND', `run ${runId} is not known`);
    publish([{ tenant, runId }]);
    return row.result;
  }

  return {
    request: (tenant, runId, signal) =>
      change(requestRollback, tenant, runId, {
        asked_by: signal.by,
        reason: signal.reason,
        at: timeText(signal.at),
        signal,
      }),
    begin: (tenant, runId) => change(beginRollback, tenant, runId),
    end: (tenant, runId) => change(endRollback, tenant, runId),
    wanted: async (tenant, runId) => (await database.call(wantedRollback, [runId, tenant])).length > 0,
    open: () => database.call(openRollbacks, []),
  };
}
