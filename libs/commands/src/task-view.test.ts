import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BoundPlan } from '#plan';
import type { TaskRow } from '#store';
import { comparePaths, taskViews } from './task-view.js';

describe('tasks that nothing has touched', () => {
  const plan = (...tasks: object[]) => ({ name: 'p', tasks });
  const nested = (id: string, ...tasks: object[]) => ({
    id,
    kind: 'plan',
    needs: [],
    spec: { kind: 'plan', plan: plan(...tasks) },
  });
  const tree = plan(nested('a', nested('b', { id: 'c', kind: 'wait', needs: [], spec: { kind: 'wait' } })));
  const statusOf = (path: string, ...rows: Pick<TaskRow, 'path' | 'status'>[]) => {
    const full = rows.map((row) => ({ kind: 'plan', attempts: [], usage: {}, ...row }) as unknown as TaskRow);
    const views = taskViews('run_1', tree as unknown as BoundPlan, full, 0);
    return views.find((view) => view.path === path)?.status;
  };

  it('share the fate of the innermost container that something has', () => {
    expect(statusOf('a/b/c')).toBe('PENDING');
    expect(statusOf('a/b/c', { path: 'a', status: 'RUNNING' })).toBe('PENDING');
    expect(statusOf('a/b/c', { path: 'a', status: 'SKIPPED' })).toBe('SKIPPED');
    expect(statusOf('a/b', { path: 'a', status: 'FAILED' })).toBe('CANCELLED');
    expect(statusOf('a/b/c', { path: 'a', status: 'FAILED' }, { path: 'a/b', status: 'RUNNING' })).toBe(
      'PENDING',
    );
  });
});

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
