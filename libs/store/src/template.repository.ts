import { sql } from 'kysely';
import { newId, nexusError } from '#contracts';
import type { JsonValue } from '#contracts';
import type { Database } from './database.js';
import { jsonText, timeText } from './json-text.js';
import type { TemplateRow } from './rows.js';

export interface TemplateRepository {
  /** Saves the document as the name's next version. */
  save(tenant: string, name: string, document: JsonValue): Promise<TemplateRow>;
  /** That version, or the newest. */
  get(tenant: string, name: string, version?: number): Promise<TemplateRow | null>;
  /** The newest version of each, by name. */
  list(tenant: string): Promise<TemplateRow[]>;
}

const templateColumns = ['id', 'tenant', 'name', 'version', 'document', 'created_at as createdAt'] as const;
/** Of several at once one is done in each round, so this many may save one name at the same moment. */
const rounds = 64;

export function createTemplateRepository({ kysely }: Database): TemplateRepository {
  async function save(tenant: string, name: string, document: JsonValue): Promise<TemplateRow> {
    for (let round = 0; round < rounds; round++) {
      const saved = await saveNext(tenant, name, document);
      if (saved !== undefined) return saved;
    }
    throw nexusError('CONFLICT', `template ${name} is being saved by too many at once`, { retryable: true });
  }

  /** Undefined when another took the version first. */
  async function saveNext(
    tenant: string,
    name: string,
    document: JsonValue,
  ): Promise<TemplateRow | undefined> {
    return await kysely
      .insertInto('template')
      .values({
        id: newId('tpl'),
        tenant,
        name,
        version: sql<number>`(select coalesce(max(version), 0) + 1 from template
          where tenant = ${tenant} and name = ${name})`,
        document: jsonText(document),
        created_at: timeText(Date.now()),
      })
      .onConflict((conflict) => conflict.columns(['tenant', 'name', 'version']).doNothing())
      .returning(templateColumns)
      .executeTakeFirst();
  }

  async function get(tenant: string, name: string, version?: number): Promise<TemplateRow | null> {
    let select = kysely
      .selectFrom('template')
      .select(templateColumns)
      .where('tenant', '=', tenant)
      .where('name', '=', name)
      .orderBy('version', 'desc')
      .limit(1);
    if (version !== undefined) select = select.where('version', '=', version);
    return (await select.executeTakeFirst()) ?? null;
  }

  async function list(tenant: string): Promise<TemplateRow[]> {
    return await kysely
      .selectFrom('template')
      .select(templateColumns)
      .distinctOn('name')
      .where('tenant', '=', tenant)
      .orderBy('name')
      .orderBy('version', 'desc')
      .execute();
  }

  return { save, get, list };
}
