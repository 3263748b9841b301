import { describe, expect, it } from '@jest/globals';
import type { JsonSchema, JsonValue } from '#contracts';
import { applyInputDefaults, validateInputs } from './inputs.js';

const schema: JsonSchema = {
  type: 'object',
  required: ['repo', 'branch'],
  additionalProperties: false,
  properties: {
    repo: { type: 'string' },
    branch: { type: 'string', default: 'main' },
    depth: { type: ['integer', 'null'], minimum: 1 },
    files: {
      type: 'array',
      items: { type: 'object', properties: { mode: { enum: ['r', 'w'], default: 'r' } } },
    },
    target: { anyOf: [{ type: 'string' }, { type: 'object', required: ['host'] }] },
    'a/b~c': { $ref: '#/$defs/small' },
  },
  $defs: { small: { type: 'number', maximum: 9 } },
};

describe('validateInputs', () => {
  it('names every fault at its place, and only there', () => {
    const value: JsonValue = {
      repo: 5,
      depth: 0.5,
      files: [{}, { mode: 'x' }],
      target: {},
      'a/b~c': 10,
      extra: 1,
      more: 2,
    };
    expect(validateInputs(schema, value).map(({ path, message }) => `${path}: ${message}`)).toEqual([
      ': missing property "branch"',
      'repo: expected string, got number',
      'depth: expected integer or null, got number',
      'depth: 0.5 is less than 1',
      'files[1].mode: the value does not match any of ["r","w"]',
      'target: no alternative fits: expected string, got object; or missing property "host"',
      '["a/b~c"]: 10 is greater than 9',
      ': unknown property "extra"',
      ': unknown property "more"',
    ]);
  });

  it('takes what fits, and anything when there is no schema', () => {
    expect(validateInputs(schema, { repo: '.', branch: 'x', depth: null, target: 'y', 'a/b~c': 1 })).toEqual(
      [],
    );
    expect(validateInputs(undefined, [1])).toEqual([]);
  });

  it('says which side of a condition failed', () => {
    const conditional: JsonSchema = {
      if: { required: ['a'] },
      then: { required: ['b'] },
      else: { properties: { c: { type: 'string' } } },
    };
    expect(validateInputs(conditional, { a: 1 })).toEqual([
      { path: '', code: 'BAD_USER_INPUT', message: 'missing property "b"' },
    ]);
    expect(validateInputs(conditional, { c: 1 })).toMatchObject([{ path: 'c' }]);
  });

  it('leaves the schema as it was, and can use a frozen one', () => {
    const frozen = Object.freeze({
      type: 'object',
      $ref: '#/$defs/x',
      $defs: Object.freeze({ x: { type: 'object' } }),
    });
    expect(validateInputs(frozen as unknown as JsonSchema, {})).toEqual([]);
    expect(Object.getOwnPropertyNames(frozen)).toEqual(['type', '$ref', '$defs']);
  });

  it.each<JsonSchema>([{ $ref: '#/nowhere' }, { pattern: '(' }, { properties: null }, { $ref: '#' }])(
    'says so when the schema cannot be used: %j',
    (broken) => {
      const faults = validateInputs({ ...broken, allOf: [broken] }, 'x');
      if ('properties' in broken)
        return expect(validateInputs(broken, {})[0]?.message ?? '').toMatch(/^$|schema/);
      expect(faults[0]?.message).toContain('the schema itself cannot be used');
    },
  );
});

describe('applyInputDefaults', () => {
  it('fills what is missing, at any depth, and nothing else', () => {
    expect(applyInputDefaults(schema, { repo: '.', files: [{}, { mode: 'w' }] })).toEqual({
      repo: '.',
      branch: 'main',
      files: [{ mode: 'r' }, { mode: 'w' }],
    });
    expect(applyInputDefaults(schema, { repo: '.', branch: null })).toEqual({ repo: '.', branch: null });
    expect(applyInputDefaults(undefined, { a: 1 })).toEqual({ a: 1 });
  });
});
