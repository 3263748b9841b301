import type { Failure, JsonValue, StoredValue } from '#contracts';
import { inlineLimitBytes, isNexusError, isRef, maxValueBytes, nexusError } from '#contracts';
import type { StoredEnvironment } from '#plan';
import { evaluate, expressionEnvironment, missingValues } from '#plan';
import type { Store } from '#store';

/** Where in a run a value belongs. */
export interface ValuePlace {
  readonly tenant: string;
  readonly runId: string;
  readonly path: string;
}

/** Evaluates what may read values that are kept by reference: they are loaded first. */
export async function evaluateWithValues(
  store: Store,
  tenant: string,
  source: JsonValue,
  environment: StoredEnvironment,
): Promise<JsonValue> {
  const loaded = new Map<string, JsonValue>();
  for (const value of missingValues(environment)) {
    if (isRef(value)) loaded.set(value.ref, await store.values.load(tenant, value));
  }
  const load = (value: StoredValue): JsonValue =>
    isRef(value) ? (loaded.get(value.ref) ?? null) : value.inline;
  return evaluate(source, expressionEnvironment(environment, load));
}

/** Keeps what a task takes or gives: small values as they are, large ones by reference, none beyond the limit. */
export async function keepValue(
  store: Store,
  { tenant, runId, path }: ValuePlace,
  value: JsonValue,
  inlineLimit: number,
): Promise<StoredValue> {
  const text = JSON.stringify(value ?? null);
  if (text.length <= inlineLimit) return { inline: value ?? null };
  const bytes = Buffer.byteLength(text);
  if (bytes > maxValueBytes) {
    const message = `${path || 'the output of the run'}: a value of ${bytes} bytes; at most ${maxValueBytes} are kept`;
    throw nexusError('OUTPUT_TOO_LARGE', message, {
      hint: 'Write large data to a file or an artefact, and pass its name on.',
    });
  }
  return store.values.put(tenant, runId, path, value, inlineLimit);
}

/** What the engine asked for. That it cannot be evaluated, or kept, is an answer; that the store is away is none. */
export async function answerAsk(
  store: Store,
  place: ValuePlace,
  source: JsonValue,
  environment: StoredEnvironment,
): Promise<{ value: StoredValue; count?: number } | { error: Failure }> {
  try {
    const value = await evaluateWithValues(store, place.tenant, source, environment);
    const kept = await keepValue(store, place, value, inlineLimitBytes);
    return { value: kept, ...(Array.isArray(value) ? { count: value.length } : {}) };
  } catch (error) {
    if (isNexusError(error) && !isStoreAway(error)) return { error: error.failure };
    throw error;
  }
}

/** Whether the store did not answer, which says nothing of the task. */
export function isStoreAway(thrown: unknown): boolean {
  return isNexusError(thrown) && thrown.code === 'UNAVAILABLE';
}
