import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject } from 'ajv/dist/2020.js';
import { nexusError } from '#contracts';
import type { JsonSchema, JsonValue } from '#contracts';
import { jsonIn } from './json-in-text.js';

/** A reply that was read, or what is wrong with it. */
export type StructuredReply = { readonly value: JsonValue } | { readonly faults: readonly string[] };

/** Reads replies as JSON of a schema which also passes a check. */
export function createStructuredReader(
  schema: JsonSchema,
  check: (value: JsonValue) => readonly string[] | Promise<readonly string[]>,
): (text: string) => Promise<StructuredReply> {
  const holds = compile(schema);
  return async (text) => {
    const found = jsonIn(text);
    if (found === null) return { faults: ['it is not JSON'] };
    if (!holds(found.value)) return { faults: (holds.errors ?? []).map((each) => faultOf(each)) };
    const faults = await check(found.value);
    return faults.length === 0 ? found : { faults };
  };
}

function compile(schema: JsonSchema) {
  try {
    // Formats are hints to the model here; a schema written for another validator should still work.
    return new Ajv2020({ allErrors: true, strict: false, validateFormats: false }).compile(schema);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw nexusError('INVALID_INPUT', `output: not a JSON Schema: ${message}`);
  }
}

function faultOf({ instancePath, message, params }: ErrorObject): string {
  const where = instancePath === '' ? 'the object' : instancePath.slice(1).replaceAll('/', '.');
  const extra = (params as { additionalProperty?: unknown }).additionalProperty;
  return `${where} ${message ?? 'is not valid'}${typeof extra === 'string' ? ` (${extra})` : ''}`;
}
