import type { JsonValue } from '#contracts';
import type { Database, Statement } from './database.js';
import { jsonText } from './json-text.js';

/** Results of a map's items from `first` on, written together. */
export interface MapResults {
  readonly first: number;
  readonly items: JsonValue[];
}

export interface MapResultRepository {
  /**
   * Keeps the results of items that lie next to each other; results that are there already stay. With them what their
   * batch has spent so far, where there is one.
   */
  append(
    tenant: string,
    runId: string,
    path: string,
    first: number,
    items: readonly JsonValue[],
    batch?: { readonly first: number; readonly spent: JsonValue },
  ): Promise<void>;
  /** Says whether an item of the batch is at work. */
  setAtWork(tenant: string, runId: string, path: string, first: number, atWork: boolean): Promise<void>;
  /** What the batch had spent when its last results were kept; null when there are none. */
  spent(tenant: string, runId: string, path: string, first: number): Promise<JsonValue | null>;
  /** Lets go of all results of a map that is done anew. */
  forget(tenant: string, runId: string, path: string): Promise<void>;
  /** Rows with results of items `from` up to, but without, `to`, in the order of the items. */
  read(tenant: string, runId: string, path: string, from: number, to: number): Promise<MapResults[]>;
}

const appendResults: Statement = {
  name: 'append_map_results',
  text: `with kept as (
  insert into map_result (tenant, run_id, path, first, items, count) values ($1, $2, $3, $4, $5::text::json, $6)
  on conflict do nothing returning run_id
)
update batch b set spent = $8::text::json from kept k
where b.run_id = k.run_id and b.path = $3 and b.first = $7::integer`,
};

const batchAtWork: Statement = {
  name: 'batch_at_work',
  text: `insert into batch (tenant, run_id, path, first, at_work) values ($1, $2, $3, $4, $5)
on conflict (run_id, path, first) do update set at_work = excluded.at_work`,
};

const batchSpent: Statement = {
  name: 'batch_spent',
  text: 'select spent from batch where tenant = $1 and run_id = $2 and path = $3 and first = $4',
};

const forgetResults: Statement = {
  name: 'forget_map_results',
  text: `with batches as (delete from batch where run_id = $1 and path = $2 and tenant = $3)
delete from map_result where run_id = $1 and path = $2 and tenant = $3`,
};

const readResults: Statement = {
  name: 'read_map_results',
  text: `select first, items from map_result
where run_id = $1 and path = $2 and tenant = $3 and first < $5 and first + count > $4 order by first`,
};

export function createMapResultRepository(database: Database): MapResultRepository {
  return {
    append: async (tenant, runId, path, first, items, batch) => {
      const of = batch ? [batch.first, jsonText(batch.spent)] : [null, null];
      await database.call(appendResults, [tenant, runId, path, first, jsonText(items), items.length, ...of]);
    },
    setAtWork: async (tenant, runId, path, first, atWork) => {
      await database.call(batchAtWork, [tenant, runId, path, first, atWork]);
    },
    async spent(tenant, runId, path, first) {
      const given = [tenant, runId, path, first];
      const [row] = await database.call<{ spent: JsonValue | null }>(batchSpent, given);
      return row?.spent ?? null;
    },
    forget: async (tenant, runId, path) => {
      await database.call(forgetResults, [runId, path, tenant]);
    },
    read: (tenant, runId, path, from, to) =>
      database.call<MapResults>(readResults, [runId, path, tenant, from, to]),
  };
}
