import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  `alter table run
    add column triggers json,
    add column stop_by text,
    add column stop_at timestamptz,
    add column stopped_in_ms integer,
    drop constraint run_stop_check,
    add constraint run_stop_check check (stop in ('drain', 'cut', 'kill'))`,
  // Only runs that live hold pauses, so the table stays as small as the list that all workers poll.
  `create table pause (
    run_id text collate "C" not null,
    source text not null check (source in ('API', 'SIGNAL', 'TEMPORAL', 'BUDGET', 'TRIGGER')),
    tenant text collate "C" not null,
    held_by text not null,
    reason text,
    interrupt boolean not null,
    since timestamptz not null,
    primary key (run_id, source)
  )`,
  `create table kill_switch (
    id bigint generated always as identity primary key,
    tenant text collate "C" not null,
    scope text not null check (scope in ('GLOBAL', 'TENANT', 'PROJECT', 'AGENT', 'TOOL', 'MODEL')),
    target text collate "C",
    engaged_at timestamptz not null,
    engaged_by text not null,
    reason text not null,
    stopped_runs integer not null default 0,
    stopped_in_ms integer,
    released_at timestamptz,
    released_by text
  )`,
  `create unique index kill_switch_engaged on kill_switch (scope, tenant, coalesce(target, ''))
    where released_at is null`,
  // Workers serve all tenants, so this alone of all tables has none.
  `create table worker (
    id text collate "C" primary key,
    labels json not null,
    queues text[] not null,
    since timestamptz not null,
    seen_at timestamptz not null
  )`,
  `create table map_result (
    run_id text collate "C" not null,
    path text collate "C" not null,
    first integer not null,
    items json not null,
    count integer not null,
    tenant text collate "C" not null,
    primary key (run_id, path, first)
  )`,
];

/** What operators do to runs: pauses, kills, kill switches; the workers there are; results of batched maps. */
export const control: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
