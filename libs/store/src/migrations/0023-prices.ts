import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// A version of a price is never changed: another price is another row. `rates` is null from when a model is not sold.
const priceVersion = `
create table price_version (
  tenant text not null,
  id text not null,
  seller text not null,
  model text not null,
  effective_from timestamptz not null,
  rates json,
  source text not null,
  approved_by text,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant, id)
)`;

// What a refresh found odd: it holds from when a person says so, and never when a later refresh finds otherwise.
const priceChange = `
create table price_change (
  tenant text not null,
  id text not null,
  seller text not null,
  model text not null,
  old_rates json,
  new_rates json,
  oddities text[] not null,
  source text not null,
  state text not null,
  found_at timestamptz not null,
  decided_by text,
  decided_at timestamptz,
  primary key (tenant, id)
)`;

const ofModel =
  'create index price_version_of_model on price_version (tenant, seller, model, effective_from)';

// Which price a call was reckoned by, and all that it was reckoned from.
const charged = `
alter table model_call add column price_version text,
  add column cache_write_tokens integer not null default 0`;

/** Prices that refreshes bring, those among them that a person must look at, and the price of each call. */
export const prices: Migration = {
  async up(db) {
    for (const statement of [priceVersion, ofModel, priceChange, charged])
      await sql.raw(statement).execute(db);
  },
};
