import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// The run is locked shared: steps do not wait for each other, but the beginning of a rollback waits for them all, and
// they for it.
const registerEffect = `
create function register_effect(given json)
returns table (verdict text, known text)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
declare
  g record;
  r record;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text, path text, generation integer,
    idempotency_key text, tool text, effect text, input json, compensating json, plan json, at timestamptz,
    segment text, epoch integer);
  select run.status, run.stop, run.finished_at, run.rollback into r
  from run where run.id = g.run_id and run.tenant = g.tenant for share;
  if not found then
    return;
  end if;
  if r.stop = 'kill' or r.status in ('KILLED', 'ROLLING_BACK', 'ROLLED_BACK', 'ROLLBACK_INCOMPLETE')
    or r.finished_at is null and r.rollback in ('REQUESTED', 'RUNNING') then
    return query select 'over', r.status;
    return;
  end if;
  if g.segment is not null then
    perform from segment s where s.run_id = g.run_id and s.id = g.segment and s.epoch = g.epoch for share;
    if not found then
      return query select 'stale', r.status;
      return;
    end if;
  end if;
  -- While it may have happened, what was kept before the first attempt stands: a later one has seen its traces.
  return query
  insert into effect as e (run_id, path, generation, tenant, idempotency_key, tool, effect, input, compensating, plan,
    at, state)
  values (g.run_id, g.path, g.generation, g.tenant, g.idempotency_key, g.tool, g.effect, g.input, g.compensating,
    g.plan, g.at, 'BEGUN')
  on conflict (run_id, path, generation) do update set
    state = case e.state when 'NONE' then 'BEGUN' when 'HAPPENED' then 'HAPPENED' else 'MAYBE' end,
    input = case when e.state = 'NONE' then excluded.input else e.input end,
    compensating = case when e.state = 'NONE' then excluded.compensating else e.compensating end,
    plan = case when e.state = 'NONE' then excluded.plan else e.plan end,
    at = case when e.state = 'NONE' then excluded.at else e.at end
  returning 'kept', e.state;
end
$$`;

/** The rows of tasks whose effects are being undone. Items of a batch get theirs by this. */
const showCompensations = `
create function show_compensations(of_run text, paths text[]) returns void
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
declare
  -- Beside each path, so that the planner looks paths up one by one, and does not read all that the run has.
  runs text[] := array_fill(of_run, array[cardinality(paths)]);
begin
  update task t set status = s.status, waiting = null, finished_at = coalesce(t.finished_at, clock_timestamp()),
    error = coalesce(s.error, t.error)
  from (
    select e.run_id, e.path,
      case when bool_or(e.undo = 'FAILED') then 'COMPENSATION_FAILED'
        when bool_or(e.undo = 'COMPENSATING') then 'COMPENSATING' else 'COMPENSATED' end as status,
      (array_agg(e.undo_error order by e.generation desc) filter (where e.undo = 'FAILED'))[1] as error
    from unnest(paths, runs) as p(path, run_id) join effect e on e.run_id = p.run_id and e.path = p.path
    where e.undo is not null
    group by e.run_id, e.path
  ) s
  where t.run_id = s.run_id and t.path = s.path;
  insert into task (run_id, path, tenant, kind, status, input, output, error, usage, attempts, tool, started_at, finished_at)
  select distinct on (e.path) e.run_id, e.path, e.tenant, 'tool',
    case e.undo when 'FAILED' then 'COMPENSATION_FAILED' when 'COMPENSATING' then 'COMPENSATING' else 'COMPENSATED' end,
    e.input, e.output, e.undo_error,
    '{"inputTokens":0,"outputTokens":0,"cachedTokens":0,"modelCalls":0,"toolCalls":0,"costNanos":0}', '{}', e.tool,
    e.at, clock_timestamp()
  from unnest(paths, runs) as p(path, run_id) join effect e on e.run_id = p.run_id and e.path = p.path
  where e.undo is not null and not exists (select from task t where t.run_id = e.run_id and t.path = e.path)
  order by e.path, e.generation desc;
end
$$`;

