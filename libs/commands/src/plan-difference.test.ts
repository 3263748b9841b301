import { describe, expect, it } from '@jest/globals';
import { planDifference } from './plan-difference.js';

const task = (id: string, more: object = {}) => ({ id, kind: 'tool', tool: 't', ...more });

describe('planDifference (A13)', () => {
  it('finds nothing between plans that say the same, whatever the order of their tasks', () => {
    expect(planDifference({ tasks: [task('a'), task('b')] }, { tasks: [task('b'), task('a')] })).toEqual([]);
  });

  it('names tasks by their IDs, and what is in them by its place', () => {
    const before = { name: 'x', tasks: [task('a', { with: { args: [1, 2] } }), task('b'), task('c')] };
    const after = {
      name: 'y',
      tasks: [task('a', { with: { args: [1, 3, 4], 'a.b': 1 } }), task('c', { tool: 'u' }), task('d')],
    };
    expect(planDifference(before, after)).toEqual([
      { path: 'name', change: 'changed' },
      { path: 'tasks.a.with.args[1]', change: 'changed' },
      { path: 'tasks.a.with.args[2]', change: 'added' },
      { path: 'tasks.a.with."a.b"', change: 'added' },
      { path: 'tasks.b', change: 'removed' },
      { path: 'tasks.c.tool', change: 'changed' },
      { path: 'tasks.d', change: 'added' },
    ]);
  });

  it('takes a list in the place of an object for a change as a whole', () => {
    expect(planDifference({ a: {} }, { a: [] })).toEqual([{ path: 'a', change: 'changed' }]);
  });
});
