import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

// `create_run` with triggers, and behind the kill switches: one that is engaged refuses the run and forgets its key.
const createRun = `
create function create_run_2(given json)
returns table (created boolean, fingerprint text, made run, stopped_by text)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
declare
  g record;
  fresh run;
  switch text;
begin
  select * into g from json_to_record(given) as r(
    id text, tenant text, goal text, labels text[], status text, planner text, plan json, bound json, inputs json,
    usage json, estimate json, budget json, triggers json, priority smallint, workflow_id text, plan_request json,
    created_at timestamptz, key text, fingerprint text, events json, event_count integer);

  if g.key is not null then
    -- Waits for whoever is making the same key's run at this moment.
    insert into idempotency (tenant, key, fingerprint, run_id, created_at)
    values (g.tenant, g.key, g.fingerprint, g.id, g.created_at)
    on conflict do nothing;
    if not found then
      return query
      select false, i.fingerprint, r, null::text from idempotency i join run r on r.id = i.run_id
      where i.tenant = g.tenant and i.key = g.key;
      return;
    end if;
  end if;

  select k.scope || coalesce(' ' || k.target, '') || ', engaged by ' || k.engaged_by || ': ' || k.reason into switch
  from kill_switch k
  where k.released_at is null and (k.scope = 'GLOBAL' or (k.tenant = g.tenant and
    (k.scope = 'TENANT' or (k.scope = 'PROJECT' and 'project:' || k.target = any(g.labels)))))
  limit 1;
  if found then
    delete from idempotency i where i.tenant = g.tenant and i.key = g.key and i.run_id = g.id;
    return query select false, null::text, null::run, switch;
    return;
  end if;

  insert into run (id, tenant, goal, labels, status, planner, plan, bound, inputs, usage, estimate, budget, triggers, priority,
    workflow_id, plan_request, event_position, created_at, updated_at)
  values (g.id, g.tenant, g.goal, g.labels, g.status, g.planner, g.plan, g.bound, g.inputs, g.usage, g.estimate,
    g.budget, g.triggers, g.priority, g.workflow_id, g.plan_request, g.event_count, g.created_at, clock_timestamp())
  on conflict do nothing
  returning * into fresh;
  if not found then
    return query select false, g.fingerprint, r, null::text from run r where r.id = g.id and r.tenant = g.tenant;
    return;
  end if;

  insert into run_event (run_id, position, tenant, type, at, task_path, data)
  select g.id, e.nth, g.tenant, e.type, e.at, e.task_path, e.data
  from json_to_recordset(g.events) as e(nth integer, type text, at timestamptz, task_path text, data json);

  return query select true, g.fingerprint, fresh, null::text;
end
$$`;

/** No run is made against a kill switch. */
export const createRunOfControl: Migration = {
  async up(db) {
    await sql.raw(createRun).execute(db);
  },
};
