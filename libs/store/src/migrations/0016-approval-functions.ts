import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** An approval with all decisions about it, as its readers see it. */
const approvalView = `
create function approval_view(a approval) returns json
language sql stable
as $$
  select json_build_object(
    'id', a.id, 'runId', a.run_id, 'kind', a.kind, 'taskPath', a.task_path, 'question', a.question,
    'context', a.context, 'answerSchema', a.answer_schema, 'quorum', a.quorum, 'role', a.role, 'policy', a.policy,
    'argumentsHash', a.arguments_hash, 'status', a.status, 'answer', a.answer,
    'requestedAt', (extract(epoch from a.requested_at) * 1000)::bigint,
    'expiresAt', (extract(epoch from a.expires_at) * 1000)::bigint,
    'onTimeout', a.on_timeout, 'escalateTo', a.escalate_to,
    'decidedAt', (extract(epoch from a.decided_at) * 1000)::bigint,
    'decisions', coalesce((
      select json_agg(json_build_object('by', d.decided_by, 'approve', d.approve,
        'at', (extract(epoch from d.at) * 1000)::bigint, 'comment', d.comment, 'answer', d.answer,
        'ruleId', d.rule_id) order by d.at, d.decided_by)
      from approval_decision d where d.approval_id = a.id), '[]'))
$$`;

// What is asked of a run that has ended, or is being rolled back, nobody need answer. An approval that expired with
// its run is asked anew when the run is tried again: then its request is younger than its end. Votes count for what
// they were given on. What a workflow asks whose run has ended was reset: once the run is live, so is its question, and
// until then its request tells that it was asked again.
const askApproval = `
create function ask_approval(of_run text, owner text, asked json, open boolean) returns boolean
language plpgsql
as $$
declare
  fresh boolean;
begin
  delete from approval_decision d using approval a,
    json_to_record(asked) as x(id text, question text, context json, arguments_hash text, requested_at timestamptz)
  where d.approval_id = a.id and a.id = x.id and a.run_id = of_run and a.status = 'EXPIRED'
    and a.decided_at < x.requested_at and (a.question, a.context::text, a.arguments_hash)
      is distinct from (x.question, x.context::text, x.arguments_hash);
  insert into approval as a (id, tenant, run_id, kind, task_path, question, context, answer_schema, quorum, role,
    policy, arguments_hash, status, requested_at, expires_at, on_timeout, escalate_to, decided_at)
  select x.id, owner, of_run, x.kind, x.task_path, x.question, x.context, x.answer_schema, x.quorum, x.role,
    x.policy, x.arguments_hash, case when open then 'PENDING' else 'EXPIRED' end, x.requested_at, x.expires_at,
    x.on_timeout, x.escalate_to, case when open then null else clock_timestamp() end
  from json_to_record(asked) as x(id text, kind text, task_path text, question text, context json, answer_schema json,
    quorum integer, role text, policy text, arguments_hash text, requested_at timestamptz, expires_at timestamptz,
    on_timeout text, escalate_to text)
  on conflict (id) do update set
    status = excluded.status, decided_at = excluded.decided_at, requested_at = excluded.requested_at, expires_at = excluded.expires_at,
    role = excluded.role, question = excluded.question, context = excluded.context,
    arguments_hash = excluded.arguments_hash
  where a.status = 'EXPIRED' and a.run_id = excluded.run_id and a.decided_at < excluded.requested_at
  returning status = 'PENDING' into fresh;
  return coalesce(fresh, false);
end
$$`;

/** What is asked, as the reason why its run or its task waits. */
const openQuestion = `
create function open_question(a approval) returns json
language sql stable
as $$
  select json_strip_nulls(json_build_object('kind', 'APPROVAL', 'detail', a.question,
    'since', to_char(a.requested_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
    'until', to_char(a.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
$$`;

const takesQuestions = `
create function takes_questions(r run) returns boolean
language sql stable
as $$
  select r.finished_at is null and r.rollback is distinct from 'RUNNING' and r.rollback is distinct from 'REQUESTED'
$$`;

