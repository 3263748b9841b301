import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  `create table routed_call (
    id text collate "C" primary key,
    tenant text collate "C" not null,
    run_id text collate "C" not null,
    task_path text collate "C",
    model text not null,
    status text not null,
    deployment text,
    input_tokens integer not null,
    output_tokens integer not null,
    cached_tokens integer not null,
    cost_nanos bigint not null,
    at timestamptz not null,
    ms double precision not null,
    error json,
    retry_at timestamptz,
    trace json not null
  )`,
  `create index routed_call_of_task on routed_call (run_id, task_path, at)`,
  `create table model_reply (
    tenant text collate "C" not null,
    key text collate "C" not null,
    reply json not null,
    at timestamptz not null,
    primary key (tenant, key)
  )`,
  `create index model_reply_by_age on model_reply (at)`,
];

/** Why each call of a model went where it went, those included that nobody answered; and answers to be given again. */
export const routedCalls: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
