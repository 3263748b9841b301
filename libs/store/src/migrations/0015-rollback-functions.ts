import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// All take the run's row first, as `record_units_3` does, so that none of them and no record wait in a circle.

/** What keeps a run from counting as rolled back: what happened, or may have, can be undone, and is not. */
const outstanding = `e.state <> 'NONE' and e.compensating is not null
    and (e.undo is null or e.undo not in ('COMPENSATED', 'MARKED'))`;

// Of a run that lives the workers cut what they do, and its workflow lets go; one that has ended is live again by this.
const startRollback = `
create function start_rollback(of_run text, asked_by text, why text, asked_at timestamptz) returns void
language sql
as $$
  update run set
    status = 'ROLLING_BACK', waiting = null, stuck = null, rollback = 'REQUESTED', rollback_by = $2,
    rollback_reason = $3, rollback_at = $4,
    stop = case when finished_at is null and dispatched_at is not null then coalesce(stop, 'cut') end,
    stop_reason = case when finished_at is null then stop_reason end,
    stop_by = case when finished_at is null then stop_by end,
    stop_at = case when finished_at is null then stop_at end,
    finished_at = null, dispatched_at = coalesce(dispatched_at, clock_timestamp())
  where id = $1;
  select append_event($1, tenant, 'run.rolling_back', $4, null,
    json_strip_nulls(json_build_object('by', $2, 'reason', $3)))
  from run where id = $1
$$`;

const requestRollback = `
create function request_rollback(given json) returns json
language plpgsql
as $$
declare
  g record;
  r record;
  is_live boolean;
  lifted json;
begin
  select * into g from json_to_record(given)
    as x(run_id text, tenant text, asked_by text, reason text, at timestamptz, signal json);
  select run.status, run.finished_at, run.dispatched_at, run.rollback, run.workflow_id into r
  from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  is_live := r.finished_at is null and r.dispatched_at is not null;
  if r.finished_at is null and r.rollback in ('REQUESTED', 'RUNNING') then
    return json_build_object('state', 'already', 'live', is_live, 'status', r.status, 'lifted', '[]'::json);
  end if;
  -- What could not be undone before is tried once more.
  update effect set undo = null, undo_error = null where effect.run_id = g.run_id and effect.undo = 'FAILED';
  update task set error = null where task.run_id = g.run_id and task.status = 'COMPENSATION_FAILED';
  update approval set status = 'EXPIRED', decided_at = clock_timestamp()
  where approval.run_id = g.run_id and approval.status = 'PENDING';
  -- Nor is a task tried again that waited for the run to go on.
  delete from signal s where s.run_id = g.run_id and s.name = 'secondTry';
  with removed as (
    delete from pause p where p.run_id = g.run_id returning p.source, p.held_by, p.reason, p.interrupt, p.since
  )
  select coalesce(json_agg(json_strip_nulls(json_build_object('source', d.source, 'by', d.held_by,
    'reason', d.reason, 'interrupt', d.interrupt, 'since', (extract(epoch from d.since) * 1000)::bigint))
    order by d.since), '[]')
  into lifted from removed d;
  perform start_rollback(g.run_id, g.asked_by, g.reason, g.at);
  -- Also where nobody knows yet whether its workflow has begun: who has not heard of it would go on.
  if r.finished_at is null then
    insert into signal (tenant, run_id, workflow_id, name, argument, created_at)
    values (g.tenant, g.run_id, r.workflow_id, 'rollback', g.signal, clock_timestamp());
  end if;
  return json_build_object('state', 'started', 'live', is_live, 'status', r.status, 'lifted', lifted);
end
$$`;

