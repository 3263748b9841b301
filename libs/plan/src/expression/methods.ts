import { textSteps } from './call.js';
import type { Call } from './call.js';
import { limits } from './limits.js';
import { sorted } from './sort.js';
import { isList, kindOf, toText } from './value.js';
import type { Value } from './value.js';

type ListMethod = (list: readonly Value[], call: Call) => Value;
type TextMethod = (text: string, call: Call) => Value;

const listMethods: ReadonlyMap<string, ListMethod> = new Map<string, ListMethod>([
  ['map', (list, call) => list.map((item, index) => lambda(call, item, index))],
  ['filter', (list, call) => list.filter((item, index) => lambda(call, item, index))],
  ['find', (list, call) => list.find((item, index) => lambda(call, item, index))],
  ['some', (list, call) => list.some((item, index) => lambda(call, item, index))],
  ['every', (list, call) => list.every((item, index) => lambda(call, item, index))],
  ['sort', (list, call) => sorted(list, call)],
  ['includes', (list, call) => list.includes(call.values[0])],
  ['slice', (list, call) => list.slice(whole(call, 0), whole(call, 1))],
  [
    'concat',
    (list, call) => {
      call.values.forEach((value) => call.spend(isList(value) ? value.length : 1));
      return list.concat(...call.values);
    },
  ],
  ['join', (list, call) => join(list, call.values[0] === undefined ? ',' : text(call, 0), call)],
  ['flat', (list, call) => flat(list, whole(call, 0) ?? 1, call)],
]);

const textMethods: ReadonlyMap<string, TextMethod> = new Map<string, TextMethod>([
  ['includes', (subject, call) => subject.includes(text(call, 0))],
  ['startsWith', (subject, call) => subject.startsWith(text(call, 0))],
  ['endsWith', (subject, call) => subject.endsWith(text(call, 0))],
  ['slice', (subject, call) => subject.slice(whole(call, 0), whole(call, 1))],
  ['concat', (subject, call) => join([subject, ...call.values], '', call)],
  ['trim', (subject) => subject.trim()],
  ['toLowerCase', (subject) => subject.toLowerCase()],
  ['toUpperCase', (subject) => subject.toUpperCase()],
  ['split', (subject, call) => split(subject, call)],
  ['replaceAll', (subject, call) => join(pieces(subject, text(call, 0), call), text(call, 1), call)],
]);

/** Calls a method of the language on a value; what it costs grows with the value. */
export function callMethod(receiver: Value, name: string, call: Call): Value {
  if (isList(receiver)) {
    const method = listMethods.get(name);
    if (method) {
      call.spend(receiver.length);
      return method(receiver, call);
    }
  } else if (typeof receiver === 'string') {
    const method = textMethods.get(name);
    if (method) {
      call.spend(textSteps(receiver.length));
      return method(receiver, call);
    }
  } else if (typeof receiver === 'number' && name === 'toFixed') {
    const digits = whole(call, 0) ?? 0;
    return digits >= 0 && digits <= 100
      ? receiver.toFixed(digits)
      : call.fail('toFixed takes 0 to 100 digits');
  }
  return call.fail(`${kindOf(receiver)} has no method ${name}`);
}

function lambda(call: Call, item: Value, index: number): Value {
  return call.lambda ? call.lambda(item, index) : call.fail('a function is missing');
}

function text(call: Call, position: number): string {
  const value = call.values[position];
  return typeof value === 'string' ? value : call.fail(`expected text, got ${kindOf(value)}`);
}

function whole(call: Call, position: number): number | undefined {
  const value = call.values[position];
  if (value === undefined || Number.isInteger(value)) return value as number | undefined;
  return call.fail(`expected a whole number, got ${typeof value === 'number' ? value : kindOf(value)}`);
}

function join(list: readonly Value[], separator: string, call: Call): string {
  const parts: string[] = [];
  let length = 0;
  for (const item of list) {
    const part = item === null || item === undefined ? '' : toText(item, call.fail);
    length += part.length + separator.length;
    if (length > limits.valueLength + separator.length) {
      return call.fail(`the text is longer than ${limits.valueLength} characters`);
    }
    parts.push(part);
  }
  call.spend(textSteps(length));
  return parts.join(separator);
}

function flat(list: readonly Value[], depth: number, call: Call): Value {
  const result: Value[] = [];
  const add = (items: readonly Value[], left: number): void => {
    call.spend(items.length);
    for (const item of items) {
      if (left > 0 && isList(item)) add(item, left - 1);
      else result.push(item);
    }
  };
  add(list, Math.min(depth, limits.valueDepth));
  return result;
}

function split(subject: string, call: Call): Value {
  const limit = whole(call, 1);
  if (call.values[0] === undefined) return [subject];
  const separator = text(call, 0);
  if (separator === '') call.spend(subject.length);
  const parts = subject.split(separator, limit !== undefined && limit < 0 ? undefined : limit);
  call.spend(parts.length);
  return parts;
}

function pieces(subject: string, search: string, call: Call): string[] {
  if (search === '') return call.fail('replaceAll cannot replace the empty text');
  const parts = subject.split(search);
  call.spend(parts.length);
  return parts;
}
