import { sql } from 'kysely';
import { nexusError } from '#contracts';
import type { JsonValue, NewRunEvent, RunStatus, StoredValue, WaitReason } from '#contracts';
import type { RunChange } from './changes.js';
import { runColumns } from './columns.js';
import { createRun, findRun } from './create-run.js';
import type { IdempotencyKey } from './create-run.js';
import type { Database, Statement } from './database.js';
import { jsonText, plainText } from './json-text.js';
import { listRuns } from './list-runs.js';
import type { RunQuery } from './list-runs.js';
import type { Recorder } from './recorder.js';
import { createRunControl } from './run-control.js';
import type { RunControl } from './run-control.js';
import type { NewRun, Page, RunRow } from './rows.js';

/** What planning has come to. */
export interface PlanOfRun {
  readonly plan: JsonValue;
  readonly bound: unknown;
  readonly planner: string;
  readonly estimate: JsonValue;
  readonly inputs?: StoredValue | undefined;
}

/** What a sweep needs of a run that has not ended. */
export interface LiveRun {
  readonly id: string;
  readonly tenant: string;
  readonly status: RunStatus;
  readonly workflowId: string;
  readonly temporalRunId: string | null;
}

/** What tells whether a workflow goes on with a run that has ended. */
export interface EndedRun {
  readonly id: string;
  readonly tenant: string;
  readonly status: RunStatus;
  readonly finishedAt: number;
}

/** A live run that nobody holds, and when it was last heard of. */
export interface QuietRun {
  readonly id: string;
  readonly tenant: string;
  readonly status: RunStatus;
  readonly workflowId: string;
  readonly waiting: WaitReason | null;
  readonly stuck: WaitReason | null;
  readonly updatedAt: number;
}

export interface RunRepository extends RunControl {
  /** Makes the run, unless its idempotency key (or, without one, its ID) has made it already. */
  create(
    run: NewRun,
    events: readonly NewRunEvent[],
    idempotency?: IdempotencyKey,
  ): Promise<{ run: RunRow; created: boolean }>;
  get(tenant: string, id: string): Promise<RunRow | null>;
  /** The bound plan alone. */
  bound(tenant: string, id: string): Promise<unknown>;
  /** Sets what planning has come to; CONFLICT once the run has a bound plan and is past planning. */
  setPlan(tenant: string, id: string, plan: PlanOfRun): Promise<void>;
  list(tenant: string, query: RunQuery): Promise<Page<RunRow>>;
  /** Remembers that the run's workflow was started. */
  markDispatched(tenant: string, id: string, temporalRunId: string): Promise<void>;
  /** Runs of all tenants whose workflow was never started, though they are older than that. */
  neverDispatched(olderThanMs: number): Promise<RunRow[]>;
  /** Live runs of all tenants of which nothing was heard for so long, or that are known to be stuck, quietest first. */
  quiet(forMs: number, limit?: number): Promise<QuietRun[]>;
  /** Runs of all tenants that have not ended, by ID, from past one of them on. */
  live(after?: string, limit?: number): Promise<LiveRun[]>;
  /** Those of these runs, of all tenants, that have ended. */
  ended(ids: readonly string[]): Promise<EndedRun[]>;
}

const boundOf: Statement = { name: 'run_bound', text: 'select bound from run where tenant = $1 and id = $2' };

export function createRunRepository(
  database: Database,
  recorder: Recorder,
  publish: (changes: readonly RunChange[]) => void,
): RunRepository {
  const { kysely } = database;

  async function create(
    run: NewRun,
    events: readonly NewRunEvent[],
    idempotency?: IdempotencyKey,
  ): Promise<{ run: RunRow; created: boolean }> {
    const result = await createRun(database, run, events, idempotency);
    if (result.created) publish([{ tenant: run.tenant, runId: run.id }]);
    return result;
  }

  async function bound(tenant: string, id: string): Promise<unknown> {
    const [row] = await database.call<{ bound: unknown }>(boundOf, [tenant, plainText(id)]);
    return row?.bound ?? null;
  }

  async function setPlan(tenant: string, id: string, given: PlanOfRun): Promise<void> {
    const row = await kysely
      .updateTable('run')
      .set({
        plan: jsonText(given.plan),
        bound: jsonText(given.bound),
        planner: given.planner,
        estimate: jsonText(given.estimate),
        ...(given.inputs && { inputs: jsonText(given.inputs) }),
        updated_at: sql`clock_timestamp()`,
      })
      .where('tenant', '=', tenant)
      .where('id', '=', id)
      .where(sql<boolean>`(bound is null or status in ('PENDING', 'PLANNING', 'WAITING', 'PAUSED'))`)
      .returning('id')
      .executeTakeFirst();
    if (row !== undefined) return publish([{ tenant, runId: id }]);
    if ((await findRun(database, tenant, id)) === null) throw unknownRun(id);
    throw nexusError('CONFLICT', `run ${id} is past planning: its bound plan does not change any more`);
  }

  async function markDispatched(tenant: string, id: string, temporalRunId: string): Promise<void> {
    await recorder.record({
      tenant,
      runId: id,
      events: [],
      tasks: [],
      run: { temporalRunId, dispatchedAt: Date.now() },
    });
  }

  async function neverDispatched(olderThanMs: number): Promise<RunRow[]> {
    return await kysely
      .selectFrom('run')
      .select(runColumns)
      .where('finished_at', 'is', null)
      .where('dispatched_at', 'is', null)
      .where(sql<boolean>`created_at < now() - ${olderThanMs} * interval '1 millisecond'`)
      .orderBy('created_at')
      .execute();
  }

  async function quiet(forMs: number, limit = 200): Promise<QuietRun[]> {
    return await kysely
      .selectFrom('run')
      .select([
        'id',
        'tenant',
        'status',
        'workflow_id as workflowId',
        'waiting',
        'stuck',
        'updated_at as updatedAt',
      ])
      .where('finished_at', 'is', null)
      .where('dispatched_at', 'is not', null)
      .where('status', '<>', 'PAUSED')
      .where(sql<boolean>`stop is distinct from 'kill'`)
      .where(
        sql<boolean>`(stuck is not null or updated_at < clock_timestamp() - ${forMs} * interval '1 millisecond')`,
      )
      .orderBy('updated_at')
      .limit(limit)
      .execute();
  }

  async function live(after = '', limit = 1000): Promise<LiveRun[]> {
    return await kysely
      .selectFrom('run')
      .select(['id', 'tenant', 'status', 'workflow_id as workflowId', 'temporal_run_id as temporalRunId'])
      .where('finished_at', 'is', null)
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
  }

  async function ended(ids: readonly string[]): Promise<EndedRun[]> {
    if (ids.length === 0) return [];
    const rows = await kysely
      .selectFrom('run')
      .select(['id', 'tenant', 'status', 'finished_at as finishedAt'])
      .where(sql<boolean>`id = any(${[...ids]}::text[])`)
      .where('finished_at', 'is not', null)
      .execute();
    return rows.map((row) => ({ ...row, finishedAt: row.finishedAt ?? 0 }));
  }

  return {
    create,
    get: (tenant, id) => findRun(database, tenant, id),
    bound,
    setPlan,
    list: (tenant, query) => listRuns(database, tenant, query),
    markDispatched,
    neverDispatched,
    quiet,
    live,
    ended,
    ...createRunControl(database, publish),
  };
}

function unknownRun(id: string): Error {
  return nexusError('NOT_FOUND', `run ${id} is not known`);
}