const beginCompensations = `
create function begin_compensations(given json) returns json
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
declare
  g record;
  r record;
  begun json;
  paths text[];
  told integer;
begin
  select * into g from json_to_record(given)
    as x(run_id text, tenant text, items json);
  select run.status, run.stop, run.finished_at, run.rollback, run.event_position into r
  from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  if r.finished_at is not null or r.stop = 'kill' or r.rollback is distinct from 'RUNNING' then
    return json_build_object('verdict', 'over', 'status', r.status);
  end if;
  with wanted as (
    select w.nth, w.run_id, w.path, w.generation, w.key, e.undo as before
    from json_to_recordset(g.items) as w(nth integer, run_id text, path text, generation integer, key text)
    join effect e on e.run_id = w.run_id and e.path = w.path and e.generation = w.generation
    where e.undo is null or e.undo = 'COMPENSATING'
  ), changed as (
    update effect e set undo = 'COMPENSATING', undo_at = clock_timestamp()
    from wanted w
    where e.run_id = w.run_id and e.path = w.path and e.generation = w.generation
    returning e.path
  ), news as (
    insert into run_event (run_id, position, tenant, type, at, task_path, data)
    select g.run_id, r.event_position + row_number() over (order by w.nth), g.tenant, 'task.compensating',
      clock_timestamp(), w.path, json_build_object('generation', w.generation, 'idempotencyKey', w.key)
    from wanted w where w.before is null
    returning 1
  )
  select coalesce(json_agg(json_build_object('path', w.path, 'generation', w.generation,
      'before', w.before is not null) order by w.nth), '[]'),
    coalesce(array_agg(distinct w.path), '{}'), (select count(*) from news)
  into begun, paths, told from wanted w;
  perform show_compensations(g.run_id, paths);
  update run set event_position = run.event_position + told, updated_at = clock_timestamp() where run.id = g.run_id;
  return json_build_object('verdict', 'begun', 'begun', begun);
end
$$`;

// What was undone is undone, even if the run was killed meanwhile.
const endCompensations = `
create function end_compensations(given json) returns json
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
declare
  g record;
  r record;
  paths text[];
  told integer;
begin
  select * into g from json_to_record(given)
    as x(run_id text, tenant text, items json);
  select run.status, run.event_position into r
  from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  with changed as (
    update effect e set undo = i.state, undo_attempts = e.undo_attempts + i.attempts, undo_error = i.error,
      undo_at = clock_timestamp()
    from json_to_recordset(g.items)
      as i(nth integer, run_id text, path text, generation integer, state text, error json, attempts integer)
    where e.run_id = i.run_id and e.path = i.path and e.generation = i.generation and e.undo = 'COMPENSATING'
    returning i.nth, e.path, e.generation, e.undo, e.undo_error, e.undo_attempts
  ), news as (
    insert into run_event (run_id, position, tenant, type, at, task_path, data)
    select g.run_id, r.event_position + row_number() over (order by c.nth), g.tenant,
      case c.undo when 'COMPENSATED' then 'task.compensated' else 'task.compensation_failed' end,
      clock_timestamp(), c.path,
      case when c.undo_error is null
        then json_build_object('generation', c.generation, 'attempts', c.undo_attempts)
        else json_build_object('generation', c.generation, 'attempts', c.undo_attempts, 'error', c.undo_error) end
    from changed c
    returning 1
  )
  select coalesce(array_agg(distinct c.path), '{}'), (select count(*) from news) into paths, told from changed c;
  perform show_compensations(g.run_id, paths);
  update run set event_position = run.event_position + told, updated_at = clock_timestamp() where run.id = g.run_id;
  return json_build_object('verdict', 'ended', 'count', told);
end
$$`;

/** Effects are registered before they are made, and undone one batch a transaction. */
export const effectFunctions: Migration = {
  async up(db) {
    for (const text of [registerEffect, showCompensations, beginCompensations, endCompensations])
      await sql.raw(text).execute(db);
  },
};
