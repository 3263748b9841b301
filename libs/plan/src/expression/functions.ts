import { textSteps } from './call.js';
import type { Call } from './call.js';
import { isList, isObject, kindOf, toText } from './value.js';
import type { Value, ValueObject } from './value.js';

const functions: ReadonlyMap<string, (call: Call) => Value> = new Map<string, (call: Call) => Value>([
  ['keys', (call) => Object.keys(object(call))],
  ['values', (call) => Object.values(object(call))],
  ['entries', (call) => Object.entries(object(call))],
  ['min', (call) => extreme(call, (left, right) => left < right)],
  ['max', (call) => extreme(call, (left, right) => left > right)],
  ['sum', (call) => numbers(call).reduce((total, number) => total + number, 0)],
  ['round', round],
  ['json', (call) => jsonText(call)],
  ['parseJson', parseJson],
]);

/** Calls a function of the language. */
export function callFunction(name: string, call: Call): Value {
  const found = functions.get(name);
  return found ? found(call) : call.fail(`unknown function "${name}"`);
}

function object(call: Call): ValueObject {
  const [value] = call.values;
  if (!isObject(value)) return call.fail(`expected an object, got ${kindOf(value)}`);
  call.spend(Object.keys(value).length);
  return value;
}

/** The numbers of one list, or the arguments themselves. */
function numbers(call: Call): readonly number[] {
  const [first] = call.values;
  const values = call.values.length === 1 && isList(first) ? first : call.values;
  call.spend(values.length);
  for (const value of values) {
    if (typeof value !== 'number') return call.fail(`expected numbers, got ${kindOf(value)}`);
  }
  return values as readonly number[];
}

/** The first number that beats all others; of none there is none. */
function extreme(call: Call, beats: (left: number, right: number) => boolean): Value {
  const [first, ...rest] = numbers(call);
  return first === undefined
    ? undefined
    : rest.reduce((best, number) => (beats(number, best) ? number : best), first);
}

function round(call: Call): number {
  const [value, digits = 0] = call.values;
  if (typeof value !== 'number') return call.fail(`round expects a number, got ${kindOf(value)}`);
  if (typeof digits !== 'number' || !Number.isInteger(digits) || digits < 0 || digits > 15) {
    return call.fail('round takes 0 to 15 digits');
  }
  const scale = 10 ** digits;
  const scaled = value * scale;
  return Number.isFinite(scaled) ? Math.round(scaled) / scale : value;
}

function jsonText(call: Call): string {
  const [value] = call.values;
  const text = typeof value === 'string' ? JSON.stringify(value) : toText(value, call.fail);
  call.spend(textSteps(text.length));
  return text;
}

function parseJson(call: Call): Value {
  const [text] = call.values;
  if (typeof text !== 'string') return call.fail(`parseJson expects text, got ${kindOf(text)}`);
  call.spend(textSteps(text.length));
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    return call.fail(`parseJson: ${(error as Error).message}`);
  }
}
