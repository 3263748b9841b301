import type { JsonSchema, JsonValue } from '#contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { Ajv } from 'ajv';
import type { ErrorObject } from 'ajv';
import { pathText } from './input-faults.js';

/** Gives every fault of an input, each as `path: what is wrong`; none when it fits. */
export type InputValidator = (input: JsonValue) => string[];

const options = { allErrors: true, strict: false, validateFormats: false } as const;

/** Compiles a JSON Schema of the drafts 06, 07 and 2020-12; throws on one that is no schema. */
export function compileInputSchema(schema: JsonSchema): InputValidator {
  const draft = schema['$schema'];
  const older = typeof draft === 'string' && /draft-0[67]/.test(draft);
  // One instance per schema: two tools may use the same `$id`.
  const ajv = older ? new Ajv(options) : new Ajv2020(options);
  const validate = ajv.compile(schema);
  return (input) => (validate(input) ? [] : (validate.errors ?? []).map(faultText));
}

function faultText(error: ErrorObject): string {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  const extra = (error.params as { additionalProperty?: unknown }).additionalProperty;
  if (typeof extra === 'string') return `${pathText([...path, extra])}: not known here`;
  const missing = (error.params as { missingProperty?: unknown }).missingProperty;
  if (typeof missing === 'string') return `${pathText([...path, missing])}: is required`;
  const allowed = (error.params as { allowedValues?: unknown }).allowedValues;
  const choice = Array.isArray(allowed)
    ? `: ${allowed.map((value) => JSON.stringify(value)).join(', ')}`
    : '';
  return `${pathText(path)}: ${error.message ?? error.keyword}${choice}`;
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
