import { describe, expect, it } from '@jest/globals';
import { jsonIn } from './json-in-text.js';

describe('JSON in a reply', () => {
  it.each([
    ['{"a":1}', { a: 1 }],
    ['```json\n{"a":1}\n```', { a: 1 }],
    ['Sure:\n```\n[1, 2]\n```\nDone.', [1, 2]],
    ['The answer is {"a":{"b":[2]}}.', { a: { b: [2] } }],
    ['Here: [{"a":1}] as asked', [{ a: 1 }]],
    ['null', null],
    ["{'a': 1, b: [2,],}", { a: 1, b: [2] }],
    ['```json\n{"a": "x"  // the first\n}\n```', { a: 'x' }],
    ['{"a": True, "b": None}', { a: true, b: null }],
  ])('is read from %j', (text, value) => {
    expect(jsonIn(text)).toEqual({ value });
  });

  it.each(['', 'no JSON here', '{"a": [1, 2', '{"a": [1, 2}', '{"a":1} and {"b":2}', '[1] or [2]'])(
    'is not made up from %j',
    (text) => {
      expect(jsonIn(text)).toBeNull();
    },
  );
});
