import { describe, expect, it } from '@jest/globals';
import type { RunEvent } from '#contracts';
import type { RunRow } from '#store';
import { leavesOf } from './post-mortem-tasks.js';
import { postMortem } from './post-mortem.js';
import type { TaskView } from './task-view.js';

const view = (path: string, more: Partial<TaskView> = {}): TaskView =>
  ({
    path,
    kind: 'TOOL',
    status: 'CANCELLED',
    startedAt: null,
    attempts: [],
    error: null,
    ...more,
  }) as TaskView;
const run = {
  id: 'run_1',
  status: 'FAILED',
  goal: 'many',
  error: null,
  usage: { inputTokens: 0, outputTokens: 0, modelCalls: 0, toolCalls: 0, costNanos: 0 },
  createdAt: 0,
  startedAt: 0,
  finishedAt: 1,
  stopReason: null,
  stopBy: null,
  stoppedInMs: null,
} as unknown as RunRow;

describe('the leaves among tasks', () => {
  it('contain no others, neither by path nor by index', () => {
    const paths = [
      'a',
      'a-b',
      'a/x',
      'each',
      'each[0]/item',
      'each[1]/sub',
      'each[1]/sub/in',
      'fix',
      'fix[2]',
      'z',
    ];
    expect(leavesOf(paths.map((path) => view(path))).map(({ path }) => path)).toEqual([
      'a-b',
      'a/x',
      'each[0]/item',
      'each[1]/sub/in',
      'fix[2]',
      'z',
    ]);
  });
});

describe('a post-mortem of very many tasks', () => {
  it('looks at each task a bounded number of times', () => {
    let looks = 0;
    const counted = (task: TaskView): TaskView =>
      new Proxy(task, {
        get(target, name) {
          looks += name === 'path' ? 1 : 0;
          return Reflect.get(target, name) as unknown;
        },
      });
    const count = 4_000;
    const error = { code: 'TOOL_FAILED', message: 'the same', retryable: false };
    const tasks = Array.from({ length: count }, (_unused, index) =>
      counted(view(`each[${index}]/item`, { status: 'FAILED', error: { ...error, message: `${index}` } })),
    );
    const events: RunEvent[] = [{ type: 'run.ended', at: 1, position: 1 }];
    const { causes, undone, markdown } = postMortem({ run, tasks, events });
    expect([causes.length, undone.length]).toEqual([50, 1_000]);
    expect(markdown).toContain(`## Not done (${count})`);
    expect(looks).toBeLessThan(count * 20);
  });
});
