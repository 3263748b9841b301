import type { JsonValue } from '#contracts';
import type { BranchSpec } from './bound-plan.js';
import { beginContainer } from './containers.js';
import type { Draft } from './draft.js';
import { nodeAt, taskAt, tasksIn } from './draft.js';
import { end } from './end.js';
import { evaluateOrAsk } from './evaluate-or-ask.js';
import type { Evaluation } from './evaluate-or-ask.js';
import { taskViews } from './task-views.js';

/** Looks for the case to take, from the first. */
export function openBranch(draft: Draft, path: string, at: number): void {
  beginContainer(draft, path, at, { branch: { case: 0 } });
  chooseCase(draft, path, at, 0);
}

/** Asks the conditions one after the other: a later one may fail where an earlier one is true. */
function chooseCase(draft: Draft, path: string, at: number, from: number): void {
  const { task, scope } = nodeAt(draft, path);
  const { cases, otherwise } = task.spec as BranchSpec;
  for (let index = from; index < cases.length; index++) {
    draft.tasks[path] = { ...taskAt(draft, path), branch: { case: index } };
    const evaluation = evaluateOrAsk(draft, path, scope, 'case', cases[index]?.if ?? null);
    if (evaluation === 'asked') return;
    if ('error' in evaluation) return end(draft, path, at, { status: 'FAILED', error: evaluation.error });
    if (evaluation.value) return enterCase(draft, path, index);
  }
  enterCase(draft, path, otherwise === null ? null : -1);
}

/** Goes on when the condition that was asked for is known. */
export function decideCase(draft: Draft, path: string, at: number, value: JsonValue): void {
  const asked = taskAt(draft, path).branch?.case ?? 0;
  if (value) enterCase(draft, path, asked);
  else chooseCase(draft, path, at, asked + 1);
}

function enterCase(draft: Draft, path: string, taken: number | null): void {
  draft.tasks[path] = { ...taskAt(draft, path), branch: { case: taken } };
  const tasks = tasksIn(draft, path);
  draft.scopes[path] = { left: tasks.length };
  draft.queue.push(...tasks);
  draft.closing.push(path);
}

/** `{ case, tasks }`: the case taken, and its tasks as expressions see them. */
export function branchOutput(draft: Draft, path: string): Evaluation {
  const taken = taskAt(draft, path).branch?.case ?? null;
  return evaluateOrAsk(draft, path, path, 'output', branchResult(taken, tasksIn(draft, path)));
}

/** The expression that gives a branch's output, standing in its body. */
export function branchResult(taken: number | null, tasks: readonly string[]): JsonValue {
  return { case: taken, tasks: taskViews(tasks) };
}
