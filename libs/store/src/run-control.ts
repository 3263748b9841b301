import { sql } from 'kysely';
import { nexusError } from '#contracts';
import type { JsonObject, RunBudget, StoredValue, WaitReason } from '#contracts';
import type { RunChange } from './changes.js';
import type { Database, Statement } from './database.js';
import { jsonText, plainText, timeText } from './json-text.js';
import { everyTenant } from './kill-switch.repository.js';
import type { KillTarget } from './kill-switch.repository.js';
import type { StopKind } from './tables.js';

/** What workers must not do for a run. */
export interface RunHold {
  readonly runId: string;
  readonly stop: StopKind | null;
  /** Paused: what runs may end (`hold`), or is aborted, to be repeated (`interrupt`). */
  readonly hold: 'hold' | 'interrupt' | null;
}

/** How a kill came about and what it took. */
export interface KilledEnd {
  readonly reason: string;
  readonly by: string;
  /** From the request until nothing ran any more. */
  readonly stoppedInMs: number;
  readonly startedKillAt: number;
}

/** A live run that is to be killed. */
export interface KillWanted {
  readonly id: string;
  readonly tenant: string;
  readonly workflowId: string;
  readonly reason: string;
  readonly by: string;
  readonly askedAt: number;
}

/** The workflow of a run that has ended, reset by an operator: what came after the point it went back to is not so any more. */
export interface Revival {
  readonly temporalRunId: string;
  /** From when on the run is done anew. */
  readonly from: number;
  /** When that began. */
  readonly at: number;
  /** Data of the event that tells of it. */
  readonly told: JsonObject;
}

/** What operators do to a run's row. */
export interface RunControl {
  /** Puts the run on the stop list. It only ever gets stricter: a `cut` is no `drain` again. */
  requestStop(tenant: string, id: string, stop: StopKind, reason: string, by?: string): Promise<void>;
  /** Puts every live run that a switch is for on the stop list, to be killed; gives those that were not there yet. */
  stopAll(of: KillTarget, reason: string, by: string): Promise<KillWanted[]>;
  /** Live runs that are to be killed, of all tenants. */
  killing(): Promise<KillWanted[]>;
  /** All live runs that are to stop or are paused, of all tenants. */
  holds(): Promise<RunHold[]>;
  /** Ends a run as KILLED, with all its tasks, and fences off who still works for it. False: it had ended. */
  endKilled(tenant: string, id: string, end: KilledEnd): Promise<boolean>;
  /** Says what a sweep has found to keep the run from moving; null: nothing any more. */
  setStuck(tenant: string, id: string, stuck: WaitReason | null): Promise<void>;
  /** Keeps where a run stands that is about to end. */
  keepState(tenant: string, id: string, state: StoredValue): Promise<void>;
  /** Where it stood when it ended; null when that was not kept. */
  keptState(tenant: string, id: string): Promise<StoredValue | null>;
  /** Lets a run that has ended go on, as if it had not. False: it has not ended, or nothing of it was kept. */
  reopen(tenant: string, id: string): Promise<boolean>;
  /** Lets a run that has ended, and was not killed, be live again because its workflow is. False: it is, or may not be. */
  revive(tenant: string, id: string, again: Revival): Promise<boolean>;
  /** Replaces the budget, and tells the run's readers. False: the run has ended. */
  setBudget(tenant: string, id: string, budget: RunBudget, told: JsonObject): Promise<boolean>;
}

const holdList: Statement = {
  name: 'run_holds',
  text: `
with hold as (
  select run_id, case when bool_or(interrupt) then 'interrupt' else 'hold' end as hold from pause group by run_id
), wanted as (
  select id from run where stop is not null and finished_at is null union select run_id from hold
)
select r.id as "runId", r.stop, h.hold
from wanted w join run r on r.id = w.id left join hold h on h.run_id = r.id
where r.finished_at is null`,
};

const wantedColumns = `id, tenant, workflow_id as "workflowId", coalesce(stop_reason, '') as reason,
  coalesce(stop_by, 'nexus') as by, coalesce(stop_at, updated_at) as "askedAt"`;

