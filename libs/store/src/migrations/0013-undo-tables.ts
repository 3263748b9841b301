import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  // `ENDED` stays, to tell who asked for it.
  `alter table run
    add column rollback text check (rollback in ('REQUESTED', 'RUNNING', 'ENDED')),
    add column rollback_by text,
    add column rollback_reason text,
    add column rollback_at timestamptz`,
  `create index run_rolling_back on run (id)
    where rollback in ('REQUESTED', 'RUNNING') and finished_at is null`,
  `create table effect (
    run_id text collate "C" not null,
    path text collate "C" not null,
    generation integer not null,
    tenant text collate "C" not null,
    idempotency_key text not null,
    tool text not null,
    effect text not null check (effect in ('none', 'keyed', 'reversible', 'irreversible', 'unkeyed')),
    input json not null,
    compensating json,
    plan json,
    at timestamptz not null,
    state text not null check (state in ('BEGUN', 'HAPPENED', 'MAYBE', 'NONE')),
    output json,
    undo text check (undo in ('COMPENSATING', 'COMPENSATED', 'FAILED', 'MARKED')),
    undo_attempts integer not null default 0,
    undo_error json,
    undo_by text,
    undo_comment text,
    undo_at timestamptz,
    primary key (run_id, path, generation)
  ) with (fillfactor = 80)`,
  `create table approval (
    id text collate "C" primary key,
    tenant text collate "C" not null,
    run_id text collate "C" not null,
    kind text not null check (kind in ('TASK', 'PLAN', 'BUDGET', 'ESCALATION', 'COMPENSATION', 'UNCERTAIN')),
    task_path text,
    question text not null,
    context json,
    answer_schema json,
    quorum integer not null,
    role text,
    policy text,
    arguments_hash text,
    status text not null check (status in ('PENDING', 'APPROVED', 'REJECTED', 'EXPIRED')),
    answer json,
    requested_at timestamptz not null,
    expires_at timestamptz,
    on_timeout text check (on_timeout in ('reject', 'approve', 'escalate')),
    escalate_to text,
    decided_at timestamptz
  ) with (fillfactor = 80)`,
  `create index approval_by_status on approval (tenant, status, requested_at, id)`,
  `create index approval_by_age on approval (tenant, requested_at, id)`,
  `create index approval_of_run on approval (run_id, requested_at, id)`,
  // Nobody decides twice about the same.
  `create table approval_decision (
    approval_id text collate "C" not null,
    decided_by text collate "C" not null,
    tenant text collate "C" not null,
    approve boolean not null,
    at timestamptz not null,
    comment text,
    answer json,
    rule_id text,
    primary key (approval_id, decided_by)
  )`,
  // What is null holds for any.
  `create table standing_rule (
    id text collate "C" primary key,
    tenant text collate "C" not null,
    tool text collate "C" not null,
    template text collate "C",
    arguments_hash text,
    arguments json,
    comment text,
    created_by text not null,
    created_at timestamptz not null,
    revoked_by text,
    revoked_at timestamptz
  )`,
  `create index standing_rule_in_force on standing_rule (tenant, tool) where revoked_at is null`,
  `create table approval_link (
    token_hash text collate "C" primary key,
    tenant text collate "C" not null,
    approval_id text collate "C" not null,
    person text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
  )`,
];

const appendEvent = `
create function append_event(run_id text, tenant text, type text, at timestamptz, task_path text, data json)
returns void
language sql
as $$
  with next as (
    update run set event_position = event_position + 1, updated_at = clock_timestamp()
    where id = $1 returning event_position
  )
  insert into run_event (run_id, position, tenant, type, at, task_path, data)
  select $1, next.event_position, $2, $3, $4, $5, $6 from next
$$`;

const expireApprovals = `
create function expire_approvals(run_id text) returns void
language sql
as $$
  update approval set status = 'EXPIRED', decided_at = clock_timestamp()
  where approval.run_id = $1 and status = 'PENDING' and kind <> 'COMPENSATION'
$$`;

// However a run ends, and whichever build ends it. What could not be undone is still asked after that end.
const noQuestionOutlives = `
create function no_question_outlives_run() returns trigger
language plpgsql
as $$
begin
  update approval set status = 'EXPIRED', decided_at = clock_timestamp()
  where approval.run_id = new.id and status = 'PENDING'
    and (kind <> 'COMPENSATION' or new.status <> 'ROLLBACK_INCOMPLETE');
  return null;
end
$$`;

const whenRunEnds = `
create trigger no_question_outlives_run after update of finished_at on run
for each row when (old.finished_at is null and new.finished_at is not null)
execute function no_question_outlives_run()`;

// However a task ends that a person was asked about beforehand: skipped, cancelled, out of time.
const noGateOutlives = `
create function no_gate_outlives_task() returns trigger
language plpgsql
as $$
begin
  update approval set status = 'EXPIRED', decided_at = clock_timestamp()
  where approval.run_id = new.run_id and approval.task_path = new.path and status = 'PENDING'
    and approval.policy is not null;
  return null;
end
$$`;

const whenTaskEnds = `
create trigger no_gate_outlives_task after update of status on task
for each row when (old.status = 'WAITING' and new.status in ('SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'))
execute function no_gate_outlives_task()`;

/** What runs have done to the world, how it is undone, and what people are asked. */
export const undoTables: Migration = {
  async up(db) {
    const triggers = [noQuestionOutlives, whenRunEnds, noGateOutlives, whenTaskEnds];
    const texts = [...statements, appendEvent, expireApprovals, ...triggers];
    for (const text of texts) await sql.raw(text).execute(db);
  },
};
