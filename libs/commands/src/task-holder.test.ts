import { describe, expect, it } from '@jest/globals';
import { nearestContainer } from './task-holder.js';

describe('the workflow that looks after a task', () => {
  const workflows = ['a', 'a/b', 'each[1]', 'each[10]', 'ab'].map((path) => ({
    path,
    workflowId: `run/${path}`,
  }));

  it.each([
    ['a', undefined],
    ['c', undefined],
    ['a/x', 'run/a'],
    ['a/b', 'run/a'],
    ['a/b/x', 'run/a/b'],
    ['a/bx', 'run/a'],
    ['ab/x', 'run/ab'],
    ['abc', undefined],
    ['each[1]/x', 'run/each[1]'],
    ['each[10]/x/y', 'run/each[10]'],
    ['each[2]/x', undefined],
    ['a[3]/x', 'run/a'],
  ])('of %s is %s', (path, holder) => {
    expect(nearestContainer(workflows, path)?.workflowId).toBe(holder);
  });
});
