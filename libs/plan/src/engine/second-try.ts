import type { Draft } from './draft.js';
import { isOurs, nodeAt, taskAt } from './draft.js';
import { end } from './end.js';
import { containerNode, isContainer } from './plan-index.js';
import { becomeReady } from './settle.js';
import type { EngineEvent } from './state.js';
import { taskEnded } from './transitions.js';

/** Tries a task again that had failed or was cancelled, with all around it that ended because of it. */
export function retry(draft: Draft, { path, at, input }: EngineEvent & { type: 'retry' }): void {
  if (!isOurs(draft, path) || !canReopen(draft, path)) return;
  const before = taskAt(draft, path);
  reopen(draft, path);
  draft.tasks[path] = {
    status: 'PENDING',
    ...(before.attempts === undefined ? {} : { attempts: before.attempts }),
    generation: (before.generation ?? 0) + 1,
    ...(input ? { input } : {}),
  };
  becomeReady(draft, path, at);
}

/** Counts a task as done that waits, or had failed: those that need it go on, and may read the output given. */
export function skip(draft: Draft, { path, at, output }: EngineEvent & { type: 'skip' }): void {
  const { status } = taskAt(draft, path);
  if (!isOurs(draft, path) || status === 'RUNNING' || isContainer(nodeAt(draft, path).task)) return;
  if (taskEnded(status)) {
    if (!canReopen(draft, path)) return;
    reopen(draft, path);
    draft.tasks[path] = { status: 'PENDING' };
  }
  end(draft, path, at, { status: 'SKIPPED', output });
}

function canReopen(draft: Draft, path: string): boolean {
  const { status } = taskAt(draft, path);
  const { scope } = nodeAt(draft, path);
  return (status === 'FAILED' || status === 'CANCELLED') && draft.scopes[scope] !== undefined;
}

/**
 * Takes back an end: of the task, of the failure it was to its body, of what was cancelled by that, and of the
 * containers around. The run goes on.
 */
function reopen(draft: Draft, path: string): void {
  const { scope } = nodeAt(draft, path);
  const body = draft.scopes[scope];
  if (!body) return;
  const { failure, ...rest } = body;
  const cured = failure !== undefined && (failure.taskPath === path || failure.taskPath?.startsWith(path));
  draft.scopes[scope] =
    cured || failure === undefined ? { ...rest, left: rest.left + 1 } : { ...body, left: body.left + 1 };
  if (cured) {
    for (const sibling of draft.index.scope(scope)?.tasks ?? []) {
      if (sibling !== path && taskAt(draft, sibling).status === 'CANCELLED') restore(draft, scope, sibling);
    }
  }
  const container = containerNode(draft.index, scope);
  if (!container) {
    draft.outcome = null;
    draft.cancelling = false;
    return;
  }
  if (!taskEnded(taskAt(draft, container.path).status)) return;
  reopen(draft, container.path);
  const { error: _, output: __, ...before } = taskAt(draft, container.path);
  draft.tasks[container.path] = { ...before, status: 'RUNNING' };
}

/** A task that was cancelled by another's failure has not begun after all. */
function restore(draft: Draft, scope: string, path: string): void {
  const body = draft.scopes[scope];
  if (!body) return;
  draft.scopes[scope] = { ...body, left: body.left + 1 };
  delete draft.tasks[path];
  draft.queue.push(path);
}
