import { isRef, type JsonValue, type StoredValue } from '#contracts';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';

/** A stored value itself, wherever it is kept. */
export async function readValue(
  deps: CommandDeps,
  context: CommandContext,
  stored: StoredValue | null,
): Promise<JsonValue> {
  if (stored === null) return null;
  return isRef(stored) ? deps.store.values.load(context.tenant, stored) : stored.inline;
}
