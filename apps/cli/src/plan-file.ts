import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { nexusError } from '#contracts';
import type { JsonValue } from '#contracts';
import { parseDocument } from 'yaml';
import { cannotRead } from './cannot-read.js';

/** A plan from a YAML or JSON file, or from standard input for `-`; every syntax fault is named with its line. */
export async function readPlanFile(file: string, directory: string): Promise<JsonValue> {
  const path = file === '-' ? 'standard input' : resolve(directory, file);
  const text = await (file === '-' ? readAll(process.stdin) : readFile(path, 'utf8')).catch(
    (error: unknown) => {
      throw cannotRead(path, error);
    },
  );
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true });
  if (document.errors.length > 0) {
    const faults = document.errors.map((error) => error.message.trim());
    throw nexusError('BAD_USER_INPUT', `${path} is neither YAML nor JSON:\n${faults.join('\n')}`);
  }
  // Aliases are cheap to write and dear to expand.
  return document.toJS({ maxAliasCount: 100 }) as JsonValue;
}
