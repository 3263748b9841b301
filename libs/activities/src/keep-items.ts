import type { RunRecord } from '#contracts';
import type { Store } from '#store';

/** Results of maps' items come first: whoever reads that a map has ended finds them all. */
export async function keepItems(store: Store, { tenant, runId, items = [] }: RunRecord): Promise<void> {
  for (const { path, first, results } of items) {
    await store.mapResults.append(tenant, runId, path, first, results);
  }
}
