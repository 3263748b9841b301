import { describe, expect, it } from '@jest/globals';
import { matchGoal } from './match.js';

describe('matchGoal', () => {
  it.each([
    ['health of * repository', 'Health of  the Nexus\nrepository '],
    ['audit * repo*', 'audit my repos'],
    ['audit * repo*', 'AUDIT this repo'],
    ['*', ''],
    ['a*a', 'aa'],
    ['*b*c*', 'abcd'],
    ['exact', 'Exact'],
  ])('"%s" takes "%s"', (pattern, goal) => expect(matchGoal(['nothing like it', pattern], goal)).toBe(true));

  it.each([
    ['health of * repository', 'health of repository'],
    ['audit * repo*', 'please audit my repo'],
    ['a*a', 'a'],
    ['a*b*b', 'ab'],
    ['exact', 'exactly'],
    ['a.c', 'abc'],
  ])('"%s" does not take "%s"', (pattern, goal) => expect(matchGoal([pattern], goal)).toBe(false));

  it('takes nothing without patterns', () => expect(matchGoal([], 'x')).toBe(false));

  it('stays quick on patterns that would trap a regular expression', () => {
    expect(matchGoal([`${'*a'.repeat(5_000)}b`], 'a'.repeat(50_000))).toBe(false);
  });
});
