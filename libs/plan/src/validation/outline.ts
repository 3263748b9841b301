import type { JsonObject, JsonValue } from '#contracts';
import type { Key } from '../fault.js';
import { isJsonObject } from '../json.js';
import { reachability } from './reachability.js';
import type { Reachability } from './reachability.js';

/**
 * A document as far as it can be made out. Checks work on this, not on the parsed document, so that a fault in
 * one place hides none in another.
 */
export interface OutlinePlan {
  readonly raw: JsonObject;
  readonly keys: readonly Key[];
  readonly root: OutlineScope;
  /** All tasks of all scopes, inline sub-plans not included. */
  readonly tasks: readonly OutlineTask[];
}

/** A list of tasks that can need each other. */
export interface OutlineScope {
  /** The task around it; undefined for the tasks of the plan itself. */
  readonly container: OutlineTask | undefined;
  readonly tasks: readonly OutlineTask[];
  readonly byId: ReadonlyMap<string, OutlineTask>;
  /** Which tasks each one needs, directly or not; in places of `tasks`. */
  readonly order: Reachability;
}

export interface OutlineTask {
  readonly raw: JsonObject;
  readonly keys: readonly Key[];
  readonly id: string | undefined;
  readonly kind: string | undefined;
  /** Its place among its siblings. */
  readonly place: number;
  readonly depth: number;
  readonly scope: OutlineScope;
  /** An inline sub-plan. */
  readonly plan: OutlinePlan | undefined;
}

/** Nestings of tasks in tasks; deeper ones are left out, and named by the check of sizes. */
export const deepestNesting = 16;

export function outlinePlan(raw: JsonObject, keys: readonly Key[] = [], depth = 0): OutlinePlan {
  const tasks: OutlineTask[] = [];

  const scopeOf = (
    list: JsonValue | undefined,
    at: readonly Key[],
    container: OutlineTask | undefined,
  ): OutlineScope => {
    const items = Array.isArray(list)
      ? list.map((item, index) => ({ item, keys: [...at, index] }))
      : [{ item: list, keys: at }];
    const own: OutlineTask[] = [];
    const byId = new Map<string, OutlineTask>();
    const found = items.filter((item): item is { item: JsonObject; keys: readonly Key[] } =>
      isJsonObject(item.item),
    );
    const places = new Map<string, number>();
    const ids = found.map(({ item }, place) => {
      const id = idOf(item, container);
      if (id !== undefined && !places.has(id)) places.set(id, place);
      return id;
    });
    const order = reachability(found.map(({ item }) => needsOf(item).map((need) => places.get(need) ?? -1)));
    const scope: OutlineScope = { container, tasks: own, byId, order };
    found.forEach(({ item, keys: itemKeys }, place) => {
      const kind = typeof item.kind === 'string' ? item.kind : undefined;
      const inner = container === undefined ? depth : container.depth + 1;
      const inline =
        kind === 'plan' && isJsonObject(item.plan) && inner < deepestNesting ? item.plan : undefined;
      const task: OutlineTask = {
        raw: item,
        keys: itemKeys,
        id: ids[place],
        kind,
        place,
        depth: inner,
        scope,
        plan: inline && outlinePlan(inline, [...itemKeys, 'plan'], inner + 1),
      };
      own.push(task);
      tasks.push(task);
      if (task.id !== undefined && !byId.has(task.id)) byId.set(task.id, task);
      if (inner < deepestNesting)
        innerLists(task).forEach(([innerList, innerKeys]) => scopeOf(innerList, innerKeys, task));
    });
    return scope;
  };

  const list = raw.tasks;
  return { raw, keys, root: scopeOf(Array.isArray(list) ? list : [], [...keys, 'tasks'], undefined), tasks };
}

/** The lists of tasks within a task, with where they stand. */
export function innerLists(
  task: Pick<OutlineTask, 'raw' | 'keys' | 'kind'>,
): [JsonValue | undefined, Key[]][] {
  const { raw, keys, kind } = task;
  if (kind === 'map' || kind === 'loop') return [[raw.do, [...keys, 'do']]];
  if (kind !== 'branch') return [];
  const cases = (Array.isArray(raw.cases) ? raw.cases : []).map(
    (item, index): [JsonValue | undefined, Key[]] => [
      isJsonObject(item) ? item.do : undefined,
      [...keys, 'cases', index, 'do'],
    ],
  );
  return [...cases, [raw.else, [...keys, 'else']]];
}

/** What a task names as its needs, as far as they are names. */
export function needsOf(raw: JsonObject): string[] {
  return Array.isArray(raw.needs) ? raw.needs.map((need) => (typeof need === 'string' ? need : '')) : [];
}

/** A task in a map may go without an id, and is `item` then. */
function idOf(raw: JsonObject, container: OutlineTask | undefined): string | undefined {
  if (typeof raw.id === 'string') return raw.id;
  return raw.id === undefined && container?.kind === 'map' ? 'item' : undefined;
}
