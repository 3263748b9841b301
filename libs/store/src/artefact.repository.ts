import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { newId, nexusError } from '#contracts';
import { artefactColumns } from './columns.js';
import { pageOf, parseCursor } from './cursor.js';
import type { Database } from './database.js';
import { plainText, timeText } from './json-text.js';
import type { ArtefactRow, Page } from './rows.js';

export interface NewArtefact {
  readonly tenant: string;
  readonly runId: string;
  readonly taskPath?: string | undefined;
  readonly name: string;
  readonly mediaType: string;
  readonly content: Uint8Array;
  /** Only Nexus reads it: it is in no list. */
  readonly internal: boolean;
  /** Given by who may put it twice: the first stands. */
  readonly id?: string | undefined;
}

export interface ArtefactRepository {
  put(artefact: NewArtefact): Promise<ArtefactRow>;
  get(tenant: string, id: string): Promise<(ArtefactRow & { readonly content: Uint8Array }) | null>;
  /** The run's artefacts that people may see, oldest first. */
  page(
    tenant: string,
    runId: string,
    query: { readonly first: number; readonly after?: string | undefined },
  ): Promise<Page<ArtefactRow>>;
}

export function createArtefactRepository({ kysely }: Database): ArtefactRepository {
  async function put(given: NewArtefact): Promise<ArtefactRow> {
    const id = given.id ?? newId('art');
    const made = await kysely
      .insertInto('artefact')
      .values({
        id,
        tenant: given.tenant,
        run_id: given.runId,
        task_path: given.taskPath ?? null,
        name: plainText(given.name),
        media_type: plainText(given.mediaType),
        bytes: given.content.byteLength,
        sha256: createHash('sha256').update(given.content).digest('hex'),
        internal: given.internal,
        content: given.content,
        created_at: timeText(Date.now()),
      })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .returning(artefactColumns)
      .executeTakeFirst();
    if (made !== undefined) return made;
    const first = await kysely
      .selectFrom('artefact')
      .select(artefactColumns)
      .where('id', '=', id)
      .where('tenant', '=', given.tenant)
      .where('run_id', '=', given.runId)
      .executeTakeFirst();
    if (first !== undefined) return first;
    throw nexusError('CONFLICT', `artefact ${id} belongs to another run`);
  }

  async function get(tenant: string, id: string): Promise<(ArtefactRow & { content: Uint8Array }) | null> {
    const row = await kysely
      .selectFrom('artefact')
      .select([...artefactColumns, 'content'])
      .where('id', '=', plainText(id))
      .where('tenant', '=', tenant)
      .executeTakeFirst();
    return row ?? null;
  }

  async function page(
    tenant: string,
    runId: string,
    query: { readonly first: number; readonly after?: string | undefined },
  ): Promise<Page<ArtefactRow>> {
    let select = kysely
      .selectFrom('artefact')
      .select(artefactColumns)
      .where('run_id', '=', runId)
      .where('tenant', '=', tenant)
      .where(sql<boolean>`not internal`)
      .orderBy('created_at')
      .orderBy('id')
      .limit(query.first + 1);
    if (query.after !== undefined) {
      const { createdAt, id } = parseCursor(query.after);
      select = select.where(sql<boolean>`(created_at, id) > (${timeText(createdAt)}::timestamptz, ${id})`);
    }
    return pageOf(await select.execute(), query.first);
  }

  return { put, get, page };
}
