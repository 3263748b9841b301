import type { JsonValue } from '#contracts';
import { nexusError } from '#contracts';
import type { ExpressionEnv } from './environment.js';
import { expressionError, isExpressionError } from './expression-error.js';
import { interpret } from './interpret.js';
import type { Lookup } from './interpret.js';
import { limits } from './limits.js';
import { onlyExpression, parseText } from './parse.js';
import type { ParsedExpression, ParsedText } from './parse.js';
import { setMember, toJson, toText } from './value.js';

/**
 * Puts the values of its expressions into any JSON value. A text that is one expression takes the type of its
 * value; inside text, values become text. Throws EXPRESSION_FAILED.
 */
export function evaluate(value: JsonValue, env: ExpressionEnv): JsonValue {
  return evaluateAt(value, lookupIn(env), 0);
}

/** Whether a condition holds: a truth value, or an expression that JavaScript would call true. */
export function evaluateCondition(value: JsonValue, env: ExpressionEnv): boolean {
  return Boolean(evaluate(value, env));
}

function lookupIn(env: ExpressionEnv): Lookup {
  return (name) => (Object.hasOwn(env, name) ? { value: env[name] } : undefined);
}

function evaluateAt(value: JsonValue, lookup: Lookup, depth: number): JsonValue {
  if (depth > limits.valueDepth) {
    throw nexusError(
      'EXPRESSION_FAILED',
      `a value with expressions is nested deeper than ${limits.valueDepth}`,
    );
  }
  if (typeof value === 'string') return value.includes('${') ? evaluateText(parseText(value), lookup) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => evaluateAt(item, lookup, depth + 1));
  const result: { [key: string]: JsonValue } = {};
  for (const [key, member] of Object.entries(value)) {
    setMember(result, key, evaluateAt(member, lookup, depth + 1));
  }
  return result;
}

function evaluateText(parsed: ParsedText, lookup: Lookup): JsonValue {
  const [fault] = parsed.errors;
  if (fault) throw expressionFailed(parsed.source, fault);
  const only = onlyExpression(parsed);
  if (only) return attempt(parsed, only, lookup, toJson);
  let text = '';
  for (const segment of parsed.segments) {
    text += typeof segment === 'string' ? segment : attempt(parsed, segment, lookup, toText);
    if (text.length > limits.valueLength) {
      throw nexusError(
        'EXPRESSION_FAILED',
        `${shorten(parsed.source)} is longer than ${limits.valueLength} characters`,
      );
    }
  }
  return text;
}

function attempt<Result>(
  parsed: ParsedText,
  expression: ParsedExpression,
  lookup: Lookup,
  convert: (value: ReturnType<typeof interpret>, fail: (cause: string) => never) => Result,
): Result {
  try {
    return convert(interpret(expression.tree, lookup), (cause) => {
      throw expressionError(expression.start, cause);
    });
  } catch (error) {
    throw expressionFailed(parsed.source, error, expression);
  }
}

function expressionFailed(source: string, error: unknown, expression?: ParsedExpression): Error {
  const at = isExpressionError(error) ? error.at : (expression?.start ?? 0);
  const cause = error instanceof Error ? error.message : String(error);
  const text = source.slice(expression?.start ?? 0, expression?.end);
  return nexusError('EXPRESSION_FAILED', `${shorten(text)} failed at character ${at + 1}: ${cause}`);
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
