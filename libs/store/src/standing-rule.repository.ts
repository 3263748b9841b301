import { newId } from '#contracts';
import type { JsonValue } from '#contracts';
import { sql } from 'kysely';
import type { Database, Statement } from './database.js';
import { jsonText, plainText, timeText } from './json-text.js';

/** "Always allow this tool, with these arguments, for this template". What is not given holds for any. */
export interface NewStandingRule {
  readonly tool: string;
  readonly template?: string | undefined;
  readonly argumentsHash?: string | undefined;
  /** For people to see; the hash decides. */
  readonly arguments?: JsonValue | undefined;
  readonly comment?: string | undefined;
  readonly createdBy: string;
}

export interface StandingRuleRow {
  readonly id: string;
  readonly tool: string;
  readonly template: string | null;
  readonly argumentsHash: string | null;
  readonly arguments: JsonValue | null;
  readonly comment: string | null;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly revokedBy: string | null;
  readonly revokedAt: number | null;
}

export interface StandingRuleRepository {
  add(tenant: string, rule: NewStandingRule): Promise<StandingRuleRow>;
  /** Those in force, newest first; all that ever were, if asked for. */
  list(tenant: string, all?: boolean): Promise<StandingRuleRow[]>;
  /** From now on it allows nothing; what it has allowed stays so. Null: there is no such rule in force. */
  revoke(tenant: string, id: string, by: string): Promise<StandingRuleRow | null>;
  /** A rule in force that allows this call: the narrowest, then the oldest. */
  matching(
    tenant: string,
    call: { readonly tool: string; readonly template: string | null; readonly argumentsHash: string },
  ): Promise<StandingRuleRow | null>;
}

const columns = [
  'id',
  'tool',
  'template',
  'arguments_hash as argumentsHash',
  'arguments',
  'comment',
  'created_by as createdBy',
  'created_at as createdAt',
  'revoked_by as revokedBy',
  'revoked_at as revokedAt',
] as const;

const matchingRule: Statement = {
  name: 'matching_rule',
  text: `select id, tool, template, arguments_hash as "argumentsHash", arguments, comment,
  created_by as "createdBy", created_at as "createdAt", revoked_by as "revokedBy", revoked_at as "revokedAt"
from standing_rule
where tenant = $1 and tool = $2 and revoked_at is null and (template is null or template = $3)
  and (arguments_hash is null or arguments_hash = $4)
order by arguments_hash is null, template is null, created_at, id limit 1`,
};

export function createStandingRuleRepository(database: Database): StandingRuleRepository {
  const { kysely } = database;

  async function add(tenant: string, rule: NewStandingRule): Promise<StandingRuleRow> {
    return await kysely
      .insertInto('standing_rule')
      .values({
        id: newId('rule'),
        tenant,
        tool: plainText(rule.tool),
        template: rule.template === undefined ? null : plainText(rule.template),
        arguments_hash: rule.argumentsHash ?? null,
        arguments: rule.arguments === undefined ? null : jsonText(rule.arguments),
        comment: rule.comment === undefined ? null : plainText(rule.comment),
        created_by: plainText(rule.createdBy),
        created_at: timeText(Date.now()),
      })
      .returning(columns)
      .executeTakeFirstOrThrow();
  }

  async function list(tenant: string, all = false): Promise<StandingRuleRow[]> {
    return await kysely
      .selectFrom('standing_rule')
      .select(columns)
      .where('tenant', '=', tenant)
      .$if(!all, (query) => query.where('revoked_at', 'is', null))
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .execute();
  }

  async function revoke(tenant: string, id: string, by: string): Promise<StandingRuleRow | null> {
    const row = await kysely
      .updateTable('standing_rule')
      .set({ revoked_by: plainText(by), revoked_at: sql<string>`clock_timestamp()` })
      .where('tenant', '=', tenant)
      .where('id', '=', plainText(id))
      .where('revoked_at', 'is', null)
      .returning(columns)
      .executeTakeFirst();
    return row ?? null;
  }

  return {
    add,
    list,
    revoke,
    async matching(tenant, { tool, template, argumentsHash }) {
      const [row] = await database.call<StandingRuleRow>(matchingRule, [
        tenant,
        tool,
        template,
        argumentsHash,
      ]);
      return row ?? null;
    },
  };
}
