import { sql } from 'kysely';
import type { JsonObject } from '#contracts';
import type { RunChange } from './changes.js';
import type { Database, Statement } from './database.js';
import { jsonText, plainText } from './json-text.js';
import { everyTenant } from './kill-switch.repository.js';

/** What changes name in place of a run when a breaker or a cooldown has changed. */
export const breakersChanged = 'breakers';

/** What stands of one breaker. */
export interface BreakerRow {
  /** `everyTenant` where it serves all. */
  readonly tenant: string;
  readonly name: string;
  /** From 1; each swap raises it. */
  readonly version: number;
  /** Its times are on the database's clock. */
  readonly condition: JsonObject;
}

export interface CooldownRow {
  readonly name: string;
  /** By the database's clock alone; null: until it is lifted. */
  readonly leftMs: number | null;
  readonly reason: string;
}

/** Circuit breakers and cooldowns, as all workers share them. Those who follow changes hear of each. */
export interface BreakerRepository {
  /** All of them, and the database's time in milliseconds since the epoch. */
  list(): Promise<{ readonly now: number; readonly rows: readonly BreakerRow[] }>;
  /** Puts in the condition if the breaker still has that version (null: if there is none); false when it has not. */
  swap(tenant: string, name: string, version: number | null, condition: JsonObject): Promise<boolean>;
  /** Those that are not over. */
  cooldowns(): Promise<CooldownRow[]>;
  /** For that long, or (null) until it is lifted; one that ends later stays. */
  cool(name: string, forMs: number | null, reason: string): Promise<void>;
  /** False when there was none. */
  warm(name: string): Promise<boolean>;
}

const listBreakers: Statement = {
  name: 'list_breakers',
  text: `select (extract(epoch from clock_timestamp()) * 1000)::float8 as now, b.tenant, b.name, b.version, b.condition
from (select 1) as one left join breaker b on true`,
};

const addBreaker: Statement = {
  name: 'add_breaker',
  text: `insert into breaker (tenant, name, version, condition) values ($1, $2, 1, $3)
on conflict (tenant, name) do nothing returning version`,
};

const swapBreaker: Statement = {
  name: 'swap_breaker',
  text: `update breaker set version = version + 1, condition = $3, updated_at = clock_timestamp()
where tenant = $1 and name = $2 and version = $4 returning version`,
};

const cool: Statement = {
  name: 'cool',
  text: `insert into cooldown as c (name, until, reason)
values ($1, clock_timestamp() + $2 * interval '1 millisecond', $3)
on conflict (name) do update set
  until = case when c.until is null or excluded.until is null then null else greatest(c.until, excluded.until) end,
  reason = case when c.until is null or c.until >= excluded.until then c.reason else excluded.reason end,
  since = case when c.until < clock_timestamp() then excluded.since else c.since end`,
};

export function createBreakerRepository(
  database: Database,
  publish: (changes: readonly RunChange[]) => void,
): BreakerRepository {
  const tell = (): void => publish([{ tenant: everyTenant, runId: breakersChanged }]);

  return {
    async list() {
      const rows = await database.call<{ now: number } & (BreakerRow | { name: null })>(listBreakers, []);
      const found = rows.flatMap(({ now: _now, ...row }) => (row.name === null ? [] : [row]));
      return { now: rows[0]?.now ?? Date.now(), rows: found };
    },
    async swap(tenant, name, version, condition) {
      const parameters = [plainText(tenant), plainText(name), jsonText(condition)];
      const rows =
        version === null
          ? await database.call(addBreaker, parameters)
          : await database.call(swapBreaker, [...parameters, version]);
      if (rows.length > 0) tell();
      return rows.length > 0;
    },
    async cooldowns() {
      return await database.kysely
        .selectFrom('cooldown')
        .select([
          'name',
          'reason',
          sql<number | null>`(extract(epoch from until - clock_timestamp()) * 1000)::float8`.as('leftMs'),
        ])
        .where(sql<boolean>`(until is null or until > clock_timestamp())`)
        .execute();
    },
    async cool(name, forMs, reason) {
      await database.call(cool, [plainText(name), forMs, plainText(reason)]);
      tell();
    },
    async warm(name) {
      const row = await database.kysely
        .deleteFrom('cooldown')
        .where('name', '=', name)
        .returning('name')
        .executeTakeFirst();
      if (row !== undefined) tell();
      return row !== undefined;
    },
  };
}
