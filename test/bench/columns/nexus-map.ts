import type { JsonObject } from '#contracts';
import { context, type NexusHost } from './nexus-host.js';
import type { MapLoad, MapSeen } from './column.js';

/** Lets a map go over its items once, and counts what came of it in its output and in the store. */
export async function mapItems(host: NexusHost, { items, batch, concurrency }: MapLoad): Promise<MapSeen> {
  const list = Array.from({ length: items }, (_, id) => ({ id, text: `item number ${id}` }));
  const startedAt = performance.now();
  const runId = await host.begin(mapPlan(batch, concurrency), { list });
  const output = (await host.result(runId)) as unknown as { items: Item[]; succeeded: number };
  const seconds = (performance.now() - startedAt) / 1000;
  const rows = await host.store.mapResults.read(context.tenant, runId, 'each', 0, items);
  const events = await host.store.events.after(context.tenant, runId, 0, 100_000);
  return {
    seconds,
    inOutput: output.items.filter((item, id) => item.status === 'SUCCEEDED' && item.output.id === id).length,
    inStore: rows.reduce((sum, row) => sum + row.items.length, 0),
    events: events.length,
  };
}

interface Item {
  readonly status: string;
  readonly output: { readonly id: number };
}

function mapPlan(batch: number, concurrency: number): JsonObject {
  const body = { kind: 'tool', tool: 'item', with: { id: '${item.id}', text: '${item.text}' } };
  const batched = batch > 1 ? { batch } : {};
  return {
    name: 'map',
    tasks: [{ id: 'each', kind: 'map', over: '${inputs.list}', ...batched, concurrency, do: body }],
    output: '${tasks.each.output}',
  };
}
