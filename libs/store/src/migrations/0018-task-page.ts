import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// A database that has no statistics of its tables takes a run for a few rows, and would sort all of them for each page.
const taskPage = `
create function task_page(run text, owner text, after text, excepted text[], wanted text[], most integer)
returns setof text
language plpgsql stable
set enable_sort = off
set enable_bitmapscan = off
set enable_seqscan = off
as $$
begin
  return query
  select t.path from task t
  where t.run_id = run and t.tenant = owner and path_order(t.path) collate "C" > path_order(after)
    and t.path <> all(excepted) and (wanted is null or t.status = any(wanted))
  order by t.run_id, path_order(t.path) collate "C"
  limit most;
end
$$`;

/** A page of tasks costs a page. */
export const taskPages: Migration = {
  async up(db) {
    await sql.raw(taskPage).execute(db);
  },
};
