import { createHash } from 'node:crypto';
import { inline, inlineLimitBytes, isRef, nexusError } from '#contracts';
import type { JsonValue, StoredValue } from '#contracts';
import type { ArtefactRepository } from './artefact.repository.js';
import { jsonText } from './json-text.js';
import { createTextCache } from './text-cache.js';

export interface ValueRepository {
  /** Stays inline up to the limit; beyond it becomes an artefact of the run, the same one when put again. */
  put(
    tenant: string,
    runId: string,
    taskPath: string | undefined,
    value: JsonValue,
    limitBytes?: number,
  ): Promise<StoredValue>;
  /** The value itself, the caller's to change. */
  load(tenant: string, stored: StoredValue): Promise<JsonValue>;
}

const cacheBytes = 64 * 1024 * 1024;

export function createValueRepository(artefacts: ArtefactRepository): ValueRepository {
  const cache = createTextCache(cacheBytes);

  async function put(
    tenant: string,
    runId: string,
    taskPath: string | undefined,
    value: JsonValue,
    limitBytes = inlineLimitBytes,
  ): Promise<StoredValue> {
    const text = jsonText(value);
    const bytes = Buffer.byteLength(text);
    if (bytes <= limitBytes) return inline(value);
    const ref = valueId(runId, text);
    const content = Buffer.from(text);
    const name = 'value.json';
    await artefacts.put({
      tenant,
      runId,
      taskPath,
      name,
      mediaType: 'application/json',
      content,
      internal: true,
      id: ref,
    });
    cache.set(`${tenant}\n${ref}`, text);
    return { ref, bytes };
  }

  async function load(tenant: string, stored: StoredValue): Promise<JsonValue> {
    if (!isRef(stored)) return stored.inline;
    const key = `${tenant}\n${stored.ref}`;
    const known = cache.get(key);
    if (known !== undefined) return JSON.parse(known) as JsonValue;
    const artefact = await artefacts.get(tenant, stored.ref);
    if (artefact === null) {
      throw nexusError('NOT_FOUND', `the value ${stored.ref} (${stored.bytes} bytes) is not in the store`);
    }
    const text = Buffer.from(artefact.content).toString('utf8');
    cache.set(key, text);
    return JSON.parse(text) as JsonValue;
  }

  return { put, load };
}

/** Derived from run and content, so that an attempt that is repeated does not store its value twice. */
function valueId(runId: string, text: string): string {
  return `art_${createHash('sha256').update(runId).update('\n').update(text).digest('hex').slice(0, 32)}`;
}
