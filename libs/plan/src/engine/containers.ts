import type { Draft } from './draft.js';
import { formatDuration } from '../duration.js';
import { move, nodeAt, openBodies, taskAt } from './draft.js';
import { emission } from './emission.js';
import { end, stopScope } from './end.js';
import type { TaskState } from './state.js';

/** The time of a container is over: nothing new starts in it, and it fails when what runs has ended. */
export function expire(draft: Draft, path: string, at: number): void {
  const { task } = nodeAt(draft, path);
  const { timeoutMs = Infinity, deadlineMs = Infinity } = task;
  const code = timeoutMs <= deadlineMs ? 'TIMEOUT' : 'DEADLINE_EXCEEDED';
  const message = `it took longer than the ${formatDuration(Math.min(timeoutMs, deadlineMs))} that it is given`;
  const error = { code, message, retryable: false, hint: 'Raise `timeout` or `deadline`.' };
  const state = taskAt(draft, path);
  const bodies = openBodies(draft, path);
  const { until: _, ...rest } = state;
  draft.tasks[path] = state.map ? { ...rest, map: { ...state.map, failure: error } } : rest;
  for (const body of bodies) {
    const scope = draft.scopes[body];
    if (scope && !state.map) draft.scopes[body] = { ...scope, failure: scope.failure ?? error };
    stopScope(draft, body, at);
    draft.closing.push(body);
  }
  if (state.map) draft.closing.push(path);
  else if (bodies.length === 0) end(draft, path, at, { status: 'FAILED', error });
}

/** A container that the engine itself performs begins. */
export function beginContainer(
  draft: Draft,
  path: string,
  at: number,
  state: Pick<TaskState, 'branch' | 'loop' | 'map'>,
): void {
  const { task } = nodeAt(draft, path);
  const { readyAt } = taskAt(draft, path);
  const { timeoutMs = Infinity, deadlineMs = Infinity } = task;
  const limit = Math.min(at + timeoutMs, (readyAt ?? at) + deadlineMs);
  const until = limit === Infinity ? {} : { until: limit };
  move(draft, path, { status: 'RUNNING', readyAt, startedAt: at, attempts: 1, ...until, ...state });
  draft.emissions.push(
    emission('task.started', at, {
      taskPath: path,
      data: { attempt: 1 },
      task: { path, kind: task.kind, title: task.title, status: 'RUNNING', startedAt: at },
    }),
  );
}
