import type { JsonValue, StoredValue } from '#contracts';
import { inline } from '#contracts';
import type { StoredEnvironment } from '#plan';
import type { BatchInput } from '#workflows';
import type { SharedValues } from './shared-values.js';

/**
 * What the map's body reads, with all that is kept by reference loaded, once for the whole batch; of the list only
 * the batch's own items, so that nothing else of it is held.
 */
export async function loadedEnvironment(
  shared: SharedValues,
  { tenant, environment, first, count }: BatchInput,
  as: string,
): Promise<StoredEnvironment> {
  const load = async (value: StoredValue): Promise<StoredValue> => inline(await shared.load(tenant, value));
  const { loop } = environment;
  const tasks = Object.entries(environment.tasks).map(
    async ([id, task]) => [id, { ...task, output: task.output && (await load(task.output)) }] as const,
  );
  const items = Object.entries(environment.items ?? {}).map(async ([name, { list, index }]) => {
    const all = (await shared.load(tenant, list)) as readonly JsonValue[];
    const own = name === as ? all.slice(first, first + count) : [all[index] ?? null];
    return [name, { list: inline(own), index: 0 }] as const;
  });
  return {
    ...environment,
    inputs: await load(environment.inputs),
    tasks: Object.fromEntries(await Promise.all(tasks)),
    ...(loop ? { loop: { ...loop, last: loop.last && (await load(loop.last)) } } : {}),
    ...(items.length > 0 ? { items: Object.fromEntries(await Promise.all(items)) } : {}),
  };
}

/** The same for one of its items. */
export function itemEnvironment(
  environment: StoredEnvironment,
  as: string,
  index: number,
  first: number,
): StoredEnvironment {
  const own = environment.items?.[as];
  return {
    ...environment,
    ...(own ? { items: { ...environment.items, [as]: { ...own, index: index - first } } } : {}),
    index,
  };
}
