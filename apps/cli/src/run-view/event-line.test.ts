import { expect, it } from '@jest/globals';
import type { JsonObject } from '#contracts';
import { eventLine } from './event-line.js';

function line(type: string, taskPath: string | null, data: JsonObject | null): string {
  return eventLine({ cursor: '1', type, at: '2026-01-31T13:04:05.123Z', taskPath, data });
}

it.each([
  ['task.succeeded', 'build', null, '13:04:05.123  task.succeeded  build'],
  ['task.started', 'build', { attempt: 2 }, '13:04:05.123  task.started    build  attempt 2'],
  [
    'task.failed',
    'a',
    { error: { code: 'TIMEOUT', message: 'slow\nreply' } },
    '13:04:05.123  task.failed     a  TIMEOUT: slow reply',
  ],
  [
    'task.output',
    'a',
    { stream: 'stdout', text: '\u001b[31mred\u001b[0m\n' },
    '13:04:05.123  task.output     a  red',
  ],
  [
    'run.waiting',
    null,
    { wait: { kind: 'TIMER', detail: 'until noon' } },
    '13:04:05.123  run.waiting     TIMER: until noon',
  ],
  [
    'model.call',
    'ask',
    { deployment: 'openai:x', tokens: 12, cost: '0.0004', ms: 80 },
    '13:04:05.123  model.call      ask  openai:x  12 tokens  $0.0004  80 ms',
  ],
])('shows %s on one line', (type, taskPath, data, text) => {
  expect(line(type, taskPath, data as JsonObject | null)).toBe(text);
});
