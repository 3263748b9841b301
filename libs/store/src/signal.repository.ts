import { sql } from 'kysely';
import type { JsonValue } from '#contracts';
import type { Database } from './database.js';
import { jsonText } from './json-text.js';

/** What a workflow is to be told. It is kept until it is told, so that a decision outlives who took it. */
export interface NewSignal {
  readonly tenant: string;
  readonly runId: string;
  readonly workflowId: string;
  readonly name: string;
  readonly argument?: JsonValue | undefined;
}

export interface SignalRow extends NewSignal {
  readonly id: number;
}

export interface SignalRepository {
  add(signal: NewSignal): Promise<void>;
  /** What the run's workflows have not been told, in the order in which it was decided. */
  of(runId: string): Promise<SignalRow[]>;
  /** Forgets a signal that was told, or that nobody is left to hear. */
  remove(id: number): Promise<void>;
  /** Runs with signals that are older than that, oldest first. */
  overdue(olderThanMs: number): Promise<{ readonly tenant: string; readonly runId: string }[]>;
}

export function createSignalRepository({ kysely }: Database): SignalRepository {
  async function add({ tenant, runId, workflowId, name, argument }: NewSignal): Promise<void> {
    await kysely
      .insertInto('signal')
      .values({
        tenant,
        run_id: runId,
        workflow_id: workflowId,
        name,
        argument: argument === undefined ? null : jsonText(argument),
        created_at: sql<string>`clock_timestamp()`,
      })
      .execute();
  }

  async function of(runId: string): Promise<SignalRow[]> {
    const rows = await kysely
      .selectFrom('signal')
      .select(['id', 'tenant', 'run_id as runId', 'workflow_id as workflowId', 'name', 'argument'])
      .where('run_id', '=', runId)
      .orderBy('id')
      .execute();
    return rows.map(({ argument, ...row }) => (argument === null ? row : { ...row, argument }));
  }

  async function remove(id: number): Promise<void> {
    await kysely.deleteFrom('signal').where('id', '=', id).execute();
  }

  async function overdue(olderThanMs: number): Promise<{ tenant: string; runId: string }[]> {
    return await kysely
      .selectFrom('signal')
      .select(['tenant', 'run_id as runId'])
      .groupBy(['tenant', 'run_id'])
      .having(sql<boolean>`min(created_at) < clock_timestamp() - ${olderThanMs} * interval '1 millisecond'`)
      .orderBy(sql`min(id)`)
      .limit(200)
      .execute();
  }

  return { add, of, remove, overdue };
}
