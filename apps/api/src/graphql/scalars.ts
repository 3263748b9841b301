import { formatUsd, type JsonValue, parseUsd } from '#contracts';
import { durationMs } from '#plan';
import { GraphQLError, GraphQLScalarType, Kind, print, type ValueNode, valueFromASTUntyped } from 'graphql';

const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)$/;

function bad(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

function textScalar(
  name: string,
  description: string,
  read: (text: string) => string | null,
  show: (value: unknown) => string,
): GraphQLScalarType {
  const parse = (value: unknown, shown: string): string => {
    const text = typeof value === 'string' ? read(value) : null;
    if (text === null) throw bad(`${shown} is not a ${name}: ${description}`);
    return text;
  };
  return new GraphQLScalarType({
    name,
    description,
    serialize: show,
    parseValue: (value) => parse(value, JSON.stringify(value)),
    parseLiteral: (node) => parse(node.kind === Kind.STRING ? node.value : undefined, print(node)),
  });
}

/** Milliseconds since the epoch inside, RFC 3339 in UTC outside. */
export const DateTime = textScalar(
  'DateTime',
  'a time in RFC 3339, such as "2030-01-31T08:00:00Z"',
  (text) => (rfc3339.test(text) && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString() : null),
  (value) => new Date(value as number | string).toISOString(),
);

/** Nano-dollars inside, a decimal string outside. */
export const Money = textScalar(
  'Money',
  'US dollars as a decimal string, such as "1.25"; nine decimals at most',
  (text) => ((parseUsd(text) ?? -1) >= 0 ? text : null),
  (value) => (typeof value === 'number' ? formatUsd(value) : String(value)),
);

/** A stretch of time, as text on both sides. */
export const Duration = textScalar(
  'Duration',
  'a duration such as "500ms", "10s", "5m", "2h" or ISO 8601 ("PT5M")',
  (text) => (durationMs(text) === undefined ? null : text),
  String,
);

/** Any JSON value. */
export const Json = new GraphQLScalarType({
  name: 'JSON',
  description: 'any JSON value',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: literalValue,
});

function literalValue(node: ValueNode, variables?: Record<string, unknown> | null): JsonValue {
  // Through text, so that objects of the syntax tree become plain ones.
  return JSON.parse(JSON.stringify(valueFromASTUntyped(node, variables) ?? null)) as JsonValue;
}

/** The scalars of the schema, by name. */
export const scalars = { DateTime, Money, Duration, JSON: Json };
