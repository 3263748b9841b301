import { kindOf } from './value.js';
import type { Value } from './value.js';

type Primitive = undefined | null | boolean | number | string;

/**
 * A binary operator. On numbers, text, truth values, null and undefined it does what JavaScript does, `==`
 * being strict; lists and objects can be compared for identity only, where JavaScript would turn them to text.
 */
export function applyBinary(
  operator: string,
  left: Value,
  right: Value,
  fail: (cause: string) => never,
): Value {
  switch (operator) {
    case '==':
    case '===':
      return left === right;
    case '!=':
    case '!==':
      return left !== right;
  }
  const a = primitive(operator, left, fail);
  const b = primitive(operator, right, fail);
  switch (operator) {
    case '+':
      return typeof a === 'string' || typeof b === 'string' ? `${a}${b}` : Number(a) + Number(b);
    case '-':
      return Number(a) - Number(b);
    case '*':
      return Number(a) * Number(b);
    case '/':
      return Number(a) / Number(b);
    case '%':
      return Number(a) % Number(b);
    case '**':
      return Number(a) ** Number(b);
    case '<':
      return typeof a === 'string' && typeof b === 'string' ? a < b : Number(a) < Number(b);
    case '<=':
      return typeof a === 'string' && typeof b === 'string' ? a <= b : Number(a) <= Number(b);
    case '>':
      return typeof a === 'string' && typeof b === 'string' ? a > b : Number(a) > Number(b);
    case '>=':
      return typeof a === 'string' && typeof b === 'string' ? a >= b : Number(a) >= Number(b);
    default:
      return fail(`the operator ${operator} is not part of the language`);
  }
}

/** A unary operator, as JavaScript has it on the same values. */
export function applyUnary(operator: string, value: Value, fail: (cause: string) => never): Value {
  if (operator === '!') return !value;
  const number = Number(primitive(operator, value, fail));
  return operator === '-' ? -number : number;
}

function primitive(operator: string, value: Value, fail: (cause: string) => never): Primitive {
  if (typeof value !== 'object' || value === null) return value;
  const hint = operator === '+' ? '; use json(x), or concat for lists' : '';
  return fail(`the operator ${operator} cannot take ${kindOf(value)}${hint}`);
}