const applyApprovals = `
create function apply_approvals(given json) returns integer
language plpgsql
as $$
declare
  g record;
  r run;
  c record;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text, changes json);
  select * into r from run where run.id = g.run_id and run.tenant = g.tenant for share;
  if not found then
    return null;
  end if;
  for c in
    select * from json_to_recordset(g.changes)
      as x(nth integer, type text, id text, at timestamptz, role text, expires_at timestamptz, request json)
    order by nth
  loop
    if c.type = 'request' then
      perform ask_approval(g.run_id, g.tenant, c.request, takes_questions(r));
    elsif c.type = 'withdraw' then
      update approval set status = 'EXPIRED', decided_at = c.at
      where id = c.id and run_id = g.run_id and status = 'PENDING';
    elsif c.type = 'extend' then
      update approval set expires_at = c.expires_at where id = c.id and run_id = g.run_id and status = 'PENDING';
    else
      update approval set role = c.role, expires_at = c.expires_at
      where id = c.id and run_id = g.run_id and status = 'PENDING';
    end if;
  end loop;
  return 1;
end
$$`;

/** The signal's argument; its parts apart, for the null in an answer is a person's. */
const decideSignal = `
create function decide_signal(a approval, decided json) returns json
language sql stable
as $$
  select (left(head.text, -1)
    || coalesce(',"answer":' || coalesce(decided ->> 'storedAnswer',
        '{"inline":' || a.answer::text || '}'), '') || '}')::json
  from (select json_strip_nulls(json_build_object(
    'approvalId', a.id, 'kind', a.kind, 'path', a.task_path, 'approve', a.status = 'APPROVED',
    'comment', decided ->> 'comment',
    'by', (select json_agg(d.decided_by order by d.at, d.decided_by) from approval_decision d
      where d.approval_id = a.id and d.approve = (a.status = 'APPROVED')),
    'at', (extract(epoch from a.decided_at) * 1000)::bigint,
    'argumentsHash', a.arguments_hash, 'policy', a.policy))::text as text) head
$$`;

/** Tells the run's readers that an approval has its answer, or will have none. The run is locked. */
const tellDecided = `
create function tell_decided(a approval, said text) returns void
language sql
as $$
  select append_event(a.run_id, a.tenant, 'approval.decided', a.decided_at, a.task_path, json_strip_nulls(
    json_build_object('id', a.id, 'kind', a.kind, 'status', a.status, 'approve', a.status = 'APPROVED',
      'by', (select json_agg(d.decided_by order by d.at, d.decided_by) from approval_decision d
        where d.approval_id = a.id),
      'comment', said, 'argumentsHash', a.arguments_hash, 'policy', a.policy)))
$$`;

// What a rollback has to undo follows from what a person says, and nothing makes the effect anew before that is known.
const settleUncertain = `
create function settle_uncertain(a approval, output json) returns void
language sql
as $$
  update effect e set
    state = case when a.status = 'APPROVED' or e.state = 'HAPPENED' then 'HAPPENED' else 'NONE' end,
    output = case when a.status = 'APPROVED' then coalesce($2, '{"inline":null}') else e.output end
  where e.run_id = a.run_id and e.path = a.task_path and e.generation = (
    select max(l.generation) from effect l where l.run_id = a.run_id and l.path = a.task_path)
$$`;

// One who rejects is enough; a quorum approves.
const decideApproval = `
create function decide_approval(given json) returns json
language plpgsql
as $$
declare
  g record;
  a approval;
begin
  select * into g from json_to_record(given) as x(id text, tenant text, person text, approve boolean, at timestamptz,
    comment text, answer json, workflow_id text, budget json, told json);
  select * into a from approval where approval.id = g.id and approval.tenant = g.tenant;
  if not found then
    return null;
  end if;
  perform from run where run.id = a.run_id for no key update;
  select * into a from approval where approval.id = g.id for no key update;
  if a.status <> 'PENDING' then
    return json_build_object('outcome', 'over', 'approval', approval_view(a));
  end if;
  insert into approval_decision (approval_id, decided_by, tenant, approve, at, comment, answer)
  values (g.id, g.person, g.tenant, g.approve, g.at, g.comment, g.answer) on conflict do nothing;
  if not found then
    return json_build_object('outcome', 'repeated', 'approval', approval_view(a));
  end if;
  update approval set answer = coalesce(g.answer, approval.answer),
    status = case when not g.approve then 'REJECTED' when a.quorum <= (
      select count(*) from approval_decision d where d.approval_id = g.id) then 'APPROVED' else 'PENDING' end
  where approval.id = g.id;
  update approval set decided_at = g.at where approval.id = g.id and approval.status <> 'PENDING';
  select * into a from approval where approval.id = g.id;
  if a.status <> 'PENDING' then
    perform tell_decided(a, g.comment);
    if a.kind = 'UNCERTAIN' then
      perform settle_uncertain(a, given -> 'storedAnswer');
    end if;
    -- Kept before the decision, which lets the run look whether there is enough.
    if a.status = 'APPROVED' and g.budget is not null
      and set_budget(json_build_object('run_id', a.run_id, 'tenant', a.tenant, 'budget', g.budget, 'data', g.told)) then
      insert into signal (tenant, run_id, workflow_id, name, argument, created_at)
      select r.tenant, r.id, r.workflow_id, 'setBudget', g.budget, clock_timestamp() from run r where r.id = a.run_id;
    end if;
    if g.workflow_id is not null then
      insert into signal (tenant, run_id, workflow_id, name, argument, created_at)
      values (g.tenant, a.run_id, g.workflow_id, 'decide', decide_signal(a, given), clock_timestamp());
    end if;
  end if;
  return json_build_object('outcome', case a.status when 'PENDING' then 'counted' else 'decided' end,
    'approval', approval_view(a));
end
$$`;

