/** Methods that take a function, and how many parameters it may have. */
export const functionMethods: ReadonlyMap<string, number> = new Map([
  ['map', 2],
  ['filter', 2],
  ['find', 2],
  ['some', 2],
  ['every', 2],
  ['sort', 1],
]);

/** All methods; `length` is read, not called. */
export const methodNames: ReadonlySet<string> = new Set([
  ...functionMethods.keys(),
  'includes',
  'slice',
  'concat',
  'join',
  'flat',
  'split',
  'trim',
  'toLowerCase',
  'toUpperCase',
  'startsWith',
  'endsWith',
  'replaceAll',
  'toFixed',
]);

/** All functions. */
export const functionNames: ReadonlySet<string> = new Set([
  'keys',
  'values',
  'entries',
  'min',
  'max',
  'sum',
  'round',
  'json',
  'parseJson',
]);

/** Members that lead out of the data in JavaScript, refused even where they are data. */
export const forbiddenMembers: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

export const unaryOperators: ReadonlySet<string> = new Set(['!', '-', '+']);

export const binaryOperators: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '**',
  '==',
  '!=',
  '===',
  '!==',
  '<',
  '<=',
  '>',
  '>=',
]);

const elsewhere: ReadonlyMap<string, string> = new Map([
  ['Math', 'use min, max, sum or round'],
  ['Object', 'use keys(x), values(x) or entries(x)'],
  ['JSON', 'use json(x) or parseJson(text)'],
  ['NaN', 'there is no NaN here'],
  ['Date', 'expressions know no time but run.startedAt'],
  ['forEach', 'use map'],
  ['flatMap', 'use map(…).flat()'],
  ['reduce', 'use sum, min, max or join'],
  ['replace', 'use replaceAll'],
  ['indexOf', 'use includes or find'],
  ['at', 'use [index]'],
  ['push', 'use concat'],
  ['toString', 'write it inside text: "${…}"'],
]);

/** What to use instead of a name that JavaScript knows and expressions do not. */
export function insteadOf(name: string): string {
  const instead = elsewhere.get(name);
  return instead === undefined ? '' : `; ${instead}`;
}
