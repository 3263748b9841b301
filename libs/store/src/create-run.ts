import { nexusError, noUsage } from '#contracts';
import type { NewRunEvent } from '#contracts';
import { columnsText, runColumns } from './columns.js';
import type { Database, Statement } from './database.js';
import { jsonText, plainText, timeText } from './json-text.js';
import type { NewRun, RunRow } from './rows.js';

export interface IdempotencyKey {
  readonly key: string;
  /** Of the request: the same key with another one is refused. */
  readonly fingerprint: string;
}

const insert: Statement = {
  name: 'create_run',
  text: `
with given as (
  select * from json_to_record($1::text::json) as g(id text, tenant text, goal text, labels text[], status text,
    planner text, plan json, bound json, inputs json, usage json, estimate json, budget json, priority smallint,
    workflow_id text, plan_request json, created_at timestamptz, key text, fingerprint text, events json,
    event_count integer)
), claimed as (
  insert into idempotency (tenant, key, fingerprint, run_id, created_at)
  select tenant, key, fingerprint, id, created_at from given where key is not null
  on conflict (tenant, key) do nothing
  returning run_id
), made as (
  insert into run (id, tenant, goal, labels, status, planner, plan, bound, inputs, usage, estimate, budget, priority,
    workflow_id, plan_request, event_position, created_at, updated_at)
  select id, tenant, goal, labels, status, planner, plan, bound, inputs, usage, estimate, budget, priority,
    workflow_id, plan_request, event_count, created_at, clock_timestamp()
  from given where key is null or exists (select from claimed)
  on conflict (id) do nothing
  returning *
), noted as (
  insert into run_event (run_id, position, tenant, type, at, task_path, data)
  select g.id, e.nth, g.tenant, e.type, e.at, e.task_path, e.data
  from given g, json_to_recordset(g.events) as e(nth integer, type text, at timestamptz, task_path text, data json)
  where exists (select from made)
)
select ${columnsText('r', runColumns)} from made r`,
};

const findByKey: Statement = {
  name: 'run_by_key',
  text: `
select i.fingerprint, ${columnsText('r', runColumns)}
from idempotency i join run r on r.id = i.run_id where i.tenant = $1 and i.key = $2`,
};

const findById: Statement = {
  name: 'run_by_id',
  text: `select ${columnsText('r', runColumns)} from run r where r.tenant = $1 and r.id = $2`,
};

/** The run of that ID, read past the query builder: it is asked for often. */
export async function findRun(database: Database, tenant: string, id: string): Promise<RunRow | null> {
  const [row] = await database.call<RunRow>(findById, [tenant, plainText(id)]);
  return row ?? null;
}

/** Makes the run with its first events and its key, or finds the one that the key, or the ID, has made already. */
export async function createRun(
  database: Database,
  run: NewRun,
  events: readonly NewRunEvent[],
  idempotency?: IdempotencyKey,
): Promise<{ run: RunRow; created: boolean }> {
  const [made] = await database.call<RunRow>(insert, [jsonText(givenRow(run, events, idempotency))]);
  if (made !== undefined) return { run: made, created: true };
  // A statement of its own: it sees what the insertion has waited for.
  const existing = idempotency
    ? await findByIdempotencyKey(database, run.tenant, idempotency)
    : await findRun(database, run.tenant, run.id);
  if (existing) return { run: existing, created: false };
  throw nexusError('CONFLICT', `run ${run.id} could not be made: the ID or its idempotency key is taken`);
}

async function findByIdempotencyKey(
  database: Database,
  tenant: string,
  { key, fingerprint }: IdempotencyKey,
): Promise<RunRow | undefined> {
  const [found] = await database.call<RunRow & { fingerprint: string }>(findByKey, [tenant, plainText(key)]);
  if (found === undefined) return undefined;
  const { fingerprint: first, ...run } = found;
  if (first === plainText(fingerprint)) return run;
  throw nexusError(
    'IDEMPOTENCY_MISMATCH',
    `idempotency key "${key}" was used for another request (${run.id})`,
    {
      hint: 'Use a new key for a new request; repeat a request unchanged to get its run.',
    },
  );
}

function givenRow(
  run: NewRun,
  events: readonly NewRunEvent[],
  idempotency: IdempotencyKey | undefined,
): object {
  return {
    id: run.id,
    tenant: run.tenant,
    goal: run.goal,
    labels: run.labels ?? [],
    status: run.status ?? 'PENDING',
    planner: run.planner,
    plan: run.plan,
    bound: run.bound,
    inputs: run.inputs,
    usage: noUsage,
    estimate: run.estimate,
    budget: run.budget,
    priority: run.priority ?? 3,
    workflow_id: run.workflowId,
    plan_request: run.planRequest,
    created_at: timeText(run.createdAt),
    key: idempotency?.key,
    fingerprint: idempotency?.fingerprint,
    event_count: events.length,
    events: events.map((event, index) => ({
      nth: index + 1,
      type: event.type,
      at: timeText(event.at),
      task_path: event.taskPath,
      data: event.data,
    })),
  };
}
