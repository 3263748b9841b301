import type { JsonValue } from '#contracts';
import type { Database, Statement } from './database.js';
import { jsonText } from './json-text.js';

/** Results of a map's items from `first` on, written together. */
export interface MapResults {
  readonly first: number;
  readonly items: JsonValue[];
}

export interface MapResultRepository {
  /** Keeps the results of items that lie next to each other; results that are there already stay. */
  append(
    tenant: string,
    runId: string,
    path: string,
    first: number,
    items: readonly JsonValue[],
  ): Promise<void>;
  /** Lets go of all results of a map that is done anew. */
  forget(tenant: string, runId: string, path: string): Promise<void>;
  /** Rows with results of items `from` up to, but without, `to`, in the order of the items. */
  read(tenant: string, runId: string, path: string, from: number, to: number): Promise<MapResults[]>;
}

const appendResults: Statement = {
  name: 'append_map_results',
  text: `insert into map_result (tenant, run_id, path, first, items, count) values ($1, $2, $3, $4, $5::text::json, $6)
on conflict do nothing`,
};

const forgetResults: Statement = {
  name: 'forget_map_results',
  text: 'delete from map_result where run_id = $1 and path = $2 and tenant = $3',
};

const readResults: Statement = {
  name: 'read_map_results',
  text: `select first, items from map_result
where run_id = $1 and path = $2 and tenant = $3 and first < $5 and first + count > $4 order by first`,
};

export function createMapResultRepository(database: Database): MapResultRepository {
  return {
    append: async (tenant, runId, path, first, items) => {
      await database.call(appendResults, [tenant, runId, path, first, jsonText(items), items.length]);
    },
    forget: async (tenant, runId, path) => {
      await database.call(forgetResults, [runId, path, tenant]);
    },
    read: (tenant, runId, path, from, to) =>
      database.call<MapResults>(readResults, [runId, path, tenant, from, to]),
  };
}
