import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// `record_units_2` in a world with rollbacks: see there for what it does, and for the settings.
const recordUnits = `
create function record_units_3(units json, tasks json, events json)
returns table (n integer, verdict text, "position" bigint)
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
declare
  unit record;
  base bigint[] := '{}';
  verdicts text[] := '{}';
  accepted integer[] := '{}';
  -- Of runs that have ended: their tasks do not come to life again.
  over integer[] := '{}';
  ending text[] := '{}';
  -- The position in a unit from which on its events are not told: those of an end that a kill has overtaken, or a
  -- rollback.
  silent integer[] := '{}';
begin
  -- In the order of IDs, so that no two flushes wait for each other in a circle.
  for unit in
    select u.n, u.run_id, u.tenant, u.once, u.segment, u.epoch, u.status, u.ends, r.event_position,
      r.stop, r.finished_at, r.finished_at is null and r.rollback in ('REQUESTED', 'RUNNING') as rolling, r.rollback
    from json_to_recordset(units)
      as u(n integer, run_id text, tenant text, once text, segment text, epoch integer, status text, ends boolean)
    join run r on r.id = u.run_id and r.tenant = u.tenant
    order by r.id
    for no key update of r
  loop
    base[unit.n] := unit.event_position;
    if unit.segment is not null then
      -- Shared until the end: who opens the segment anew waits, and then reads what is written here.
      perform from segment s
      where s.run_id = unit.run_id and s.id = unit.segment and s.epoch = unit.epoch for share;
      if not found then
        verdicts[unit.n] := 'stale';
        continue;
      end if;
    end if;
    if unit.once is not null then
      insert into record_once (run_id, name, tenant) values (unit.run_id, unit.once, unit.tenant)
      on conflict do nothing;
      if not found then
        verdicts[unit.n] := 'duplicate';
        continue;
      end if;
    end if;
    verdicts[unit.n] := 'accepted';
    accepted := accepted || unit.n;
    if unit.finished_at is not null or unit.rollback = 'RUNNING' then
      over := over || unit.n;
    end if;
    if unit.finished_at is not null then
      continue;
    end if;
    if unit.ends and (unit.stop = 'kill' or unit.rolling) and unit.status <> 'KILLED' then
      silent[unit.n] := coalesce((
        select min(e.nth) from json_to_recordset(events) as e(n integer, nth integer, type text)
        where e.n = unit.n and e.type = 'run.ended'), 2147483647);
    elsif unit.ends then
      ending := ending || unit.run_id;
    end if;
  end loop;

  insert into run_event (run_id, position, tenant, type, at, task_path, data)
  select e.run_id, base[e.n] + e.nth, e.tenant, e.type, e.at, e.task_path, e.data
  from json_to_recordset(events) as e(
    n integer, nth integer, run_id text, tenant text, type text, at timestamptz, task_path text, data json)
  where e.n = any(accepted) and (silent[e.n] is null or e.nth < silent[e.n]);

  update task t set
    kind = p.kind,
    title = case when 'title' = any(p.clear) then null else coalesce(p.title, t.title) end,
    status = case when p.n = any(over) and p.status in ('PENDING', 'READY', 'RUNNING', 'WAITING', 'PAUSED')
        or t.status in ('COMPENSATING', 'COMPENSATED', 'COMPENSATION_FAILED')
      then t.status else coalesce(p.status, t.status) end,
    waiting = case when p.n = any(over) or 'waiting' = any(p.clear) then null
      else coalesce(p.waiting, t.waiting) end,
    input = case when 'input' = any(p.clear) then null else coalesce(p.input, t.input) end,
    output = case when 'output' = any(p.clear) then null else coalesce(p.output, t.output) end,
    error = case when 'error' = any(p.clear) then null else coalesce(p.error, t.error) end,
    usage = coalesce(p.usage, t.usage),
    attempts = case when p.attempts is null then t.attempts else t.attempts || p.attempts end,
    agent = coalesce(p.agent, t.agent),
    tool = coalesce(p.tool, t.tool),
    workflow_id = coalesce(p.workflow_id, t.workflow_id),
    started_at = coalesce(p.started_at, t.started_at),
    finished_at = case when 'finished_at' = any(p.clear) then null else coalesce(p.finished_at, t.finished_at) end
  from json_to_recordset(tasks) as p(
    n integer, run_id text, path text, kind text, title text, status text, waiting json, input json, output json,
    error json, usage json, attempts jsonb, agent text, tool text, workflow_id text, started_at timestamptz,
    finished_at timestamptz, clear text[])
  where t.run_id = p.run_id and t.path = p.path and p.n = any(accepted);

  insert into task (run_id, path, tenant, kind, title, status, waiting, input, output, error, usage, attempts, agent,
    tool, workflow_id, started_at, finished_at)
  select p.run_id, p.path, p.tenant, p.kind, p.title,
    case when p.n = any(over) and p.status in ('READY', 'RUNNING', 'WAITING', 'PAUSED')
      then 'CANCELLED' else coalesce(p.status, 'PENDING') end,
    case when p.n = any(over) then null else p.waiting end, p.input, p.output,
    p.error, coalesce(p.usage, '{"inputTokens":0,"outputTokens":0,"cachedTokens":0,"modelCalls":0,"toolCalls":0,"costNanos":0}'),
    coalesce(p.attempts, '{}'), p.agent, p.tool, p.workflow_id, p.started_at, p.finished_at
  from json_to_recordset(tasks) as p(
    n integer, run_id text, path text, tenant text, kind text, title text, status text, waiting json, input json,
    output json, error json, usage json, attempts jsonb, agent text, tool text, workflow_id text,
    started_at timestamptz, finished_at timestamptz)
  where p.n = any(accepted)
    and not exists (select from task t where t.run_id = p.run_id and t.path = p.path);

  insert into journal (run_id, segment_id, tenant, epoch, temporal_run_id, entries)
  select s.run_id, s.id, s.tenant, s.epoch, s.temporal_run_id, u.journal
  from json_to_recordset(units) as u(n integer, run_id text, segment text, journal json)
  join segment s on s.run_id = u.run_id and s.id = u.segment
  where u.n = any(accepted) and u.journal is not null;

  -- A patch that would change an ended run's status loses all that tells of that status; the rest of it lands. So does
  -- one that would end a run which is being killed or rolled back. A run that is cancelling or rolling back does not
  -- go back; one that holds a pause stays paused, whatever its tasks came to meanwhile.
  update run r set
    event_position = r.event_position + case when u.voided then least(u.events, silent[u.n] - 1) else u.events end,
    updated_at = clock_timestamp(),
    status = u.next,
    waiting = case
      when r.finished_at is not null or (u.ends and not u.voided) or (u.clear_waiting or u.starts_rollback) and not u.held
        then null
      when u.held then case when u.status = 'PAUSED' then coalesce(u.waiting, r.waiting)
        when r.status = 'PAUSED' then r.waiting else pause_waiting(r.id) end
      when u.next = 'CANCELLING' and r.status = 'PAUSED' then null
      when u.voided or u.next is distinct from u.status and u.status is not null then r.waiting
      else coalesce(u.waiting, r.waiting) end,
    finished_at = case when r.finished_at is null and u.ends and not u.voided
      then coalesce(u.finished_at, clock_timestamp()) else r.finished_at end,
    output = case when u.voided or (r.finished_at is not null and u.status <> r.status) then r.output
      else coalesce(u.output, r.output) end,
    error = case when u.voided or (r.finished_at is not null and u.status <> r.status) then r.error
      else coalesce(u.error, r.error) end,
    usage = coalesce(u.usage, r.usage),
    started_at = coalesce(u.started_at, r.started_at),
    temporal_run_id = coalesce(u.temporal_run_id, r.temporal_run_id),
    dispatched_at = coalesce(r.dispatched_at, u.dispatched_at),
    rollback = case when u.starts_rollback then 'REQUESTED' else r.rollback end,
    rollback_by = case when u.starts_rollback then null else r.rollback_by end,
    rollback_reason = case when u.starts_rollback then 'the run failed' else r.rollback_reason end,
    rollback_at = case when u.starts_rollback then clock_timestamp() else r.rollback_at end
  from (
    select g.*, case
        when s.finished_at is not null or g.status is null or silent[g.n] is not null then s.status
        when g.ends then g.status
        when s.status = 'CANCELLING' and g.status in ('PENDING', 'PLANNING', 'RUNNING', 'WAITING', 'PAUSED')
          then s.status
        when h.held then 'PAUSED'
        when h.rolling then 'ROLLING_BACK'
        else g.status end as next,
      coalesce(h.held, false) as held,
      g.status = 'ROLLING_BACK' and s.finished_at is null and not h.rolling as starts_rollback,
      silent[g.n] is not null as voided
    from json_to_recordset(units) as g(
      n integer, run_id text, events integer, status text, ends boolean, waiting json, clear_waiting boolean,
      finished_at timestamptz, output json, error json, usage json, started_at timestamptz, temporal_run_id text,
      dispatched_at timestamptz)
    join run s on s.id = g.run_id
    cross join lateral (
      select coalesce(g.status in ('PENDING', 'PLANNING', 'RUNNING', 'WAITING', 'PAUSED', 'ROLLING_BACK'),
          g.waiting is not null or g.clear_waiting)
        and s.finished_at is null and s.status <> 'CANCELLING' and exists (select from pause p where p.run_id = g.run_id) as held,
        s.finished_at is null and s.rollback is not null and s.rollback <> 'ENDED' as rolling
    ) h
    where g.n = any(accepted)
  ) u
  where r.id = u.run_id;

  if ending <> '{}' then
    delete from pause p where p.run_id = any(ending);
  end if;

  return query
  select u.n, coalesce(verdicts[u.n], 'unknown'), base[u.n] from json_to_recordset(units) as u(n integer);
end
$$`;

