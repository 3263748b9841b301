import type { JsonSchema, JsonValue } from '#contracts';
import { holdsExpression } from '../document-fields.js';
import type { Key } from '../fault.js';
import { schemaViolations } from '../schema-violations.js';
import type { Findings } from './findings.js';

/**
 * Checks what a task hands over against the schema of whoever takes it, as far as that can be known before the
 * run: properties that are missing or unknown, and values without expressions.
 */
export function checkAgainstSchema(
  schema: JsonSchema | undefined,
  value: JsonValue,
  at: readonly Key[],
  findings: Findings,
): void {
  const open = hasExpression(value);
  for (const violation of schemaViolations(schema, value)) {
    if (open && (violation.conditional || !isCertain(violation.keyword, violation.keys, value))) continue;
    findings.fault([...at, ...violation.keys], violation.message);
  }
}

function isCertain(keyword: string, keys: readonly Key[], value: JsonValue): boolean {
  if (keyword === 'required' || keyword === 'additionalProperties') return true;
  let place: JsonValue | undefined = value;
  for (const key of keys) place = (place as { [key: Key]: JsonValue } | undefined)?.[key];
  return place === undefined || !hasExpression(place);
}

function hasExpression(value: JsonValue): boolean {
  if (typeof value === 'string') return holdsExpression(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasExpression);
}
