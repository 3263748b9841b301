import type { JsonValue } from '#contracts';
import type { Key } from '../fault.js';
import { isJsonObject } from '../json.js';
import type { Findings } from './findings.js';

const types = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];
const schemaKeywords = [
  'items',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
];
const listKeywords = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const mapKeywords = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];

/** Reports what keeps a JSON Schema in a plan from ever working, so that no run has to find out. */
export function reportSchemaFaults(
  root: JsonValue | undefined,
  at: readonly Key[],
  findings: Findings,
): void {
  const check = (schema: JsonValue, keys: readonly Key[]): void => {
    if (typeof schema === 'boolean') return;
    if (!isJsonObject(schema))
      return findings.fault(keys, 'expected a JSON Schema: an object, true or false');
    const { type, required, pattern, $ref } = schema;
    for (const name of Array.isArray(type) ? type : type === undefined ? [] : [type]) {
      if (typeof name !== 'string' || !types.includes(name)) {
        findings.fault(
          [...keys, 'type'],
          `${JSON.stringify(name)} is not a type; expected ${types.join(', ')}`,
        );
      }
    }
    if (
      required !== undefined &&
      !(Array.isArray(required) && required.every((name) => typeof name === 'string'))
    ) {
      findings.fault([...keys, 'required'], 'expected a list of property names');
    }
    if (schema.enum !== undefined && !Array.isArray(schema.enum)) {
      findings.fault([...keys, 'enum'], 'expected a list of values');
    }
    if (pattern !== undefined) checkPattern(pattern, [...keys, 'pattern']);
    if (isJsonObject(schema.patternProperties)) {
      for (const name of Object.keys(schema.patternProperties))
        checkPattern(name, [...keys, 'patternProperties', name]);
    }
    if ($ref !== undefined && !resolves($ref)) {
      findings.fault(
        [...keys, '$ref'],
        'leads nowhere',
        'only references within the schema are followed: #/$defs/name',
      );
    }
    checkInner(schema, keys);
  };

  const checkInner = (schema: { [key: string]: JsonValue }, keys: readonly Key[]): void => {
    for (const keyword of schemaKeywords) {
      const inner = schema[keyword];
      if (inner !== undefined) check(inner, [...keys, keyword]);
    }
    for (const keyword of listKeywords) {
      const inner = schema[keyword];
      if (Array.isArray(inner)) inner.forEach((item, index) => check(item, [...keys, keyword, index]));
      else if (inner !== undefined) findings.fault([...keys, keyword], 'expected a list of schemas');
    }
    for (const keyword of mapKeywords) {
      const inner = schema[keyword];
      if (isJsonObject(inner)) {
        for (const [name, member] of Object.entries(inner)) check(member, [...keys, keyword, name]);
      } else if (inner !== undefined) findings.fault([...keys, keyword], 'expected an object of schemas');
    }
  };

  const checkPattern = (pattern: JsonValue, keys: readonly Key[]): void => {
    try {
      RegExp(String(pattern), 'u');
    } catch (error) {
      findings.fault(keys, (error as Error).message);
    }
  };

  const resolves = (reference: JsonValue): boolean => {
    if (typeof reference !== 'string' || !reference.startsWith('#')) return false;
    // An anchor rather than a pointer: whether it exists is found out when it is used.
    if (reference !== '#' && !reference.startsWith('#/')) return true;
    let target: JsonValue | undefined = root;
    for (const part of reference.split('/').slice(1)) {
      const name = part.replaceAll('~1', '/').replaceAll('~0', '~').replaceAll('%25', '%');
      const found: JsonValue | undefined =
        typeof target === 'object' && target !== null && Object.hasOwn(target, name)
          ? (target as { [key: string]: JsonValue })[name]
          : undefined;
      target = found;
    }
    return target !== undefined;
  };

  if (isJsonObject(root)) check(root, at);
}
