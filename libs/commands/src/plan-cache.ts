import { createHash } from 'node:crypto';
import type { JsonValue } from '#contracts';

/** Remembers what was made of a document, by its content, newest first and not for ever. */
export interface PlanCache<Made> {
  readonly get: (document: JsonValue, make: () => Made) => Made;
}

/** A cache for so many documents; the one used longest ago goes first. */
export function createPlanCache<Made>(capacity: number): PlanCache<Made> {
  const entries = new Map<string, Made>();
  return {
    get: (document, make) => {
      const key = createHash('sha256').update(JSON.stringify(document)).digest('base64');
      const known = entries.get(key);
      const made = known ?? make();
      entries.delete(key);
      entries.set(key, made);
      const [oldest] = entries.keys();
      if (entries.size > capacity && oldest !== undefined) entries.delete(oldest);
      return made;
    },
  };
}
