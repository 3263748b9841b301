import { Validator } from '@cfworker/json-schema';
import type { OutputUnit, Schema } from '@cfworker/json-schema';
import type { JsonSchema, JsonValue } from '#contracts';
import type { Key } from './fault.js';

/** One way in which a value is not as its schema says. */
export interface SchemaViolation {
  readonly keys: readonly Key[];
  /** The keyword of the schema that is not met. */
  readonly keyword: string;
  /** Whether it depends on an `if`. */
  readonly conditional: boolean;
  readonly message: string;
}

// The validator interprets the schema: one that compiles it needs `new Function`, which workflows do not have.
const validators = new WeakMap<JsonSchema, Validator>();

/** What a value has against a JSON Schema (draft 2020-12): the innermost places, not the containers around them. */
export function schemaViolations(schema: JsonSchema | undefined, value: JsonValue): SchemaViolation[] {
  if (schema === undefined) return [];
  let units: OutputUnit[];
  try {
    units = validatorOf(schema).validate(value).errors;
  } catch (error) {
    const [cause] = (error as Error).message.split('\n');
    return [
      {
        keys: [],
        keyword: '$schema',
        conditional: false,
        message: `the schema itself cannot be used: ${cause}`,
      },
    ];
  }
  const explained = ancestorsOf(units);
  return units
    .filter((unit) => unit.keyword !== 'false' && !alternative.test(unit.keywordLocation))
    .filter((unit) => !(wrappers.has(unit.keyword) && explained.has(unit.keywordLocation)))
    .map((unit) => ({
      keys: pointerKeys(unit.instanceLocation, value),
      keyword: unit.keyword,
      conditional: /\/(?:then|else)\//.test(unit.keywordLocation),
      message: messageOf(unit, units),
    }));
}

function validatorOf(schema: JsonSchema): Validator {
  const known = validators.get(schema);
  if (known) return known;
  // A copy, because the validator leaves marks on the schema.
  const validator = new Validator(JSON.parse(JSON.stringify(schema)) as Schema, '2020-12', false);
  validators.set(schema, validator);
  return validator;
}

/** Keywords that only say that something inside them failed, which is then named by itself. */
const wrappers = new Set([
  'properties',
  'patternProperties',
  'additionalProperties',
  'unevaluatedProperties',
  'propertyNames',
  'items',
  'prefixItems',
  'unevaluatedItems',
  'allOf',
  '$ref',
  '$recursiveRef',
  'if',
  'dependentSchemas',
]);

/** Places that are only one way of several to be valid. */
const alternative = /\/(?:anyOf|oneOf)\/\d+\/|(?<!\/properties)\/contains\//;

function ancestorsOf(units: readonly OutputUnit[]): Set<string> {
  const ancestors = new Set<string>();
  for (const { keyword, keywordLocation } of units) {
    if (keyword === 'false') continue;
    // `then` and `else` stand beside the `if` that they explain.
    for (const place of [keywordLocation, keywordLocation.replace(/\/(?:then|else)\//g, '/if/')]) {
      for (let end = place.lastIndexOf('/'); end > 0; end = place.lastIndexOf('/', end - 1)) {
        ancestors.add(place.slice(0, end));
      }
    }
  }
  return ancestors;
}

function messageOf(unit: OutputUnit, units: readonly OutputUnit[]): string {
  const unknown = /^Property "(.*)" does not match (?:additional|unevaluated) properties schema/.exec(
    unit.error,
  )?.[1];
  if (unknown !== undefined) return `unknown property "${unknown}"`;
  const type = /^Instance type "(\w+)" is invalid\. Expected (.*)\.$/.exec(unit.error);
  if (type) return `expected ${(type[2] ?? '').replaceAll('"', '').replaceAll(', ', ' or ')}, got ${type[1]}`;
  const text = unit.error
    .replace(/\.$/, '')
    .replace(/^Instance does not have required property /, 'missing property ')
    .replace(/^Instance /, 'the value ');
  if (unit.keyword !== 'anyOf' && unit.keyword !== 'oneOf')
    return text.charAt(0).toLowerCase() + text.slice(1);
  const inner = units.filter((other) => other.keywordLocation.startsWith(`${unit.keywordLocation}/`));
  const reasons = [...new Set(inner.map((other) => messageOf(other, [])))].slice(0, 3);
  return reasons.length === 0 ? text : `no alternative fits: ${reasons.join('; or ')}`;
}

/** The keys of a JSON pointer such as `#/a~1b/0`, told apart by the value they lead through. */
function pointerKeys(pointer: string, value: JsonValue): Key[] {
  let current: JsonValue | undefined = value;
  return pointer
    .split('/')
    .slice(1)
    .map((part) => {
      const key = Array.isArray(current) ? Number(part) : decode(part);
      current = (current as { [key: Key]: JsonValue } | undefined)?.[key];
      return key;
    });
}

function decode(part: string): string {
  return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
}
