import { expect, it } from '@jest/globals';
import { nexusError } from '#contracts';
import type { ApiClient } from '../api-client.js';
import { runStream } from './run-stream.js';

const all = ['1', '2', '3', '4', '5'].map((cursor) => ({
  cursor,
  type: 'task.ready',
  at: '',
  taskPath: 'a',
  data: null,
}));

/** An API whose stream breaks after each pair of events: first by an error, then by completing early. */
function brittleApi(end: 'SUCCEEDED' | 'RUNNING' = 'SUCCEEDED') {
  const asked: (string | null)[] = [];
  const api: ApiClient = {
    url: 'http://nexus.test',
    request: async () => ({ run: { status: asked.length < 3 ? 'RUNNING' : end } }) as never,
    subscribe: async function* (_operation, variables) {
      const { after } = variables as { after: string | null };
      asked.push(after);
      const from = all.findIndex((event) => event.cursor === after) + 1;
      for (const runEvents of all.slice(from, from + 2)) yield { runEvents } as never;
      if (asked.length === 1) throw nexusError('UNAVAILABLE', 'gone', { retryable: true });
    },
  };
  return { api, asked };
}

it('goes on after the last event when the stream breaks: none lost, none twice', async () => {
  const { api, asked } = brittleApi();
  const states: string[] = [];
  const cursors: string[] = [];
  const options = {
    signal: new AbortController().signal,
    onConnection: (state: string) => states.push(state),
  };
  for await (const { cursor } of runStream(api, 'run_1', options)) cursors.push(cursor);
  expect(cursors).toEqual(['1', '2', '3', '4', '5']);
  expect(asked).toEqual([null, '2', '4']);
  expect(states).toEqual(['lost', 'back']);
});

it('starts after a given cursor', async () => {
  const { api, asked } = brittleApi();
  for await (const { cursor } of runStream(api, 'run_1', {
    signal: new AbortController().signal,
    after: '3',
  })) {
    expect(Number(cursor)).toBeGreaterThan(3);
  }
  expect(asked[0]).toBe('3');
});

it('gives up when the API stays away, and says that the run goes on', async () => {
  const api: ApiClient = {
    url: 'http://nexus.test',
    request: () => Promise.reject(nexusError('UNAVAILABLE', 'gone', { retryable: true })),
    // oxlint-disable-next-line require-yield
    subscribe: async function* () {
      throw nexusError('UNAVAILABLE', 'gone', { retryable: true });
    },
  };
  const stream = runStream(api, 'run_1', { signal: new AbortController().signal, patienceMs: 100 });
  await expect(stream.next()).rejects.toMatchObject({
    code: 'UNAVAILABLE',
    message: expect.stringContaining('itself goes on'),
  });
});

it('ends when it is interrupted', async () => {
  const { api } = brittleApi('RUNNING');
  const controller = new AbortController();
  const cursors: string[] = [];
  for await (const { cursor } of runStream(api, 'run_1', { signal: controller.signal })) {
    cursors.push(cursor);
    if (cursor === '5') controller.abort();
  }
  expect(cursors).toHaveLength(5);
});
