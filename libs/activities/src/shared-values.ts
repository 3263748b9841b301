import type { JsonValue, StoredValue } from '#contracts';
import { isRef } from '#contracts';
import type { Store } from '#store';

/** Values that many batches of a map read one after the other. They are nobody's to change. */
export interface SharedValues {
  readonly load: (tenant: string, value: StoredValue) => Promise<JsonValue>;
}

interface Shared {
  readonly value: Promise<JsonValue>;
  readonly forget: NodeJS.Timeout;
}

/** Reading a list of a hundred thousand items costs more than doing a thousand of them. */
const keptMs = 5_000;
const keptValues = 4;

/** Loads each value once, and keeps it for those that ask for it soon after. */
export function createSharedValues(store: Store): SharedValues {
  const values = new Map<string, Shared>();

  function drop(key: string): void {
    clearTimeout(values.get(key)?.forget);
    values.delete(key);
  }

  return {
    async load(tenant, stored) {
      if (!isRef(stored)) return stored.inline;
      const key = `${tenant}\n${stored.ref}`;
      const known = values.get(key);
      if (known) {
        known.forget.refresh();
        return known.value;
      }
      const value = store.values.load(tenant, stored);
      values.set(key, { value, forget: setTimeout(() => drop(key), keptMs).unref() });
      const [oldest] = values.keys();
      if (values.size > keptValues && oldest !== undefined) drop(oldest);
      try {
        return await value;
      } catch (error) {
        if (values.get(key)?.value === value) drop(key);
        throw error;
      }
    },
  };
}
