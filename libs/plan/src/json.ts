import type { JsonObject } from '#contracts';

/** Whether a value is an object, and not a list or null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export interface JsonLimits {
  readonly characters: number;
  readonly depth: number;
}

/** Why a value is not JSON within the limits, or undefined when it is. Ends early, whatever the value is. */
export function jsonFault(
  value: unknown,
  limits: JsonLimits,
): { message: string; keys: (string | number)[] } | undefined {
  let characters = 0;
  const open = new Set<object>();
  const fault = (message: string, keys: (string | number)[] = []) => ({ message, keys });
  const check = (inner: unknown, depth: number): ReturnType<typeof jsonFault> => {
    characters += typeof inner === 'string' ? inner.length + 2 : 2;
    if (characters > limits.characters) {
      return fault(`larger than ${limits.characters.toLocaleString('en')} characters of JSON`);
    }
    if (depth > limits.depth) return fault(`nested deeper than ${limits.depth} levels`);
    if (inner === null || typeof inner === 'string' || typeof inner === 'boolean') return undefined;
    if (typeof inner === 'number') return Number.isFinite(inner) ? undefined : fault(`${inner} is not JSON`);
    if (typeof inner !== 'object') return fault(`a ${typeof inner} is not JSON`);
    if (open.has(inner)) return fault('refers to itself');
    open.add(inner);
    for (const [key, member] of Object.entries(inner)) {
      characters += Array.isArray(inner) ? 1 : key.length + 4;
      const found = check(member, depth + 1);
      if (found) return fault(found.message, [Array.isArray(inner) ? Number(key) : key, ...found.keys]);
    }
    open.delete(inner);
    return undefined;
  };
  return check(value, 0);
}
