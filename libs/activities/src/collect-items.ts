import type { Failure, JsonObject, JsonValue, StoredValue } from '#contracts';
import { inlineLimitBytes, innerPath, isNexusError, isRef } from '#contracts';
import type { ItemResult } from '#plan';
import type { Store } from '#store';
import type { CollectInput } from '#workflows';
import { isStoreAway, keepValue } from './evaluation.js';

/** Rows of results that are read at once. */
const itemsAtOnce = 10_000;

/** Puts a map's output together: its items in the order of its list, each with status, output and error. */
export async function collectItems(
  store: Store,
  input: CollectInput,
): Promise<{ value: StoredValue } | { error: Failure }> {
  const { tenant, runId, path: container, map, count, succeeded, failed } = input;
  const path = innerPath(container, map);
  const items: JsonObject[] = [];
  try {
    for (let from = 0; from < count; from += itemsAtOnce) {
      const to = Math.min(count, from + itemsAtOnce);
      for (const row of await store.mapResults.read(tenant, runId, path, from, to)) {
        for (const [n, item] of row.items.entries()) {
          const place = row.first + n;
          if (place >= from && place < to) items[place] = await shown(store, tenant, item as never);
        }
      }
    }
    const value = { items: items as JsonValue[], succeeded, failed };
    return { value: await keepValue(store, { tenant, runId, path }, value, inlineLimitBytes) };
  } catch (error) {
    if (isNexusError(error) && !isStoreAway(error)) return { error: error.failure };
    throw error;
  }
}

async function shown(store: Store, tenant: string, item: ItemResult): Promise<JsonObject> {
  const { status, output, error } = item;
  const value =
    output === null ? null : isRef(output) ? await store.values.load(tenant, output) : output.inline;
  return { status, output: value, error: error as never };
}
