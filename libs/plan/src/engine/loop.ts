import type { JsonValue, StoredValue } from '#contracts';
import { inline } from '#contracts';
import type { LoopSpec } from './bound-plan.js';
import { beginContainer } from './containers.js';
import type { Draft } from './draft.js';
import { forget, isStopped, move, nodeAt, openBodies, taskAt } from './draft.js';
import { end } from './end.js';
import { evaluateOrAsk } from './evaluate-or-ask.js';
import type { LoopState } from './state.js';
import { wasCut } from './sub-plan.js';
import { taskViews } from './task-views.js';

/** Begins a loop, or goes on with one that a segment left between two turns. */
export function openLoop(draft: Draft, path: string, at: number): void {
  const task = taskAt(draft, path);
  if (task.loop === undefined) beginContainer(draft, path, at, { loop: { index: 0, last: null } });
  else move(draft, path, { ...task, status: 'RUNNING' });
  draft.queue.push(path);
}

/** Between two turns: asks whether there is another. */
export function considerTurn(draft: Draft, path: string, at: number): void {
  const { loop } = taskAt(draft, path);
  const { task, scope } = nodeAt(draft, path);
  if (!loop || draft.asks[path] || openBodies(draft, path).length > 0) return;
  if (isStopped(draft, scope)) return end(draft, path, at, { status: 'CANCELLED' });
  const evaluation = evaluateOrAsk(draft, path, scope, 'while', (task.spec as LoopSpec).while, loop);
  if (evaluation === 'asked') return;
  if ('error' in evaluation) end(draft, path, at, { status: 'FAILED', error: evaluation.error });
  else decideTurn(draft, path, at, evaluation.value);
}

/** Whether there is another turn, now that the condition is known. */
export function decideTurn(draft: Draft, path: string, at: number, value: JsonValue): void {
  const before = taskAt(draft, path);
  const { index = 0, last = null } = before.loop ?? {};
  const spec = nodeAt(draft, path).task.spec as LoopSpec;
  if (!value) return finishLoop(draft, path, at, { index, last });
  if (index >= spec.maxIterations) {
    const message = `the loop would go on after its ${spec.maxIterations} turns`;
    const hint = 'raise `maxIterations`, or see why `while` stays true';
    const error = { code: 'LOOP_LIMIT', message, hint, retryable: false };
    return end(draft, path, at, { status: 'FAILED', error });
  }
  if (draft.room !== undefined && draft.room <= 0) return move(draft, path, { ...before, status: 'READY' });
  if (draft.room !== undefined) draft.room -= spec.tasks.length;
  const body = `${path}[${index}]`;
  draft.tasks[path] = { ...before, loop: { index: index + 1, last } };
  draft.scopes[body] = { left: spec.tasks.length };
  draft.queue.push(...(draft.index.scope(body)?.tasks ?? []));
}

/** The end of a turn: what its tasks came to is what the next one can read. */
export function completeTurn(draft: Draft, path: string, body: string, at: number): void {
  const failure = draft.scopes[body]?.failure;
  if (failure) return end(draft, path, at, { status: 'FAILED', error: failure, attempts: 1 });
  if (wasCut(draft, body)) return end(draft, path, at, { status: 'CANCELLED' });
  const tasks = draft.index.scope(body)?.tasks ?? [];
  const evaluation = evaluateOrAsk(draft, path, body, 'turn', taskViews(tasks));
  if (evaluation === 'asked') return;
  if ('error' in evaluation) end(draft, path, at, { status: 'FAILED', error: evaluation.error });
  else closeTurn(draft, path, inline(evaluation.value));
}

/** Keeps what a turn came to, and forgets the rest of it. */
export function closeTurn(draft: Draft, path: string, last: StoredValue): void {
  const task = taskAt(draft, path);
  const { index = 0 } = task.loop ?? {};
  forget(draft, `${path}[${index - 1}]`);
  draft.tasks[path] = { ...task, loop: { index, last } };
  draft.queue.push(path);
}

function finishLoop(draft: Draft, path: string, at: number, loop: LoopState): void {
  const { scope } = nodeAt(draft, path);
  const evaluation = evaluateOrAsk(draft, path, scope, 'output', loopResult(loop), loop);
  if (evaluation === 'asked') return;
  if ('error' in evaluation) end(draft, path, at, { status: 'FAILED', error: evaluation.error });
  else end(draft, path, at, { status: 'SUCCEEDED', output: inline(evaluation.value), attempts: 1 });
}

/** The expression that gives a loop's output, standing where its condition does. */
export function loopResult({ index }: LoopState): JsonValue {
  return { iterations: index, last: '${loop.last}' };
}