const beginRollback = `
create function begin_rollback(given json) returns json
language plpgsql
as $$
declare
  g record;
  r record;
  failure json;
  told integer;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text);
  select run.status, run.stop, run.finished_at, run.rollback, run.event_position into r
  from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  if r.finished_at is not null or r.stop = 'kill' or r.rollback is null or r.rollback = 'ENDED' then
    return json_build_object('begun', false, 'status', r.status);
  end if;
  -- Whoever still works in a segment is fenced off before its next effect, and who comes late is not let in.
  update segment set epoch = segment.epoch + 1, closed = true where segment.run_id = g.run_id;
  failure := json_build_object('code', 'CANCELLED', 'message', 'the run is rolled back', 'retryable', false);
  insert into run_event (run_id, position, tenant, type, at, task_path, data)
  select g.run_id, r.event_position + row_number() over (order by t.path), g.tenant, 'task.cancelled',
    clock_timestamp(), t.path, json_build_object('error', failure)
  from task t where t.run_id = g.run_id and t.status in ('RUNNING', 'WAITING');
  get diagnostics told = row_count;
  update task t set status = 'CANCELLED', waiting = null, error = coalesce(t.error, failure),
    finished_at = clock_timestamp()
  where t.run_id = g.run_id and t.status in ('PENDING', 'READY', 'RUNNING', 'WAITING', 'PAUSED');
  perform expire_approvals(g.run_id);
  -- It does not go on from where it stood any more.
  update run set rollback = 'RUNNING', stop = null, stop_reason = null, stop_by = null, stop_at = null, stuck = null,
    kept_state = null, event_position = run.event_position + told, updated_at = clock_timestamp()
  where run.id = g.run_id;
  return json_build_object('begun', true, 'status', r.status);
end
$$`;

const askForCompensations = `
create function ask_for_compensations(of_run text) returns integer
language plpgsql
as $$
declare
  asked integer;
begin
  with made as (
    insert into approval (id, tenant, run_id, kind, task_path, question, context, answer_schema, quorum, status,
      requested_at)
    select 'approval:' || e.run_id || ':compensation.' || e.generation || '.' || (
        select count(*) from approval a where a.run_id = of_run and a.task_path = e.path and a.kind = 'COMPENSATION'
          and a.status <> 'PENDING') || ':' || e.path,
      e.tenant, e.run_id, 'COMPENSATION', e.path,
      'What "' || e.path || '" did could not be undone: ' || coalesce(e.undo_error ->> 'message', 'no reason is known')
        || '. Try it again, or has it been undone by hand?',
      json_build_object('inline', json_build_object('tool', e.tool, 'attempts', e.undo_attempts,
        'error', e.undo_error, 'idempotencyKey', e.idempotency_key)),
      '{"type":"object","required":["do"],"properties":{"do":{"enum":["retry","mark"]}},"additionalProperties":false}',
      1, 'PENDING', date_trunc('milliseconds', clock_timestamp())
    from effect e where e.run_id = of_run and e.undo = 'FAILED'
    on conflict do nothing
    returning id, tenant, task_path, question
  ), placed as (
    select m.*, row_number() over (order by m.task_path, m.id) as nth from made m
  ), told as (
    insert into run_event (run_id, position, tenant, type, at, task_path, data)
    select of_run, r.event_position + p.nth, p.tenant, 'approval.requested', clock_timestamp(), p.task_path,
      json_build_object('id', p.id, 'kind', 'COMPENSATION', 'question', p.question)
    from placed p join run r on r.id = of_run
    returning 1
  )
  select count(*) into asked from told;
  update run set event_position = event_position + asked where id = of_run;
  return asked;
end
$$`;

const endRollback = `
create function end_rollback(given json) returns json
language plpgsql
as $$
declare
  g record;
  r record;
  left_over text[];
  failed text[];
  done integer;
  final text;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text);
  select run.status, run.stop, run.finished_at, run.rollback, run.error into r
  from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  if r.finished_at is null and (r.stop = 'kill' or r.rollback is distinct from 'RUNNING') then
    return json_build_object('status', r.status, 'compensated', 0, 'failed', '[]'::json);
  end if;
  if r.finished_at is null then
    with undone as (
      update effect e set undo = 'FAILED', undo_at = clock_timestamp(), undo_error = json_build_object(
        'code', 'INTERNAL', 'message', 'the rollback ended before it came to this', 'retryable', true)
      where e.run_id = g.run_id and ${outstanding} and e.undo is distinct from 'FAILED'
      returning e.path
    )
    select array_agg(distinct path) into left_over from undone;
    if left_over is not null then
      perform show_compensations(g.run_id, left_over);
    end if;
  end if;
  select coalesce(array_agg(e.path order by e.path, e.generation) filter (where e.undo = 'FAILED'), '{}'),
    count(*) filter (where e.undo in ('COMPENSATED', 'MARKED'))
  into failed, done from effect e where e.run_id = g.run_id and e.undo is not null;
  if r.finished_at is not null then
    return json_build_object('status', r.status, 'compensated', done, 'failed', to_json(failed));
  end if;
  final := case when failed = '{}' then 'ROLLED_BACK' else 'ROLLBACK_INCOMPLETE' end;
  delete from pause p where p.run_id = g.run_id;
  perform ask_for_compensations(g.run_id);
  perform append_event(g.run_id, g.tenant, 'run.ended', clock_timestamp(), null, json_strip_nulls(json_build_object(
    'status', final, 'compensated', done, 'failed', case when failed <> '{}' then to_json(failed[1:20]) end,
    'error', r.error)));
  update run set status = final, rollback = 'ENDED', waiting = null, finished_at = clock_timestamp(),
    updated_at = clock_timestamp()
  where run.id = g.run_id;
  return json_build_object('status', final, 'compensated', done, 'failed', to_json(failed));
end
$$`;

