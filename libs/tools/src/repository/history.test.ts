import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CommitFacts } from './commit-stream.js';
import { busFactor, createHistory } from './history.js';

const now = Date.parse('2026-06-01T12:00:00Z');
const day = 86_400_000;
const whole = { truncated: false, shallow: false };

function commit(author: string, daysAgo: number, subject = 'Change'): CommitFacts {
  return { author, email: `${author}@example.test`, at: now - daysAgo * day, subject, paths: [] };
}

describe('busFactor', () => {
  it.each([
    [[], 0],
    [['a'], 1],
    [['a', 'a', 'b'], 1],
    [['a', 'b'], 2], // half is not more than half
    [['a', 'a', 'b', 'b', 'c', 'd'], 2],
    [['a', 'b', 'c', 'd', 'e'], 3],
  ])('of %j is %i', (keys, expected) => {
    expect(busFactor(keys)).toBe(expected);
  });

  it('is never more than there are people, and at least one when there are any', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 1 }), (keys) => {
        const people = busFactor(keys);
        expect(people).toBeGreaterThanOrEqual(1);
        expect(people).toBeLessThanOrEqual(new Set(keys).size);
      }),
    );
  });
});

describe('createHistory', () => {
  it('sums up who did what, when; bots are commits but not people', () => {
    const history = createHistory();
    for (const one of [
      commit('ada', 1, 'Fix the clock'),
      commit('ada', 8),
      commit('renovate[bot]', 9, 'Update x'),
      commit('bob', 100, 'Prefix names'),
      commit('ada', 400),
    ]) {
      history.add(one);
    }
    const result = history.result(whole, now);
    expect(result).toMatchObject({
      commits: 5,
      first: '2025-04-27T12:00:00.000Z',
      last: '2026-05-31T12:00:00.000Z',
      ageDays: 399,
      idleDays: 1,
      authorCount: 2,
      activeAuthors: 1,
      busFactor: 1,
      last90Days: 3,
      previous90Days: 1,
      fixShare: 0.2,
      notes: ['1 commit by bots is not counted for people.'],
    });
    expect(result.authors[0]).toMatchObject({ name: 'ada', commits: 3, share: 0.75 });
    expect(result.weeks).toHaveLength(26);
    expect(result.weeks.at(-1)).toEqual({ week: '2026-06-01', commits: 0 }); // a Monday
    expect(result.weeks.at(-2)).toEqual({ week: '2026-05-25', commits: 1 });
  });

  it('says when history is cut', () => {
    const notes = createHistory().result({ truncated: true, shallow: true }, now).notes.join(' ');
    expect(notes).toMatch(/shallow/);
    expect(notes).toMatch(/newest/);
  });

  it('of nothing is all zero', () => {
    expect(createHistory().result(whole, now)).toMatchObject({
      commits: 0,
      busFactor: 0,
      first: null,
      idleDays: 0,
    });
  });
});
