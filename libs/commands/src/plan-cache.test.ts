import { describe, expect, it } from '@jest/globals';
import { createPlanCache } from './plan-cache.js';

describe('createPlanCache', () => {
  it('makes once for equal documents, and drops the one used longest ago', () => {
    const cache = createPlanCache<number>(2);
    let made = 0;
    const get = (name: string) => cache.get({ name }, () => (made += 1));
    expect([get('a'), get('a'), get('b'), get('a'), get('c')]).toEqual([1, 1, 2, 1, 3]);
    expect([get('a'), get('b')]).toEqual([1, 4]);
  });

  it('keeps nothing when making fails', () => {
    const cache = createPlanCache<number>(2);
    const failing = () => {
      throw new Error('no');
    };
    expect(() => cache.get({}, failing)).toThrow('no');
    expect(cache.get({}, () => 7)).toBe(7);
  });
});
