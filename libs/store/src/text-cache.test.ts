import { describe, expect, it } from '@jest/globals';
import { createTextCache } from './text-cache.js';

describe('the text cache', () => {
  it('drops what was not used for longest once it weighs too much', () => {
    const cache = createTextCache(12);
    cache.set('a', 'aa');
    cache.set('b', 'bb');
    cache.set('c', 'cc');
    cache.get('a');
    cache.set('d', 'dd');
    expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key))).toEqual(['aa', undefined, 'cc', 'dd']);
  });

  it('counts a text that is set again once, and takes none that is too heavy', () => {
    const cache = createTextCache(12);
    cache.set('a', 'aa');
    for (let n = 0; n < 10; n++) cache.set('b', 'bbbb');
    cache.set('c', 'ccccccc');
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['aa', 'bbbb', undefined]);
  });
});
