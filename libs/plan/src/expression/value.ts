import type { JsonValue } from '#contracts';
import { limits } from './limits.js';
import { forbiddenMembers } from './vocabulary.js';

/** What an expression computes with: JSON, and `undefined` for what is not there. */
export type Value = undefined | null | boolean | number | string | readonly Value[] | ValueObject;
export interface ValueObject {
  readonly [key: string]: Value;
}

/** What a value is called in messages. */
export function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return value === undefined ? 'undefined' : `a ${typeof value}`;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isObject(value: Value): value is ValueObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member of a value: own data only, never what a prototype offers. Throws text that says what is wrong. */
export function memberOf(value: Value, key: Value, fail: (cause: string) => never): Value {
  if (typeof key !== 'string' && typeof key !== 'number') return fail(`${kindOf(key)} cannot name a member`);
  const name = String(key);
  if (forbiddenMembers.has(name)) return fail(`"${name}" cannot be read`);
  if (value === null || value === undefined) return fail(`cannot read "${name}" of ${kindOf(value)}`);
  if (isList(value) || typeof value === 'string') {
    if (name === 'length') return value.length;
    return /^(?:0|[1-9]\d{0,9})$/.test(name) ? value[Number(name)] : undefined;
  }
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

/** Sets a member as data, whatever its name. */
export function setMember(target: object, name: string, value: Value): void {
  // The only name whose assignment would do something else; assigning is much faster.
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, writable: true, enumerable: true, configurable: true });
  } else (target as Record<string, Value>)[name] = value;
}

/**
 * A copy that is JSON and nothing else: `undefined` becomes null. Depth and length are bounded, numbers are
 * finite; else `fail` is told why.
 */
export function toJson(value: Value, fail: (cause: string) => never): JsonValue {
  let length = 0;
  const copy = (inner: Value, depth: number): JsonValue => {
    if (depth > limits.valueDepth) return fail(`the value is nested deeper than ${limits.valueDepth}`);
    length += typeof inner === 'string' ? inner.length + 2 : 2;
    if (length > limits.valueLength) return fail(`the value is longer than ${limits.valueLength} characters`);
    if (inner === undefined || inner === null) return null;
    if (typeof inner === 'number' && !Number.isFinite(inner)) return fail(`${inner} is not a value`);
    if (typeof inner !== 'object') return inner;
    if (isList(inner)) return inner.map((item) => copy(item, depth + 1));
    const object: { [key: string]: JsonValue } = {};
    for (const [key, member] of Object.entries(inner)) {
      length += key.length + 3;
      setMember(object, key, copy(member, depth + 1));
    }
    return object;
  };
  return copy(value, 0);
}

/** A value inside text: text as it is, all else as JSON. */
export function toText(value: Value, fail: (cause: string) => never): string {
  return typeof value === 'string' ? value : JSON.stringify(toJson(value, fail));
}
