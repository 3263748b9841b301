import type { JsonValue } from '#contracts';
import { sql } from 'kysely';
import type { Database, Statement } from './database.js';
import { jsonText, plainText, timeText } from './json-text.js';

/** A price from a moment on. `rates` is null from when the seller does not offer the model any more. */
export interface PriceRow {
  readonly id: string;
  readonly seller: string;
  readonly model: string;
  readonly effectiveFrom: number;
  readonly rates: JsonValue;
  /** Where it comes from. */
  readonly source: string;
  readonly approvedBy: string | null;
}

export type PriceChangeState = 'QUARANTINED' | 'APPROVED' | 'OUTDATED';

/** A change of a price that is too odd to take over without a person. */
export interface PriceChangeRow {
  readonly id: string;
  readonly seller: string;
  readonly model: string;
  readonly oldRates: JsonValue;
  readonly newRates: JsonValue;
  readonly oddities: readonly string[];
  readonly source: string;
  readonly state: PriceChangeState;
  readonly foundAt: number;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
}

export type NewPriceChange = Omit<PriceChangeRow, 'state' | 'decidedBy' | 'decidedAt'>;

/** Prices that were brought after the product was made. Versions are only ever added. */
export interface PriceRepository {
  /** All versions, oldest first. */
  list(tenant: string): Promise<PriceRow[]>;
  /** Adds versions; those that are there already stay as they are. */
  add(tenant: string, versions: readonly PriceRow[]): Promise<void>;
  /** What the newest refresh found odd, all of it: what an earlier one found and this one did not is outdated. */
  quarantine(tenant: string, changes: readonly NewPriceChange[]): Promise<void>;
  /** Changes, newest first; only those that wait for a person, unless all are asked for. */
  changes(tenant: string, all?: boolean): Promise<PriceChangeRow[]>;
  /** Lets a quarantined change hold, as that version. False: it does not wait for anybody. */
  approve(tenant: string, changeId: string, version: PriceRow, by: string): Promise<boolean>;
}

const changeColumns = [
  'id',
  'seller',
  'model',
  'old_rates as oldRates',
  'new_rates as newRates',
  'oddities',
  'source',
  'state',
  'found_at as foundAt',
  'decided_by as decidedBy',
  'decided_at as decidedAt',
] as const;

// A change that was approved, or that waits already, stays as it is; one that had been outdated waits again.
const quarantineChanges: Statement = {
  name: 'quarantine_prices',
  text: `with found as (
  select * from json_to_recordset($2::json) as x(id text, seller text, model text, old_rates json, new_rates json,
    oddities text[], source text, found_at timestamptz)
), outdated as (
  update price_change set state = 'OUTDATED'
  where tenant = $1::text and state = 'QUARANTINED' and id not in (select id from found)
)
insert into price_change as c (tenant, id, seller, model, old_rates, new_rates, oddities, source, state, found_at)
select $1::text, id, seller, model, old_rates, new_rates, oddities, source, 'QUARANTINED', found_at from found
on conflict (tenant, id) do update set state = 'QUARANTINED', found_at = excluded.found_at
where c.state = 'OUTDATED'`,
};

const approveChange: Statement = {
  name: 'approve_price',
  text: `with approved as (
  update price_change set state = 'APPROVED', decided_by = $3::text, decided_at = clock_timestamp()
  where tenant = $1::text and id = $2::text and state = 'QUARANTINED'
  returning seller, model, source
)
insert into price_version (tenant, id, seller, model, effective_from, rates, source, approved_by)
select $1::text, $4::text, seller, model, $5::timestamptz, $6::json, source, $3::text from approved
on conflict (tenant, id) do update set approved_by = price_version.approved_by
returning id`,
};

export function createPriceRepository(database: Database): PriceRepository {
  const { kysely } = database;

  async function list(tenant: string): Promise<PriceRow[]> {
    return await kysely
      .selectFrom('price_version')
      .select([
        'id',
        'seller',
        'model',
        'effective_from as effectiveFrom',
        'rates',
        'source',
        'approved_by as approvedBy',
      ])
      .where('tenant', '=', tenant)
      .orderBy('effective_from')
      .orderBy('created_at')
      .execute();
  }

  async function add(tenant: string, versions: readonly PriceRow[]): Promise<void> {
    if (versions.length === 0) return;
    await kysely
      .insertInto('price_version')
      .values(
        versions.map((row) => ({
          tenant,
          id: row.id,
          seller: plainText(row.seller),
          model: plainText(row.model),
          effective_from: timeText(row.effectiveFrom),
          rates: row.rates === null ? null : jsonText(row.rates),
          source: plainText(row.source),
          approved_by: row.approvedBy,
        })),
      )
      .onConflict((conflict) => conflict.columns(['tenant', 'id']).doNothing())
      .execute();
  }

  async function quarantine(tenant: string, changes: readonly NewPriceChange[]): Promise<void> {
    const found = changes.map((change) => ({
      id: change.id,
      seller: change.seller,
      model: change.model,
      old_rates: change.oldRates,
      new_rates: change.newRates,
      oddities: change.oddities,
      source: change.source,
      found_at: timeText(change.foundAt),
    }));
    await database.call(quarantineChanges, [tenant, jsonText(found)]);
  }

  async function changes(tenant: string, all = false): Promise<PriceChangeRow[]> {
    return await kysely
      .selectFrom('price_change')
      .select(changeColumns)
      .where('tenant', '=', tenant)
      .$if(!all, (query) => query.where('state', '=', 'QUARANTINED'))
      .orderBy(sql`found_at desc, seller, model, id`)
      .execute();
  }

  async function approve(tenant: string, changeId: string, version: PriceRow, by: string): Promise<boolean> {
    const approved = await database.call(approveChange, [
      tenant,
      plainText(changeId),
      plainText(by),
      version.id,
      timeText(version.effectiveFrom),
      version.rates === null ? null : jsonText(version.rates),
    ]);
    return approved.length > 0;
  }

  return { list, add, quarantine, changes, approve };
}
