import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readInputs } from './run-inputs.js';

describe('inputs of a run', () => {
  it.each([
    ['repo=/a/b=c', { repo: '/a/b=c' }],
    ['count=3', { count: 3 }],
    ['version=1.10', { version: '1.10' }],
    ['code=007', { code: '007' }],
    ['on=true', { on: true }],
    ['list=[1, 2]', { list: [1, 2] }],
    ['quoted="3"', { quoted: '3' }],
    ['text={not json', { text: '{not json' }],
    ['empty=', { empty: '' }],
    ['ratio:=1.10', { ratio: 1.1 }],
  ])('reads %s', async (pair, inputs) => {
    expect(await readInputs(undefined, [pair], '/')).toEqual(inputs);
  });

  it('takes a JSON object or a file, with single inputs on top', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nexus-inputs-'));
    writeFileSync(join(directory, 'in.json'), '{"a":1,"b":2}');
    expect(await readInputs('@in.json', ['b=3'], directory)).toEqual({ a: 1, b: 3 });
    expect(await readInputs('{"a":1}', [], directory)).toEqual({ a: 1 });
    expect(await readInputs(undefined, [], directory)).toBeUndefined();
  });

  it.each([
    [undefined, ['novalue'], '--input "novalue" is not name=value'],
    [undefined, ['a:=x'], '--input a is not JSON'],
    ['[1]', [], '--inputs is not a JSON object'],
    ['@missing.json', [], 'cannot read /nowhere/missing.json: no such file or directory'],
  ])('says what is wrong with %s %j', async (json, pairs, message) => {
    await expect(readInputs(json, pairs, '/nowhere')).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(message),
    });
  });
});
