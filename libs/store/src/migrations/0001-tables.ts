import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// Documents are `json`, not `jsonb`: it keeps the text, and with it the order of keys that people wrote, and it is
// cheaper to write. No foreign keys: each would lock the run's row once more per event, and all of a run's rows are
// written under that lock anyway. IDs compare by bytes, so that order does not depend on the database's locale.
const statements = [
  `create extension if not exists vector`,
  `create table run (
    id text collate "C" primary key,
    tenant text collate "C" not null,
    goal text,
    labels text[] not null,
    status text not null check (status in ('PENDING', 'PLANNING', 'RUNNING', 'WAITING', 'PAUSED', 'CANCELLING',
      'ROLLING_BACK', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'KILLED', 'ROLLED_BACK', 'ROLLBACK_INCOMPLETE')),
    waiting json,
    planner text,
    plan json,
    bound json,
    inputs json,
    output json,
    error json,
    usage json not null,
    estimate json,
    budget json,
    priority smallint not null,
    workflow_id text not null,
    temporal_run_id text,
    plan_request json,
    stop text check (stop in ('drain', 'cut')),
    stop_reason text,
    event_position bigint not null,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    dispatched_at timestamptz,
    updated_at timestamptz not null,
    constraint run_ended_is_finished check ((finished_at is not null) = (status in
      ('SUCCEEDED', 'FAILED', 'CANCELLED', 'KILLED', 'ROLLED_BACK', 'ROLLBACK_INCOMPLETE')))
  ) with (fillfactor = 60)`,
  `create index run_newest on run (tenant, created_at desc, id desc)`,
  `create index run_live on run (created_at) where finished_at is null`,
  `create index run_stopped on run (id) where stop is not null and finished_at is null`,
  `create index run_labels on run using gin (labels) where labels <> '{}'`,
  `create table idempotency (
    tenant text collate "C" not null,
    key text collate "C" not null,
    fingerprint text not null,
    run_id text collate "C" not null,
    created_at timestamptz not null,
    primary key (tenant, key)
  )`,
  `create table task (
    run_id text collate "C" not null,
    path text collate "C" not null,
    tenant text collate "C" not null,
    kind text not null check (kind in
      ('tool', 'model', 'agent', 'approval', 'wait', 'map', 'branch', 'loop', 'plan')),
    title text,
    status text not null check (status in ('PENDING', 'READY', 'RUNNING', 'WAITING', 'PAUSED', 'SUCCEEDED', 'FAILED',
      'SKIPPED', 'CANCELLED', 'COMPENSATING', 'COMPENSATED', 'COMPENSATION_FAILED', 'UNCERTAIN')),
    waiting json,
    input json,
    output json,
    error json,
    usage json not null,
    attempts jsonb not null,
    agent text,
    tool text,
    workflow_id text,
    started_at timestamptz,
    finished_at timestamptz,
    primary key (run_id, path)
  ) with (fillfactor = 80)`,
  `create table run_event (
    run_id text collate "C" not null,
    position bigint not null,
    tenant text collate "C" not null,
    type text not null,
    at timestamptz not null,
    task_path text,
    data json,
    primary key (run_id, position)
  )`,
  `create table segment (
    run_id text collate "C" not null,
    id text collate "C" not null,
    tenant text collate "C" not null,
    epoch integer not null,
    temporal_run_id text not null,
    engine_version text not null,
    primary key (run_id, id)
  )`,
  // The sequence orders a segment's entries: they are written under the run's lock.
  `create table journal (
    run_id text collate "C" not null,
    segment_id text collate "C" not null,
    seq bigint generated always as identity,
    tenant text collate "C" not null,
    epoch integer not null,
    temporal_run_id text not null,
    entries json not null,
    primary key (run_id, segment_id, seq)
  )`,
  `create table record_once (
    run_id text collate "C" not null,
    name text collate "C" not null,
    tenant text collate "C" not null,
    primary key (run_id, name)
  )`,
  `create table artefact (
    id text collate "C" primary key,
    tenant text collate "C" not null,
    run_id text collate "C" not null,
    task_path text,
    name text not null,
    media_type text not null,
    bytes bigint not null,
    sha256 text not null,
    internal boolean not null,
    content bytea not null,
    created_at timestamptz not null
  )`,
  `create index artefact_of_run on artefact (run_id, created_at, id) where not internal`,
  `create table template (
    id text collate "C" primary key,
    tenant text collate "C" not null,
    name text collate "C" not null,
    version integer not null,
    document json not null,
    created_at timestamptz not null,
    unique (tenant, name, version)
  )`,
  `create table conversation (
    tenant text collate "C" not null,
    run_id text collate "C" not null,
    path text collate "C" not null,
    turn integer not null,
    messages json not null,
    primary key (run_id, path, turn)
  )`,
  `create table model_call (
    id text collate "C" primary key,
    tenant text collate "C" not null,
    run_id text collate "C" not null,
    task_path text,
    deployment text not null,
    provider text not null,
    model text not null,
    input_tokens integer not null,
    output_tokens integer not null,
    cached_tokens integer not null,
    cost_nanos bigint not null,
    ms double precision not null,
    finish_reason text,
    at timestamptz not null
  )`,
  `create index model_call_of_run on model_call (run_id, at)`,
];

/** The tables of the read model, the journal of segments, and what hangs on a run. */
export const tables: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
