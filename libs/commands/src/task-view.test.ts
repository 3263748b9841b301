import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { comparePaths } from './task-view.js';

describe('comparePaths', () => {
  it('puts numbers in the order of their values', () => {
    const paths = ['each[10]/item', 'each[9]/item', 'each[9]', 'b', 'each[10]/a'];
    expect(paths.sort(comparePaths)).toEqual(['b', 'each[9]', 'each[9]/item', 'each[10]/a', 'each[10]/item']);
  });

  it('is an order', () => {
    const path = fc.stringMatching(/^[a-c]{0,2}(\[\d{1,2}\])?(\/[a-c])?$/);
    fc.assert(
      fc.property(path, path, path, (a, b, c) => {
        expect(Math.sign(comparePaths(a, b))).toBe(-Math.sign(comparePaths(b, a)) + 0);
        expect(comparePaths(a, b) === 0).toBe(a === b);
        if (comparePaths(a, b) < 0 && comparePaths(b, c) < 0) expect(comparePaths(a, c)).toBeLessThan(0);
      }),
    );
  });
});
