import type { JsonObject } from '#contracts';
import { formatPath } from './fault.js';
import type { Key } from './fault.js';

/** Whether a value is an object, and not a list or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface JsonLimits {
  readonly characters: number;
  readonly depth: number;
}

/**
 * The first reason for which a value is not JSON within these limits, and where; undefined when it is. The walk
 * ends with the limits, whatever the value is: one that shares its parts can be endless when it is written out.
 */
export function jsonFault(value: unknown, limits: JsonLimits): { path: string; message: string } | undefined {
  const open = new Set<object>();
  let characters = 0;
  const fault = (keys: readonly Key[], message: string) => ({ path: formatPath(keys), message });
  const tooLong = (length: string) =>
    fault([], `the document has ${length} characters of JSON; at most ${limits.characters} are taken`);
  const check = (inner: unknown, keys: readonly Key[]): ReturnType<typeof jsonFault> => {
    characters += typeof inner === 'string' ? inner.length + 1 : 1;
    if (characters > 2 * limits.characters) return tooLong(`more than ${2 * limits.characters}`);
    if (inner === null || typeof inner === 'string' || typeof inner === 'boolean') return undefined;
    if (typeof inner === 'number')
      return Number.isFinite(inner) ? undefined : fault(keys, `${inner} is not JSON`);
    if (typeof inner !== 'object') return fault(keys, `${typeof inner} is not JSON`);
    if (keys.length >= limits.depth)
      return fault(keys.slice(0, 8), `nested deeper than ${limits.depth} levels`);
    if (open.has(inner)) return fault(keys, 'contains itself');
    open.add(inner);
    for (const [key, member] of Object.entries(inner)) {
      // What is undefined is not written, in JSON as in JavaScript.
      if (member === undefined && !Array.isArray(inner)) continue;
      const found = check(member, [...keys, Array.isArray(inner) ? Number(key) : key]);
      if (found) return found;
    }
    open.delete(inner);
    return undefined;
  };
  const found = check(value, []);
  if (found) return found;
  const { length } = JSON.stringify(value);
  return length > limits.characters ? tooLong(String(length)) : undefined;
}
