import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { JsonObject } from '#contracts';

const folder = new URL('../templates/', import.meta.url);

/** The plans that come with the product, as documents of the plan language. */
export function builtInTemplates(): JsonObject[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .map((name) => parse(readFileSync(new URL(name, folder), 'utf8')) as JsonObject);
}
