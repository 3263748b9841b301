import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Paths compare by bytes, but the indices in them by value: `each[2]/item` comes before `each[10]/item`. */
const pathOrder = String.raw`
create function path_order(path text) returns text
language sql immutable strict parallel safe
as $$
  select case when strpos(path, '[') = 0 then path else
    regexp_replace(regexp_replace(path, '\[(\d+)\]', '[00000000\1]', 'g'), '\[\d*(\d{9})\]', '[\1]', 'g') end
$$`;

/** Pages of a run's tasks are read in this order, however many there are. */
export const taskOrder: Migration = {
  async up(db) {
    await sql.raw(pathOrder).execute(db);
    await sql.raw('create index task_order on task (run_id, path_order(path) collate "C")').execute(db);
  },
};
