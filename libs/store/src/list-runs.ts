import { sql } from 'kysely';
import type { RunStatus } from '#contracts';
import { runColumns } from './columns.js';
import { pageOf, parseCursor } from './cursor.js';
import type { Database } from './database.js';
import { plainText, timeText } from './json-text.js';
import type { Page, RunRow } from './rows.js';

export interface RunQuery {
  readonly first: number;
  readonly after?: string | undefined;
  readonly status?: readonly RunStatus[] | undefined;
  /** All of them must be there. */
  readonly labels?: readonly string[] | undefined;
  /** Part of the goal or of the plan's name, in any case. */
  readonly text?: string | undefined;
  readonly createdAfter?: number | undefined;
  readonly createdBefore?: number | undefined;
}

/** Runs of a tenant, newest first. */
export async function listRuns(database: Database, tenant: string, query: RunQuery): Promise<Page<RunRow>> {
  let select = database.kysely
    .selectFrom('run')
    .select(runColumns)
    .where('tenant', '=', tenant)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.first + 1);
  if (query.after !== undefined) {
    const { createdAt, id } = parseCursor(query.after);
    select = select.where(sql<boolean>`(created_at, id) < (${timeText(createdAt)}::timestamptz, ${id})`);
  }
  if (query.status !== undefined)
    select = select.where(sql<boolean>`status = any(${[...query.status]}::text[])`);
  if (query.labels !== undefined && query.labels.length > 0) {
    const labels = query.labels.map(plainText);
    // The second condition lets the planner use the index, which leaves out runs without labels.
    select = select.where(sql<boolean>`labels @> ${labels}::text[] and labels <> '{}'`);
  }
  if (query.text !== undefined && query.text !== '') {
    const pattern = `%${plainText(query.text).replace(/[\\%_]/g, '\\$&')}%`;
    select = select.where(sql<boolean>`(goal ilike ${pattern} or plan ->> 'name' ilike ${pattern})`);
  }
  if (query.createdAfter !== undefined) {
    select = select.where(sql<boolean>`created_at > ${timeText(query.createdAfter)}::timestamptz`);
  }
  if (query.createdBefore !== undefined) {
    select = select.where(sql<boolean>`created_at < ${timeText(query.createdBefore)}::timestamptz`);
  }
  return pageOf(await select.execute(), query.first);
}
