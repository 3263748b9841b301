import type { Failure } from '#contracts';
import type { Draft } from './draft.js';
import { failureAt, isOurs, nodeAt, openBodies, taskAt } from './draft.js';
import { end } from './end.js';
import { containerNode, isContainer } from './plan-index.js';
import { becomeReady } from './settle.js';
import type { EngineEvent } from './state.js';
import { nextGeneration } from './task-state.js';
import { taskEnded } from './transitions.js';

/** Tries a task again that had failed or was cancelled, with all around it that ended because of it. */
export function retry(draft: Draft, { path, at, input }: EngineEvent & { type: 'retry' }): void {
  if (!isOurs(draft, path) || !canReopen(draft, path)) return;
  const before = taskAt(draft, path);
  reopen(draft, path);
  draft.tasks[path] = {
    status: 'PENDING',
    ...(before.attempts === undefined ? {} : { attempts: before.attempts }),
    ...(before.unknown ? { unknown: true } : {}),
    ...(before.questions === undefined ? {} : { questions: before.questions }),
    ...nextGeneration(before),
    ...(input ? { input } : {}),
  };
  const { kind } = nodeAt(draft, path).task;
  draft.emissions.push({ task: { path, kind, error: null, finishedAt: null } });
  becomeReady(draft, path, at);
}

/** Counts a task as done that waits, or had failed: those that need it go on, and may read the output given. */
export function skip(draft: Draft, { path, at, output, by }: EngineEvent & { type: 'skip' }): void {
  const { status } = taskAt(draft, path);
  if (!isOurs(draft, path) || status === 'RUNNING' || isContainer(nodeAt(draft, path).task)) return;
  if (taskEnded(status)) {
    if (!canReopen(draft, path)) return;
    reopen(draft, path);
    draft.tasks[path] = { status: 'PENDING' };
    draft.emissions.push({ task: { path, kind: nodeAt(draft, path).task.kind, error: null } });
  }
  end(draft, path, at, { status: 'SKIPPED', output }, by);
}

function canReopen(draft: Draft, path: string): boolean {
  const { status } = taskAt(draft, path);
  const { scope } = nodeAt(draft, path);
  return (status === 'FAILED' || status === 'CANCELLED') && draft.scopes[scope] !== undefined;
}

/**
 * Takes back an end: of the task, of the failure it was to its body, of what was cancelled by that, and of the
 * containers around. The run goes on. Another failure in the same body stands: it was no less one.
 */
function reopen(draft: Draft, path: string): void {
  const { scope } = nodeAt(draft, path);
  const body = draft.scopes[scope];
  if (!body) return;
  const { failure: before, ...rest } = body;
  const failure = otherFailure(draft, scope, path);
  draft.scopes[scope] = { ...rest, left: rest.left + 1, ...(failure ? { failure } : {}) };
  if (draft.cancelling || (before && !failure)) restoreCancelled(draft, scope, path);
  const container = containerNode(draft.index, scope);
  if (!container) {
    const wasCancelled = draft.cancelling;
    draft.outcome = null;
    draft.cancelling = false;
    // A cancel had ended all that was under way, in every body.
    if (wasCancelled) for (const open of Object.keys(draft.scopes)) restoreCancelled(draft, open, path);
    return;
  }
  if (!taskEnded(taskAt(draft, container.path).status)) return;
  reopen(draft, container.path);
  goOn(draft, container.path);
}

/** The failure of another task of the body, which ends it as well. */
function otherFailure(draft: Draft, scope: string, path: string): Failure | undefined {
  for (const sibling of draft.index.scope(scope)?.tasks ?? []) {
    const { status, error } = taskAt(draft, sibling);
    if (sibling === path || status !== 'FAILED' || nodeAt(draft, sibling).task.onError === 'continue')
      continue;
    return failureAt(error, sibling);
  }
  return undefined;
}

/** Tasks that were cancelled by another's failure, or with the run, have not ended after all. */
function restoreCancelled(draft: Draft, scope: string, except: string): void {
  for (const path of draft.index.scope(scope)?.tasks ?? []) {
    const body = draft.scopes[scope];
    if (!body || path === except || taskAt(draft, path).status !== 'CANCELLED') continue;
    draft.scopes[scope] = { ...body, left: body.left + 1 };
    if (openBodies(draft, path).length > 0) goOn(draft, path);
    else {
      delete draft.tasks[path];
      draft.queue.push(path);
    }
    const { kind } = nodeAt(draft, path).task;
    draft.emissions.push({ task: { path, kind, status: 'PENDING', error: null, finishedAt: null } });
  }
}

/** A container whose body is open again. */
function goOn(draft: Draft, path: string): void {
  const { error: _, output: __, ...before } = taskAt(draft, path);
  draft.tasks[path] = { ...before, status: 'RUNNING' };
  const { kind } = nodeAt(draft, path).task;
  draft.emissions.push({ task: { path, kind, status: 'RUNNING', error: null, finishedAt: null } });
}