// A run that is rolled back goes on with that, and one whose plan is in question waits for the answer: its workflow has
// said so, and does not say it again.
const liftPauses = `
create function lift_pauses_2(given json)
returns table (lifted json, remaining integer)
language plpgsql
as $$
declare
  g record;
  r record;
  gone json;
  kept integer;
  in_question json;
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
    select open_question(a) into in_question
    from approval a where a.run_id = g.run_id and a.kind = 'PLAN' and a.status = 'PENDING';
    -- Where it stood is for its workflow to say: its next record does.
    update run set
      event_position = run.event_position + case when kept = 0 then 1 else 0 end,
      status = case when kept > 0 or run.status <> 'PAUSED' then run.status
        when run.rollback in ('REQUESTED', 'RUNNING') then 'ROLLING_BACK'
        when in_question is not null then 'WAITING'
        when run.bound is null then 'PLANNING' when run.started_at is null then 'PENDING' else 'RUNNING' end,
      waiting = case when run.status <> 'PAUSED' then run.waiting
        when kept > 0 then pause_waiting(run.id) else in_question end,
      updated_at = clock_timestamp()
    where run.id = g.run_id;
  end if;
  return query select coalesce(gone, '[]'), kept;
end
$$`;

/** Records and resumes respect that a run is being rolled back. */
export const recordFunctionOfRollback: Migration = {
  async up(db) {
    await sql.raw(recordUnits).execute(db);
    await sql.raw(liftPauses).execute(db);
  },
};