/** What a person does about a compensation that failed answers the question about it. */
const answerCompensation = `
create function answer_compensation(of_run text, of_path text, person text, said text, did text) returns void
language plpgsql
as $$
declare
  a record;
begin
  for a in
    update approval set status = 'APPROVED', decided_at = clock_timestamp(), answer = json_build_object('do', did)
    where run_id = of_run and task_path = of_path and kind = 'COMPENSATION' and status = 'PENDING'
    returning id, tenant
  loop
    insert into approval_decision (approval_id, decided_by, tenant, approve, at, comment, answer)
    values (a.id, person, a.tenant, true, clock_timestamp(), said, json_build_object('do', did));
    perform append_event(of_run, a.tenant, 'approval.decided', clock_timestamp(), of_path, json_strip_nulls(
      json_build_object('id', a.id, 'kind', 'COMPENSATION', 'status', 'APPROVED', 'approve', true,
        'by', json_build_array(person), 'comment', said)));
  end loop;
end
$$`;

const retryCompensation = `
create function retry_compensation(given json) returns json
language plpgsql
as $$
declare
  g record;
  r record;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text, path text, person text, at timestamptz);
  select run.status into r from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  if r.status <> 'ROLLBACK_INCOMPLETE' then
    return json_build_object('done', false, 'status', r.status);
  end if;
  update effect set undo = null, undo_error = null
  where effect.run_id = g.run_id and effect.path = g.path and effect.undo = 'FAILED';
  if not found then
    return json_build_object('done', false, 'status', r.status);
  end if;
  update task set status = 'COMPENSATING', error = null
  where task.run_id = g.run_id and task.path = g.path and task.status = 'COMPENSATION_FAILED';
  perform answer_compensation(g.run_id, g.path, g.person, null, 'retry');
  perform start_rollback(g.run_id, g.person, 'the compensation of ' || g.path || ' is tried again', g.at);
  return json_build_object('done', true, 'status', 'ROLLING_BACK');
end
$$`;

const markCompensated = `
create function mark_compensated(given json) returns json
language plpgsql
as $$
declare
  g record;
  r record;
  final text;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text, path text, person text, comment text);
  select run.status into r from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  update effect set undo = 'MARKED', undo_by = g.person, undo_comment = g.comment, undo_at = clock_timestamp()
  where effect.run_id = g.run_id and effect.path = g.path and effect.undo = 'FAILED';
  if not found then
    return json_build_object('done', false, 'status', r.status);
  end if;
  perform show_compensations(g.run_id, array[g.path]);
  perform append_event(g.run_id, g.tenant, 'task.compensated', clock_timestamp(), g.path,
    json_build_object('marked', true, 'by', g.person, 'comment', g.comment));
  perform answer_compensation(g.run_id, g.path, g.person, g.comment, 'mark');
  final := r.status;
  if r.status = 'ROLLBACK_INCOMPLETE'
    and not exists (select from effect e where e.run_id = g.run_id and ${outstanding}) then
    final := 'ROLLED_BACK';
    perform append_event(g.run_id, g.tenant, 'run.ended', clock_timestamp(), null,
      json_build_object('status', final, 'by', g.person));
    update run set status = final where run.id = g.run_id;
  end if;
  return json_build_object('done', true, 'status', final);
end
$$`;

/** A rollback from its request to its end, and what people do about what could not be undone. */
export const rollbackFunctions: Migration = {
  async up(db) {
    const texts = [
      startRollback,
      requestRollback,
      beginRollback,
      askForCompensations,
      endRollback,
      answerCompensation,
      retryCompensation,
      markCompensated,
    ];
    for (const text of texts) await sql.raw(text).execute(db);
  },
};
