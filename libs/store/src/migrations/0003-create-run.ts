import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// A function for the same reasons as `record_units`, and with the same rule for changes.
const createRun = `
create function create_run(given json)
returns table (created boolean, fingerprint text, made run)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
declare
  g record;
  fresh run;
begin
  select * into g from json_to_record(given) as r(
    id text, tenant text, goal text, labels text[], status text, planner text, plan json, bound json, inputs json,
    usage json, estimate json, budget json, priority smallint, workflow_id text, plan_request json,
    created_at timestamptz, key text, fingerprint text, events json, event_count integer);

  if g.key is not null then
    -- Waits for whoever is making the same key's run at this moment.
    insert into idempotency (tenant, key, fingerprint, run_id, created_at)
    values (g.tenant, g.key, g.fingerprint, g.id, g.created_at)
    on conflict do nothing;
    if not found then
      return query
      select false, i.fingerprint, r from idempotency i join run r on r.id = i.run_id
      where i.tenant = g.tenant and i.key = g.key;
      return;
    end if;
  end if;

  insert into run (id, tenant, goal, labels, status, planner, plan, bound, inputs, usage, estimate, budget, priority,
    workflow_id, plan_request, event_position, created_at, updated_at)
  values (g.id, g.tenant, g.goal, g.labels, g.status, g.planner, g.plan, g.bound, g.inputs, g.usage, g.estimate,
    g.budget, g.priority, g.workflow_id, g.plan_request, g.event_count, g.created_at, clock_timestamp())
  on conflict do nothing
  returning * into fresh;
  if not found then
    return query select false, g.fingerprint, r from run r where r.id = g.id and r.tenant = g.tenant;
    return;
  end if;

  insert into run_event (run_id, position, tenant, type, at, task_path, data)
  select g.id, e.nth, g.tenant, e.type, e.at, e.task_path, e.data
  from json_to_recordset(g.events) as e(nth integer, type text, at timestamptz, task_path text, data json);

  return query select true, g.fingerprint, fresh;
end
$$`;

/** Makes a run together with its idempotency key and first events, or finds the one that is there. */
export const createRunFunction: Migration = {
  async up(db) {
    await sql.raw(createRun).execute(db);
  },
};
