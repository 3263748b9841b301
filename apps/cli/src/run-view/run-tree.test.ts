import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '#contracts';
import { emptyTree, withEvent } from './run-tree.js';
import type { EventView } from './run-stream.js';
import { treeLines } from './tree-lines.js';

const start = Date.parse('2026-01-01T00:00:00Z');
const look = { paint: (_style: unknown, text: string) => text, width: 80, now: start + 9_000 };

function event(
  type: string,
  afterMs: number,
  taskPath: string | null = null,
  data: JsonObject | null = null,
): EventView {
  return { cursor: String(afterMs), type, at: new Date(start + afterMs).toISOString(), taskPath, data };
}

function drawn(events: EventView[], maxTasks?: number): string[] {
  return treeLines(events.reduce(withEvent, emptyTree), { ...look, maxTasks });
}

describe('the tree of a run', () => {
  it('shows status, time, attempts, cost and failure of each task, below its container', () => {
    expect(
      drawn([
        event('run.started', 0),
        event('task.started', 0, 'build', { attempt: 1 }),
        event('task.retrying', 500, 'build', { attempt: 2, error: { code: 'TIMEOUT', message: 'slow' } }),
        event('task.started', 1_000, 'build', { attempt: 2 }),
        event('task.succeeded', 3_000, 'build'),
        event('task.started', 3_000, 'fix'),
        event('task.started', 3_000, 'fix[0]/check', { attempt: 1 }),
        event('model.call', 3_500, 'fix[0]/check', { cost: '0.0123' }),
        event('task.failed', 4_000, 'fix[0]/check', {
          error: { code: 'TOOL_FAILED', message: 'exit\ncode 2' },
        }),
        event('task.progress', 5_000, 'each', { done: 3, total: 9 }),
      ]),
    ).toEqual([
      '  ✓ build        3.0s  attempt 2',
      '  ● fix          6.0s',
      '  ✗   [0] check  1.0s             $0.0123  TOOL_FAILED: exit code 2',
      '  · each  3 of 9',
    ]);
  });

  it('follows the status of the run and says why it waits', () => {
    const waiting = [
      event('run.started', 0),
      event('run.waiting', 5, null, { wait: { kind: 'TIMER', detail: 'timer' } }),
    ];
    expect(waiting.reduce(withEvent, emptyTree)).toMatchObject({
      status: 'WAITING',
      note: 'timer',
      startedAt: start,
    });
    const ended = [...waiting, event('run.ended', 9, null, { status: 'FAILED' })];
    expect(ended.reduce(withEvent, emptyTree)).toMatchObject({ status: 'FAILED', finishedAt: start + 9 });
  });

  it('keeps running and failed tasks in sight when there is no room, and counts the rest', () => {
    const many = Array.from({ length: 20 }, (_, index) => event('task.succeeded', index, `t${index}`));
    const lines = drawn([...many, event('task.started', 50, 'now'), event('task.failed', 60, 'bad')], 4);
    expect(lines.map((line) => line.trim().split(/\s+/).slice(0, 2).join(' '))).toEqual([
      '✓ t19',
      '● now',
      '✗ bad',
      '… 19',
    ]);
    expect(lines.at(-1)).toBe('  … 19 more: 19 succeeded');
  });

  it('never lets text of a run steer the terminal', () => {
    const [line] = drawn([
      event('task.failed', 0, 'a', { error: { code: 'X', message: '\u001b[2Jgone\u0007' } }),
    ]);
    expect(line).toBe('  ✗ a  X: gone');
  });

  it('keeps each line inside the width', () => {
    const [line] = drawn([event('task.failed', 0, 'a', { error: { code: 'X', message: 'y'.repeat(200) } })]);
    expect(Array.from(line ?? '')).toHaveLength(80);
  });
});