const stopAllRuns: Statement = {
  name: 'stop_all_runs',
  text: `update run set
  stop = 'kill', stop_reason = $4, stop_by = $5, stop_at = clock_timestamp(), updated_at = clock_timestamp()
where finished_at is null and stop is distinct from 'kill' and ($1 = 'GLOBAL' or ($1 = 'TENANT' and tenant = $2)
  or ($1 = 'PROJECT' and tenant = $2 and labels @> array['project:' || $3::text]))
returning ${wantedColumns}`,
};

const keepRunState: Statement = {
  name: 'keep_run_state',
  text: 'update run set kept_state = $3::text::json where tenant = $1 and id = $2',
};
const keptRunState: Statement = {
  name: 'kept_run_state',
  text: 'select kept_state as state from run where tenant = $1 and id = $2',
};
const reopenRun: Statement = {
  name: 'reopen_run',
  // It may be cancelled again, and be told of it again.
  text: `with reopened as (
  update run set status = 'RUNNING', finished_at = null, output = null, error = null, waiting = null, stop = null,
    stop_reason = null, stop_by = null, stop_at = null, dispatched_at = null, updated_at = clock_timestamp()
  where tenant = $1 and id = $2 and finished_at is not null and kept_state is not null and status <> 'KILLED'
  returning id
), forgotten as (
  delete from record_once o using reopened r where o.run_id = r.id and o.name = 'run.cancelling'
)
select id from reopened`,
};

// A container that was open at that point is open again, and its workflow does not say so once more; nor does it ask
// again what it had asked. What it has asked since, while the run had not heard of its reset, is open as well. A
// question whose own time was over stays so: of that readers were told, and not of what went with the run.
const reviveRun: Statement = {
  name: 'revive_run',
  text: `with ended as (
  select id from run
  where tenant = $1 and id = $2 and status <> 'KILLED' and finished_at < $5::timestamptz for no key update
), asked as (
  update approval a set status = 'PENDING', decided_at = null
  from ended r
  where a.run_id = r.id and a.status = 'EXPIRED' and a.kind <> 'COMPENSATION'
    and (a.requested_at >= $5::timestamptz or a.requested_at < $4::timestamptz and a.decided_at >= $4::timestamptz)
    and not exists (select from run_event e where e.run_id = a.run_id and e.type = 'approval.decided'
      and e.at = a.decided_at and e.data ->> 'id' = a.id)
  returning a.kind, a.task_path, open_question(a) as waiting
), plan_question as (
  select waiting from asked where kind = 'PLAN'
), revived as (
  update run set status = case when exists (select from plan_question) then 'WAITING' else 'RUNNING' end,
    waiting = (select waiting from plan_question), finished_at = null, output = null, error = null, stop = null,
    stop_reason = null, stop_by = null, stop_at = null, temporal_run_id = $3, event_position = event_position + 1,
    dispatched_at = coalesce(dispatched_at, clock_timestamp()), updated_at = clock_timestamp()
  from ended where run.id = ended.id
  returning run.id, event_position
), again as (
  update task t set status = case when exists (select from asked a where a.task_path = t.path) then 'WAITING'
      when t.started_at < $4::timestamptz then 'RUNNING' else 'PENDING' end,
    waiting = (select a.waiting from asked a where a.task_path = t.path limit 1), output = null, error = null,
    finished_at = null
  from revived r
  where t.run_id = r.id and t.finished_at >= $4::timestamptz and t.finished_at < $5::timestamptz
), told as (
  insert into run_event (run_id, position, tenant, type, at, data)
  select id, event_position, $1, 'run.resumed', $5::timestamptz, $6::text::json from revived
), forgotten as (
  delete from record_once o using revived r where o.run_id = r.id and o.name = 'run.cancelling'
)
select id from revived`,
};

const killList: Statement = {
  name: 'run_killing',
  text: `select ${wantedColumns} from run where stop = 'kill' and finished_at is null order by stop_at`,
};

