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

interface MadeRow extends RunRow {
  readonly created: boolean;
  readonly fingerprint: string | null;
  /** The kill switch that refuses the run. */
  readonly stoppedBy: string | null;
}

const makeOrFind: Statement = {
  name: 'create_run_2',
  text: `select c.created, c.fingerprint, c.stopped_by as "stoppedBy", ${columnsText('(c.made)', runColumns)}
from create_run_2($1::text::json) c`,
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
  const [row] = await database.call<MadeRow>(makeOrFind, [jsonText(givenRow(run, events, idempotency))]);
  if (row === undefined) throw nexusError('CONFLICT', `the ID ${run.id}, or its idempotency key, is taken`);
  const { created, fingerprint, stoppedBy, ...made } = row;
  if (stoppedBy !== null) {
    throw nexusError('KILL_SWITCH_ACTIVE', `nothing starts: kill switch ${stoppedBy}`, {
      hint: 'Release it first (releaseKillSwitch, nexus panic --lift).',
    });
  }
  if (idempotency === undefined || fingerprint === plainText(idempotency.fingerprint))
    return { run: made, created };
  throw nexusError(
    'IDEMPOTENCY_MISMATCH',
    `idempotency key "${idempotency.key}" was used for another request`,
    {
      hint: `Use a new key for a new request. The other one made ${made.id}.`,
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
    triggers: run.triggers,
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
