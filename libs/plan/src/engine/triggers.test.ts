import { describe, expect, it } from '@jest/globals';
import { noUsage } from '#contracts';
import type { Trigger } from '#contracts';
import { advance, initialState } from './advance.js';
import type { EngineState } from './state.js';
import { bound } from './testing/plans.js';
import { nextWallTrigger, reachedTriggers } from './triggers.js';

const plan = bound({ tasks: [{ id: 'a', kind: 'tool', tool: 'quick' }] });
const fresh = initialState(plan, { runId: 'r', startedAt: 1_000, inputs: { inline: {} } });
const reached = (on: Trigger['on'], threshold: number, state: Partial<EngineState>, now = 1_000): boolean =>
  reachedTriggers({ ...fresh, ...state }, [{ on, threshold, do: 'PAUSE' }], [], now).length > 0;

describe('triggers (A11)', () => {
  it.each([
    [
      'COST',
      0.5,
      { usage: { ...noUsage, costNanos: 500_000_000 } },
      { usage: { ...noUsage, costNanos: 499_999_999 } },
    ],
    [
      'FAILED_TASKS',
      2,
      { counts: { started: 2, ended: 2, failed: 2 } },
      { counts: { started: 2, ended: 2, failed: 1 } },
    ],
    [
      'TASKS',
      3,
      { counts: { started: 3, ended: 0, failed: 0 } },
      { counts: { started: 2, ended: 2, failed: 0 } },
    ],
    [
      'ERROR_RATE',
      0.5,
      { counts: { started: 6, ended: 6, failed: 3 } },
      { counts: { started: 9, ended: 9, failed: 4 } },
    ],
    ['REPEATED_CALLS', 3, { calls: { x: 3 } }, { calls: { x: 2, y: 2 } }],
  ] as const)('reach %s at %d, and not before', (on, threshold, at, before) => {
    expect(reached(on, threshold, at)).toBe(true);
    expect(reached(on, threshold, before)).toBe(false);
  });

  it('reach a time, and say when it is due', () => {
    expect(reached('WALL_SECONDS', 2, {}, 3_000)).toBe(true);
    expect(reached('WALL_SECONDS', 2, {}, 2_999)).toBe(false);
    const wall = [{ on: 'WALL_SECONDS', threshold: 2, do: 'KILL' }] as const;
    expect(nextWallTrigger(fresh, wall, [])).toBe(3_000);
    expect(nextWallTrigger(fresh, wall, [0])).toBeUndefined();
  });

  it('say little of few tasks', () => {
    expect(reached('ERROR_RATE', 0.5, { counts: { started: 1, ended: 1, failed: 1 } })).toBe(false);
  });

  it('act once, and not when the run has ended', () => {
    const tasks = [{ on: 'TASKS', threshold: 1, do: 'PAUSE' }] as const;
    const busy = { ...fresh, counts: { started: 1, ended: 0, failed: 0 } };
    expect(reachedTriggers(busy, tasks, [], 0)).toEqual([0]);
    expect(reachedTriggers(busy, tasks, [0], 0)).toEqual([]);
    expect(reachedTriggers({ ...busy, outcome: { status: 'SUCCEEDED', at: 1 } }, tasks, [], 0)).toEqual([]);
  });

  it('count equal calls where they are counted', () => {
    const events = [
      { type: 'start', at: 1 },
      {
        type: 'retrying',
        path: 'a',
        at: 2,
        attempts: 1,
        until: 3,
        error: { code: 'X', message: 'x', retryable: true },
        call: 'c',
      },
      { type: 'due', path: 'a', at: 3 },
      { type: 'succeeded', path: 'a', at: 4, attempts: 2, output: { inline: 1 }, call: 'c' },
    ] as const;
    const begun = (state: EngineState) =>
      advance(plan, state, [
        events[0],
        { type: 'started', path: 'a', at: 1, attempt: 1 },
        ...events.slice(1),
      ] as never).state;
    expect(begun({ ...fresh, calls: {} }).calls).toEqual({ c: 2 });
    expect(begun(fresh).calls).toBeUndefined();
  });
});
