import { describe, expect, it } from '@jest/globals';
import type { BoundPlan } from '#plan';
import type { TaskRow } from '#store';
import { taskViews } from './task-view.js';

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
    const plan = tree as unknown as BoundPlan;
    const views = taskViews({ runId: 'run_1', plan, rows: full, now: 0, ended: false });
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
