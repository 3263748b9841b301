import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// All take the run's row first, as `record_units_2` does, so that none of them and no record wait in a circle.

const addPause = `
create function add_pause(given json)
returns table (held boolean, fresh boolean)
language plpgsql
as $$
declare
  g record;
  r record;
  made boolean;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text, source text, held_by text, reason text,
    interrupt boolean, since timestamptz, event boolean);
  select run.status, run.finished_at, run.event_position into r
  from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return;
  end if;
  if r.finished_at is not null then
    return query select false, false;
    return;
  end if;
  insert into pause as p (run_id, source, tenant, held_by, reason, interrupt, since)
  values (g.run_id, g.source, g.tenant, g.held_by, g.reason, g.interrupt, g.since)
  on conflict (run_id, source) do update set
    reason = coalesce(excluded.reason, p.reason), interrupt = excluded.interrupt
  returning xmax = 0 into made;
  if made and g.event then
    insert into run_event (run_id, position, tenant, type, at, data)
    values (g.run_id, r.event_position + 1, g.tenant, 'run.paused', clock_timestamp(), json_strip_nulls(
      json_build_object('source', g.source, 'by', g.held_by, 'reason', g.reason, 'interrupt', g.interrupt)));
  end if;
  update run set
    event_position = run.event_position + case when made and g.event then 1 else 0 end,
    status = case when run.status = 'CANCELLING' then run.status else 'PAUSED' end,
    waiting = case when run.status = 'CANCELLING' then run.waiting else pause_waiting(run.id) end,
    updated_at = clock_timestamp()
  where run.id = g.run_id;
  return query select true, made;
end
$$`;

const liftPauses = `
create function lift_pauses(given json)
returns table (lifted json, remaining integer)
language plpgsql
as $$
declare
  g record;
  r record;
  gone json;
  kept integer;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text, sources text[], lifted_by text);
  select run.status, run.finished_at, run.event_position into r
  from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return;
  end if;
  with removed as (
    delete from pause p where p.run_id = g.run_id and (g.sources is null or p.source = any(g.sources))
    returning p.source, p.held_by, p.reason, p.interrupt, p.since
  )
  select json_agg(json_strip_nulls(json_build_object('source', d.source, 'by', d.held_by, 'reason', d.reason,
    'interrupt', d.interrupt, 'since', (extract(epoch from d.since) * 1000)::bigint)) order by d.since)
  into gone from removed d;
  select count(*) into kept from pause p where p.run_id = g.run_id;
  if gone is not null and r.finished_at is null then
    if kept = 0 then
      insert into run_event (run_id, position, tenant, type, at, data)
      values (g.run_id, r.event_position + 1, g.tenant, 'run.resumed', clock_timestamp(),
        json_build_object('by', g.lifted_by));
    end if;
    -- Where it stood is for its workflow to say: its next record does.
    update run set
      event_position = run.event_position + case when kept = 0 then 1 else 0 end,
      status = case when kept > 0 or run.status <> 'PAUSED' then run.status
        when run.bound is null then 'PLANNING' when run.started_at is null then 'PENDING' else 'RUNNING' end,
      waiting = case when run.status <> 'PAUSED' then run.waiting
        when kept > 0 then pause_waiting(run.id) end,
      updated_at = clock_timestamp()
    where run.id = g.run_id;
  end if;
  return query select coalesce(gone, '[]'), kept;
end
$$`;

const endKilled = `
create function end_killed(given json)
returns boolean
language plpgsql
as $$
declare
  g record;
  r record;
  failure json;
  told integer;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text, reason text, killed_by text,
    stopped_in_ms integer, asked_at timestamptz);
  select run.finished_at, run.event_position into r
  from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  if r.finished_at is not null then
    return false;
  end if;
  -- Whoever still works in a segment is fenced off before its next effect.
  update segment set epoch = segment.epoch + 1 where segment.run_id = g.run_id;
  failure := json_build_object('code', 'KILLED', 'message', 'killed by ' || g.killed_by || ': ' || g.reason,
    'retryable', false);
  insert into run_event (run_id, position, tenant, type, at, task_path, data)
  select g.run_id, r.event_position + row_number() over (order by t.path), g.tenant, 'task.cancelled',
    clock_timestamp(), t.path, json_build_object('error', failure)
  from task t where t.run_id = g.run_id and t.status in ('RUNNING', 'WAITING');
  get diagnostics told = row_count;
  update task t set status = 'CANCELLED', waiting = null, error = coalesce(t.error, failure),
    finished_at = clock_timestamp()
  where t.run_id = g.run_id and t.status in ('PENDING', 'READY', 'RUNNING', 'WAITING', 'PAUSED');
  -- Nobody undoes them now; that it was begun is still known, should the run be rolled back later.
  update task t set status = 'COMPENSATION_FAILED', error = failure
  where t.run_id = g.run_id and t.status = 'COMPENSATING';
  insert into run_event (run_id, position, tenant, type, at, data)
  values (g.run_id, r.event_position + told + 1, g.tenant, 'run.ended', clock_timestamp(), json_build_object(
    'status', 'KILLED', 'error', failure, 'by', g.killed_by, 'stoppedInMs', g.stopped_in_ms));
  update run set
    status = 'KILLED', error = failure, waiting = null, finished_at = clock_timestamp(),
    stop = 'kill', stop_reason = g.reason, stop_by = g.killed_by, stop_at = coalesce(g.asked_at, run.stop_at),
    stopped_in_ms = g.stopped_in_ms, event_position = run.event_position + told + 1,
    updated_at = clock_timestamp()
  where run.id = g.run_id;
  delete from pause p where p.run_id = g.run_id;
  return true;
end
$$`;

const setBudget = `
create function set_budget(given json)
returns boolean
language plpgsql
as $$
declare
  g record;
  r record;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text, budget json, data json);
  select run.finished_at, run.event_position into r
  from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  if r.finished_at is not null then
    return false;
  end if;
  insert into run_event (run_id, position, tenant, type, at, data)
  values (g.run_id, r.event_position + 1, g.tenant, 'budget.changed', clock_timestamp(), g.data);
  update run set budget = g.budget, event_position = run.event_position + 1, updated_at = clock_timestamp()
  where run.id = g.run_id;
  return true;
end
$$`;

/** What operators decide, each in one transaction under the run's lock. */
export const stopFunctions: Migration = {
  async up(db) {
    for (const text of [addPause, liftPauses, endKilled, setBudget]) await sql.raw(text).execute(db);
  },
};
