import { describe, expect, it } from '@jest/globals';
import type { JsonValue } from '#contracts';
import fc from 'fast-check';
import { canonicalJson, hashOfJson } from './canonical-json.js';

const json = fc.jsonValue() as fc.Arbitrary<JsonValue>;

function shuffled(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, inner]) => [name, shuffled(inner)]),
  );
}

describe('canonicalJson', () => {
  it('reads back as the same value', () => {
    fc.assert(
      fc.property(json, (value) =>
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value))),
      ),
    );
  });

  it('does not depend on the order of members', () => {
    fc.assert(fc.property(json, (value) => expect(hashOfJson(shuffled(value))).toBe(hashOfJson(value))));
  });

  it('tells different values apart', () => {
    fc.assert(
      fc.property(json, json, (left, right) => {
        fc.pre(JSON.stringify(left) !== JSON.stringify(right));
        const same = canonicalJson(left) === canonicalJson(right);
        if (same) expect(JSON.parse(canonicalJson(left))).toEqual(JSON.parse(canonicalJson(right)));
      }),
    );
    expect(hashOfJson({ a: [1, 2] })).not.toBe(hashOfJson({ a: [2, 1] }));
  });
});
