import { sql } from 'kysely';
import type { Attempt, TaskKind, TaskStatus, WaitKind } from '#contracts';
import type { Database, Statement } from './database.js';
import { plainText } from './json-text.js';
import type { TaskRow } from './rows.js';

/** What of a run is at work at this moment. */
export interface InFlight {
  /** Calls of tools and models, those for items of batches too. */
  readonly steps: number;
  /** Agents none of whose tools is being called: they may be asking their model. */
  readonly agents: number;
}

/** What tasks of one kind, of one tool or agent, have taken on average. */
export interface TaskActuals {
  readonly kind: TaskKind;
  /** Of the tool or agent; empty for others. */
  readonly name: string;
  readonly count: number;
  readonly ms: number;
  readonly tokens: number;
  readonly costNanos: number;
}

/** Which tasks of a run a page is to hold, in the order of their paths, indices by value. */
export interface TaskPage {
  readonly first: number;
  /** The path before the page, whether there is such a task or not. */
  readonly after: string | null;
  /** Paths to be left out. */
  readonly except: readonly string[];
  /** Any, when null. */
  readonly status: readonly TaskStatus[] | null;
}

export interface TaskRepository {
  /** The run's tasks that something has touched, by path, indices by value. */
  list(tenant: string, runId: string): Promise<TaskRow[]>;
  /** As many of the run's tasks as a page asks for. */
  page(tenant: string, runId: string, page: TaskPage): Promise<TaskRow[]>;
  /** Those of these paths that something has touched, in any order. */
  at(tenant: string, runId: string, paths: readonly string[]): Promise<TaskRow[]>;
  get(tenant: string, runId: string, path: string): Promise<TaskRow | null>;
  inFlight(tenant: string, runId: string): Promise<InFlight>;
  /** The child workflows that the run's tasks have had, by path. */
  workflows(
    tenant: string,
    runId: string,
  ): Promise<{ readonly path: string; readonly workflowId: string; readonly status: TaskStatus }[]>;
  /** By the tasks that succeeded in the tenant's newest runs. */
  actuals(tenant: string): Promise<TaskActuals[]>;
  /** Live runs, of all tenants, of which a task waits for this. */
  runsWaitingFor(kind: WaitKind): Promise<{ readonly tenant: string; readonly runId: string }[]>;
}

// Paths compare by bytes: what lies inside `a` is from `a/` up to, but without, `a0`.
const countInFlight: Statement = {
  name: 'tasks_in_flight',
  text: `select
  (count(*) filter (where t.kind <> 'agent') + (
    select count(*) from batch b where b.run_id = $1 and b.tenant = $2 and b.at_work))::integer as steps,
  (count(*) filter (where t.kind = 'agent' and not exists (
    select from task i where i.run_id = t.run_id and i.path >= t.path || '/' and i.path < t.path || '0'
      and i.status = 'RUNNING')))::integer as agents
from task t
where t.run_id = $1 and t.tenant = $2 and t.status = 'RUNNING' and t.kind in ('tool', 'model', 'agent')`,
};

const recentActuals: Statement = {
  name: 'task_actuals',
  text: `with recent as (select id from run where tenant = $1 order by created_at desc, id desc limit 50)
select t.kind, coalesce(t.tool, t.agent, '') as name, count(*)::integer as count,
  avg(extract(epoch from t.finished_at - t.started_at) * 1000)::float8 as ms,
  avg((t.usage ->> 'inputTokens')::float8 + (t.usage ->> 'outputTokens')::float8) as tokens,
  avg((t.usage ->> 'costNanos')::float8) as "costNanos"
from recent join task t on t.run_id = recent.id
where t.status = 'SUCCEEDED' and t.kind in ('tool', 'model', 'agent') and t.started_at is not null
  and t.finished_at is not null
group by 1, 2`,
};

const waitingRuns: Statement = {
  name: 'runs_waiting_for',
  text: `select r.tenant, r.id as "runId" from run r where r.finished_at is null and exists (
  select from task t where t.run_id = r.id and t.waiting ->> 'kind' = $1)`,
};

const pageOfTasks: Statement = {
  name: 'task_page',
  text: 'select path from task_page($1, $2, $3, $4::text[], $5::text[], $6) as path',
};

/** As the index has it. */
const order = sql`path_order(path) collate "C"`;

const taskColumns = [
  'run_id as runId',
  'path',
  'tenant',
  'kind',
  'title',
  'status',
  'waiting',
  'input',
  'output',
  'error',
  'usage',
  'attempts',
  'agent',
  'tool',
  'workflow_id as workflowId',
  'started_at as startedAt',
  'finished_at as finishedAt',
] as const;

export function createTaskRepository(database: Database): TaskRepository {
  const { kysely } = database;

  function ofRun(tenant: string, runId: string) {
    return kysely
      .selectFrom('task')
      .select(taskColumns)
      .where('run_id', '=', runId)
      .where('tenant', '=', tenant);
  }

  async function list(tenant: string, runId: string): Promise<TaskRow[]> {
    const rows = await ofRun(tenant, runId).orderBy(order).execute();
    return rows.map(withAttempts);
  }

  async function page(tenant: string, runId: string, wanted: TaskPage): Promise<TaskRow[]> {
    const { first, after, except, status } = wanted;
    const given = [runId, tenant, plainText(after ?? ''), [...except], status && [...status], first];
    const paths = (await database.call<{ path: string }>(pageOfTasks, given)).map(({ path }) => path);
    const rows = new Map((await at(tenant, runId, paths)).map((row) => [row.path, row]));
    return paths.flatMap((path) => rows.get(path) ?? []);
  }

  async function at(tenant: string, runId: string, paths: readonly string[]): Promise<TaskRow[]> {
    if (paths.length === 0) return [];
    const rows = await ofRun(tenant, runId)
      .where(sql<boolean>`path = any(${[...paths]}::text[])`)
      .execute();
    return rows.map(withAttempts);
  }

  async function get(tenant: string, runId: string, path: string): Promise<TaskRow | null> {
    const row = await ofRun(tenant, runId).where('path', '=', path).executeTakeFirst();
    return row === undefined ? null : withAttempts(row);
  }

  async function inFlight(tenant: string, runId: string): Promise<InFlight> {
    const [counts] = await database.call<InFlight>(countInFlight, [runId, tenant]);
    return counts ?? { steps: 0, agents: 0 };
  }

  async function workflows(tenant: string, runId: string) {
    const rows = await kysely
      .selectFrom('task')
      .select(['path', 'workflow_id', 'status'])
      .where('run_id', '=', runId)
      .where('tenant', '=', tenant)
      .where('workflow_id', 'is not', null)
      .orderBy('path')
      .execute();
    return rows.map(({ path, workflow_id, status }) => ({ path, workflowId: workflow_id as string, status }));
  }

  return {
    list,
    page,
    at,
    get,
    inFlight,
    workflows,
    actuals: (tenant) => database.call(recentActuals, [tenant]),
    runsWaitingFor: (kind) => database.call(waitingRuns, [kind]),
  };
}

/** Attempts are kept by number, so that one can be replaced in place. */
function withAttempts<Row extends { attempts: Record<string, Attempt> }>(
  row: Row,
): Omit<Row, 'attempts'> & { attempts: Attempt[] } {
  return { ...row, attempts: Object.values(row.attempts).sort((a, b) => a.number - b.number) };
}