const endKilledRun: Statement = { name: 'end_killed_2', text: 'select end_killed_2($1::text::json) as done' };
const setRunBudget: Statement = { name: 'set_budget', text: 'select set_budget($1::text::json) as done' };

export function createRunControl(
  database: Database,
  publish: (changes: readonly RunChange[]) => void,
): RunControl {
  async function requestStop(
    tenant: string,
    id: string,
    stop: StopKind,
    reason: string,
    by?: string,
  ): Promise<void> {
    const stricter = sql<boolean>`coalesce(array_position(array['drain', 'cut', 'kill'], stop), 0)
      < array_position(array['drain', 'cut', 'kill'], ${stop}::text)`;
    const row = await database.kysely
      .updateTable('run')
      .set({
        stop: sql<StopKind>`case when ${stricter} then ${stop} else stop end`,
        stop_reason: sql<string>`case when ${stricter} or stop = ${stop} and stop <> 'kill'
          then ${plainText(reason)} else stop_reason end`,
        stop_by: sql<string | null>`case when ${stricter} then ${by ?? null}::text else stop_by end`,
        stop_at: sql<string>`case when ${stricter} then clock_timestamp() else stop_at end`,
        updated_at: sql`clock_timestamp()`,
      })
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirst();
    if (row === undefined) throw unknownRun(id);
    publish([{ tenant, runId: id }]);
  }

  async function stopAll(
    { scope, target, tenant }: KillTarget,
    reason: string,
    by: string,
  ): Promise<KillWanted[]> {
    const of = scope === 'GLOBAL' ? everyTenant : tenant;
    const stopped = await database.call<KillWanted>(stopAllRuns, [
      scope,
      of,
      target,
      plainText(reason),
      plainText(by),
    ]);
    publish(stopped.map(({ tenant: owner, id }) => ({ tenant: owner, runId: id })));
    return stopped;
  }

  async function setStuck(tenant: string, id: string, stuck: WaitReason | null): Promise<void> {
    await database.kysely
      .updateTable('run')
      // No progress of the run's own: `updated_at` stays.
      .set({ stuck: stuck === null ? null : jsonText(stuck) })
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .execute();
    publish([{ tenant, runId: id }]);
  }

  async function decide(statement: Statement, tenant: string, id: string, given: object): Promise<boolean> {
    const [row] = await database.call<{ done: boolean | null }>(statement, [
      jsonText({ run_id: id, tenant, ...given }),
    ]);
    if (row?.done == null) throw unknownRun(id);
    if (row.done) publish([{ tenant, runId: id }]);
    return row.done;
  }

  return {
    requestStop,
    stopAll,
    keepState: async (tenant, id, state) => {
      await database.call(keepRunState, [tenant, id, jsonText(state)]);
    },
    async keptState(tenant, id) {
      const [row] = await database.call<{ state: StoredValue | null }>(keptRunState, [tenant, id]);
      return row?.state ?? null;
    },
    async reopen(tenant, id) {
      const [row] = await database.call<{ id: string }>(reopenRun, [tenant, id]);
      if (row) publish([{ tenant, runId: id }]);
      return row !== undefined;
    },
    async revive(tenant, id, { temporalRunId, from, at, told }) {
      const given = [tenant, id, temporalRunId, timeText(from), timeText(at), jsonText(told)];
      const [row] = await database.call<{ id: string }>(reviveRun, given);
      if (row) publish([{ tenant, runId: id }]);
      return row !== undefined;
    },
    killing: () => database.call(killList, []),
    setStuck,
    holds: () => database.call(holdList, []),
    endKilled: (tenant, id, { reason, by, stoppedInMs, startedKillAt }) =>
      decide(endKilledRun, tenant, id, {
        reason,
        killed_by: by,
        stopped_in_ms: Math.round(stoppedInMs),
        asked_at: timeText(startedKillAt),
      }),
    setBudget: (tenant, id, budget, told) => decide(setRunBudget, tenant, id, { budget, data: told }),
  };
}

function unknownRun(id: string): Error {
  return nexusError('NOT_FOUND', `run ${id} is not known`);
}