const expireApproval = `
create function expire_approval(given json) returns json
language plpgsql
as $$
declare
  g record;
  a approval;
begin
  select * into g from json_to_record(given) as x(id text, tenant text, at timestamptz);
  select * into a from approval where approval.id = g.id and approval.tenant = g.tenant;
  if not found then
    return null;
  end if;
  perform from run where run.id = a.run_id for no key update;
  update approval set status = 'EXPIRED', decided_at = g.at
  where approval.id = g.id and approval.status = 'PENDING';
  if found then
    select * into a from approval where approval.id = g.id;
    perform tell_decided(a, null);
    return json_build_object('expired', true, 'approval', approval_view(a));
  end if;
  select * into a from approval where approval.id = g.id;
  return json_build_object('expired', false, 'approval', approval_view(a));
end
$$`;

// A step asks for itself, so the run's readers are told here. A rule decides at once, and is on record as who did.
const gateStep = `
create function gate_step(given json) returns json
language plpgsql
as $$
declare
  g record;
  r run;
  a approval;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text, request json, rule_id text,
    rule_comment text);
  select * into r from run where run.id = g.run_id and run.tenant = g.tenant for no key update;
  if not found then
    return null;
  end if;
  if ask_approval(g.run_id, g.tenant, g.request, takes_questions(r)) then
    perform append_event(g.run_id, g.tenant, 'approval.requested', (g.request ->> 'requested_at')::timestamptz,
      g.request ->> 'task_path', json_strip_nulls(json_build_object('id', g.request ->> 'id',
        'kind', g.request ->> 'kind', 'question', g.request ->> 'question', 'policy', g.request ->> 'policy')));
  end if;
  select * into a from approval
  where approval.id = g.request ->> 'id' and approval.run_id = g.run_id for no key update;
  if not found then
    return null;
  end if;
  -- A step of a workflow that was reset waits until its run is live again, and so is its question.
  if a.status = 'EXPIRED' and r.finished_at is not null and r.rollback is null and r.status <> 'KILLED' then
    a.status := 'PENDING';
    return approval_view(a);
  end if;
  if a.status = 'PENDING' and g.rule_id is not null
    and a.arguments_hash is not distinct from g.request ->> 'arguments_hash' then
    insert into approval_decision (approval_id, decided_by, tenant, approve, at, comment, rule_id)
    values (a.id, g.rule_id, g.tenant, true, clock_timestamp(), g.rule_comment, g.rule_id);
    update approval set status = 'APPROVED', decided_at = clock_timestamp() where approval.id = a.id;
    select * into a from approval where approval.id = a.id;
    perform tell_decided(a, g.rule_comment);
  end if;
  return approval_view(a);
end
$$`;

/** What people are asked and what they say: each in one transaction, told and signalled with it. */
export const approvalFunctions: Migration = {
  async up(db) {
    const texts = [
      approvalView,
      openQuestion,
      askApproval,
      takesQuestions,
      applyApprovals,
      decideSignal,
      tellDecided,
      settleUncertain,
      decideApproval,
      expireApproval,
      gateStep,
    ];
    for (const text of texts) await sql.raw(text).execute(db);
  },
};
