import type { JsonObject, JsonValue } from '#contracts';

/** One place in which two plans differ. */
export interface PlanChange {
  /** Such as `tasks.build.with.args[1]`: tasks go by their IDs. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
}

/** In what a plan differs from another; nothing where they say the same. The order of tasks says nothing. */
export function planDifference(before: JsonValue, after: JsonValue, path = ''): PlanChange[] {
  const left = membersOf(before);
  const right = membersOf(after);
  if (!left || !right || left.isList !== right.isList)
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, change: 'changed' }];
  const names = new Set([...left.members.keys(), ...right.members.keys()]);
  return [...names].flatMap((name): PlanChange[] => {
    const inner = innerPath(path, name);
    const old = left.members.get(name);
    const given = right.members.get(name);
    if (old === undefined) return [{ path: inner, change: 'added' }];
    if (given === undefined) return [{ path: inner, change: 'removed' }];
    return planDifference(old, given, inner);
  });
}

interface Members {
  readonly isList: boolean;
  /** By name; those of a list by ID where all have one, else by their place. */
  readonly members: ReadonlyMap<string, JsonValue>;
}

function membersOf(value: JsonValue): Members | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!Array.isArray(value)) {
    return { isList: false, members: new Map(Object.entries(value)) };
  }
  const ids = value.map(idOf);
  const areNamed = ids.every((id) => id !== null) && new Set(ids).size === ids.length;
  const members = value.map((item, n): [string, JsonValue] => [areNamed ? (ids[n] ?? '') : `[${n}]`, item]);
  return { isList: true, members: new Map(members) };
}

function idOf(value: JsonValue): string | null {
  const id = typeof value === 'object' && value !== null ? (value as JsonObject)['id'] : undefined;
  return typeof id === 'string' ? id : null;
}

function innerPath(path: string, name: string): string {
  if (name.startsWith('[')) return `${path}${name}`;
  const shown = /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
  return path === '' ? shown : `${path}.${shown}`;
}
