import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  `create table signal (
    id bigint generated always as identity primary key,
    tenant text collate "C" not null,
    run_id text collate "C" not null,
    workflow_id text not null,
    name text not null,
    argument json,
    created_at timestamptz not null
  )`,
  `create index signal_of_run on signal (run_id, id)`,
  // Of the installation, like workers: of no tenant.
  `create table lease (
    name text collate "C" primary key,
    holder text not null,
    until timestamptz not null
  )`,
  `alter table run add column stuck json`,
];

/** What is to be told to workflows, who may do what only one may, and what keeps a run from moving. */
export const signals: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
