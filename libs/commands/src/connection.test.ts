import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Connection, pageOf } from './connection.js';

const key = (value: number) => `key ${value}`;

describe('pageOf', () => {
  it('gives every kept node once and in order, whatever the size of the page', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat()), fc.integer({ min: 1, max: 7 }), fc.nat(3), (all, first, rest) => {
        const keep = (value: number) => value % 4 >= rest;
        const seen: number[] = [];
        for (let after: string | null = null, more = true; more;) {
          const page: Connection<number> = pageOf(all, key, { first, after }, keep);
          expect(page.edges.length).toBeLessThanOrEqual(first);
          seen.push(...page.edges.map(({ node }) => node));
          after = page.pageInfo.endCursor;
          more = page.pageInfo.hasNextPage;
        }
        expect(seen).toEqual(all.filter(keep));
      }),
    );
  });

  it('refuses a cursor it never gave', () => {
    expect(() => pageOf([1], key, { first: 1, after: 'x' })).toThrow('not a cursor of this list');
  });
});
