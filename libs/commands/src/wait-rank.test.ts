import { describe, expect, it } from '@jest/globals';
import { waitKinds, type WaitReason } from '#contracts';
import { foremost } from './wait-rank.js';

const wait = (kind: WaitReason['kind'], detail = ''): WaitReason => ({ kind, detail, since: '' });

describe('the foremost of several waits', () => {
  it('is what a person can do most about, timers and queues last, whatever their order', () => {
    const left = new Set(waitKinds);
    const order: string[] = [];
    while (left.size > 0) {
      const first = foremost([...left].map((kind) => wait(kind)));
      if (first === null) break;
      order.push(first.kind);
      left.delete(first.kind);
    }
    expect(order.slice(0, 6)).toEqual([
      'APPROVAL',
      'UNCERTAIN',
      'BUDGET',
      'KILL_SWITCH',
      'PAUSED',
      'NO_WORKER',
    ]);
    expect(order.slice(-2)).toEqual(['QUEUE', 'TIMER']);
    expect(order).toHaveLength(waitKinds.length);
  });

  it('is the first of equal ones, and none of none', () => {
    expect(foremost([null, wait('TIMER', 'a'), wait('TIMER', 'b')])?.detail).toBe('a');
    expect(foremost([null, undefined])).toBeNull();
  });
});
