import { describe, expect, it } from '@jest/globals';
import { fieldPath } from './field-path.js';

describe('fieldPath', () => {
  it.each([
    ['', []],
    ['tasks', ['tasks']],
    ['tasks[2].needs[0]', ['tasks', '2', 'needs', '0']],
    ['tasks[0].with["content-type"]', ['tasks', '0', 'with', 'content-type']],
    ['with["a.b]\\"c"].d', ['with', 'a.b]"c', 'd']],
  ])('splits %s', (path, steps) => {
    expect(fieldPath(path)).toEqual(steps);
  });
});
