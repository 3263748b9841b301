import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const statements = [
  // Deployments of models serve all tenants: their breakers are of no tenant, as GLOBAL kill switches are.
  `create table breaker (
    tenant text collate "C" not null,
    name text collate "C" not null,
    version integer not null,
    condition json not null,
    updated_at timestamptz not null default clock_timestamp(),
    primary key (tenant, name)
  )`,
  // Quotas and keys are the installation's, so these have no tenant. Without an end: until somebody lifts it.
  `create table cooldown (
    name text collate "C" primary key,
    until timestamptz,
    reason text not null,
    since timestamptz not null default clock_timestamp()
  )`,
];

/** What workers share of circuit breakers and of limits that providers have set. */
export const breakers: Migration = {
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
