import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { nexusError } from '#contracts';
import type { JsonObject, JsonValue } from '#contracts';
import { cannotRead } from './cannot-read.js';

/**
 * The inputs of a run from `--inputs` (JSON, or `@file`) and `--input name=value` on top.
 * A value is JSON where it reads as JSON and back unchanged (`3`, `true`, `[1]`), else text (`1.10`, `007`);
 * `name:=value` insists on JSON.
 */
export async function readInputs(
  json: string | undefined,
  pairs: readonly string[],
  directory: string,
): Promise<JsonObject | undefined> {
  if (json === undefined && pairs.length === 0) return undefined;
  const base = json === undefined ? {} : await readJson(json, directory);
  return Object.assign({}, base, ...pairs.map(readPair)) as JsonObject;
}

/** A value given as JSON text, or as `@file`. */
export async function readJsonValue(
  option: string,
  text: string | undefined,
  directory: string,
): Promise<JsonValue | undefined> {
  if (text === undefined) return undefined;
  const { content, where } = await contentOf(option, text, directory);
  return parseJson(content, where);
}

async function readJson(text: string, directory: string): Promise<JsonObject> {
  const { content, where } = await contentOf('--inputs', text, directory);
  const value = parseJson(content, where);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw nexusError('BAD_USER_INPUT', `${where} is not a JSON object`, {
    hint: `such as --inputs '{"repo":"."}'`,
  });
}

async function contentOf(
  option: string,
  text: string,
  directory: string,
): Promise<{ readonly content: string; readonly where: string }> {
  if (!text.startsWith('@')) return { content: text, where: option };
  const file = resolve(directory, text.slice(1));
  const content = await readFile(file, 'utf8').catch((error: unknown) => {
    throw cannotRead(file, error);
  });
  return { content, where: file };
}

function readPair(pair: string): JsonObject {
  const match = /^([^=:]+)(:?=)([^]*)$/.exec(pair);
  const [, name, operator, value] = match ?? [];
  if (name === undefined || value === undefined) {
    throw nexusError('BAD_USER_INPUT', `--input "${pair}" is not name=value`, {
      hint: 'such as --input repo=. or, for JSON, --input limits:=\'{"max":3}\'',
    });
  }
  return { [name]: operator === ':=' ? parseJson(value, `--input ${name}`) : jsonOrText(value) };
}

function jsonOrText(text: string): JsonValue {
  if (/^[[{"]/.test(text)) {
    try {
      return JSON.parse(text) as JsonValue;
    } catch {
      return text;
    }
  }
  return /^(?:true|false|null|-?(?:0|[1-9]\d{0,14}))$/.test(text) ? (JSON.parse(text) as JsonValue) : text;
}

function parseJson(text: string, where: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw nexusError('BAD_USER_INPUT', `${where} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}
