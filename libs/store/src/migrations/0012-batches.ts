import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

const fields = ['inputTokens', 'outputTokens', 'cachedTokens', 'modelCalls', 'toolCalls', 'costNanos'];

/** What stands for a batch of a map's items while they have no rows: whether one is at work, and what all have used. */
const batch = `
create table batch (
  run_id text collate "C" not null,
  path text collate "C" not null,
  first integer not null,
  tenant text collate "C" not null,
  at_work boolean not null,
  spent json,
  primary key (run_id, path, first)
)`;

const largerUsage = `
create function larger_usage(a json, b json) returns json
language sql immutable parallel safe
as $$
  select json_build_object(${fields
    .map(
      (field) =>
        `'${field}', greatest(coalesce((a ->> '${field}')::bigint, 0), coalesce((b ->> '${field}')::bigint, 0))`,
    )
    .join(',\n    ')})
$$`;

// Segments of one run tell of their own use at the same time, each by what it knew of the others when it began.
const keepLargerUsage = `
create function keep_larger_usage() returns trigger
language plpgsql
as $$
begin
  new.usage := larger_usage(old.usage, new.usage);
  return new;
end
$$`;

const usageGrows = `
create trigger usage_grows before update of usage on run
for each row when (new.usage::text is distinct from old.usage::text) execute function keep_larger_usage()`;

const sumOf = (source: string): string =>
  `select json_build_object(${fields
    .map((field) => `'${field}', coalesce(sum((u.usage ->> '${field}')::bigint), 0)::bigint`)
    .join(',\n      ')}) from (${source}) u`;

/**
 * `end_killed`, after which the run's usage is no less than that of all that is on record of it: its workflow does
 * not live to add it up. An agent's own usage has that of its tools; calls of models are on record as they are made.
 */
const endKilled = `
create function end_killed_2(given json)
returns boolean
language plpgsql
as $$
declare
  g record;
  done boolean;
begin
  select * into g from json_to_record(given) as x(run_id text, tenant text);
  done := end_killed(given);
  if done then
    update run r set usage = larger_usage((
      ${sumOf(`
      select t.usage from task t
      where t.run_id = g.run_id and t.kind in ('tool', 'model', 'agent') and not exists (
        select from task a
        where a.run_id = t.run_id and a.kind = 'agent' and (a.usage ->> 'modelCalls')::bigint > 0
          and t.path >= a.path || '/' and t.path < a.path || '0')
      union all
      select b.spent -> 'usage' from batch b where b.run_id = g.run_id`)}
    ), (
      select json_build_object('inputTokens', coalesce(sum(c.input_tokens), 0)::bigint,
        'outputTokens', coalesce(sum(c.output_tokens), 0)::bigint,
        'cachedTokens', coalesce(sum(c.cached_tokens), 0)::bigint,
        'modelCalls', count(*), 'costNanos', coalesce(sum(c.cost_nanos), 0)::bigint)
      from model_call c where c.run_id = g.run_id
    ))
    where r.id = g.run_id and r.tenant = g.tenant;
  end if;
  return done;
end
$$`;

/** What batches are at, and what runs have used that nobody was left to add up. */
export const batches: Migration = {
  async up(db) {
    for (const text of [batch, largerUsage, keepLargerUsage, usageGrows, endKilled]) {
      await sql.raw(text).execute(db);
    }
  },
};
