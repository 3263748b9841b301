import { describe, expect, it } from '@jest/globals';
import { activityQueue, activityQueues } from './names.js';

describe('the task queues of labelled workers', () => {
  it('have one name, in whatever order the labels were written', () => {
    expect(activityQueue()).toBe('nexus-activities');
    expect(activityQueue({ zone: 'a', gpu: '1' })).toBe('nexus-activities/gpu=1,zone=a');
    expect(activityQueue({ gpu: '1', zone: 'a' })).toBe('nexus-activities/gpu=1,zone=a');
  });

  it('are, for a worker, those of all that a task may require of it', () => {
    expect(activityQueues({})).toEqual(['nexus-activities']);
    expect(activityQueues({ zone: 'a', gpu: '1' }).sort()).toEqual([
      'nexus-activities',
      'nexus-activities/gpu=1',
      'nexus-activities/gpu=1,zone=a',
      'nexus-activities/zone=a',
    ]);
  });
});
