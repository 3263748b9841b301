import type { Failure, Usage } from '#contracts';
import { addUsage } from '#contracts';
import type { BoundPlan } from './bound-plan.js';
import type { Emission } from './emission.js';
import type { PlanIndex, PlanNode } from './plan-index.js';
import { nodeOf, planIndex } from './plan-index.js';
import type { EngineState, Outcome, ScopeState, Slot, TaskState } from './state.js';
import { taskEnded, transitions } from './transitions.js';

/**
 * A state while events are being applied to it. It owns copies of the records it changes, so that the
 * state it came from stays as it was; nobody outside the engine sees one.
 */
export interface Draft {
  readonly plan: BoundPlan;
  readonly index: PlanIndex;
  readonly runId: string;
  readonly startedAt: number;
  readonly only: ReadonlySet<string> | null;
  readonly tasks: Record<string, TaskState>;
  readonly scopes: Record<string, ScopeState>;
  readonly asks: Record<string, Slot>;
  readonly emissions: Emission[];
  /** Paths whose turn it may be. */
  readonly queue: string[];
  ready: string[];
  phase: EngineState['phase'];
  cancelling: boolean;
  running: number;
  segments: number;
  usage: Usage;
  outcome: Outcome | null;
}

export function openDraft(plan: BoundPlan, state: EngineState): Draft {
  return {
    plan,
    index: planIndex(plan),
    runId: state.runId,
    startedAt: state.startedAt,
    only: state.only ? new Set(state.only) : null,
    tasks: { ...state.tasks },
    scopes: { ...state.scopes },
    asks: { ...state.asks },
    emissions: [],
    queue: [],
    ready: [...state.ready],
    phase: state.phase,
    cancelling: state.cancelling,
    running: state.running,
    segments: state.segments,
    usage: state.usage,
    outcome: state.outcome,
  };
}

export function closeDraft(draft: Draft, before: EngineState): EngineState {
  return {
    engine: before.engine,
    runId: before.runId,
    startedAt: before.startedAt,
    phase: draft.phase,
    cancelling: draft.cancelling,
    tasks: draft.tasks,
    scopes: draft.scopes,
    ready: draft.ready,
    asks: draft.asks,
    running: draft.running,
    segments: draft.segments,
    usage: draft.usage,
    ...(before.only === undefined ? {} : { only: before.only }),
    outcome: draft.outcome,
  };
}

/** The state as expressions' environments are made from it. */
export function viewOf(draft: Draft): EngineState {
  return { ...draft, engine: draft.plan.engine, only: undefined };
}

export function nodeAt(draft: Draft, path: string): PlanNode {
  return nodeOf(draft.index, path);
}

export function taskAt(draft: Draft, path: string): TaskState {
  return draft.tasks[path] ?? { status: 'PENDING' };
}

/** Whether the engine may touch the task now: it is in this engine's part, and no segment has it in hand. */
export function isOurs(draft: Draft, path: string): boolean {
  if (draft.only && !draft.only.has(path)) return false;
  return draft.tasks[path]?.claimedBy === undefined;
}

/** Moves a task to its next state; a step that the table does not have is a fault of the caller. */
export function move(draft: Draft, path: string, change: TaskState): void {
  const before = taskAt(draft, path);
  if (!transitions[before.status].includes(change.status)) {
    throw new Error(`task ${path} cannot go from ${before.status} to ${change.status}`);
  }
  if (before.status === 'READY') draft.ready = draft.ready.filter((ready) => ready !== path);
  if (before.status === 'RUNNING' && isLeaf(draft, path)) draft.running--;
  if (change.status === 'RUNNING' && isLeaf(draft, path)) draft.running++;
  if (change.status === 'READY') draft.ready.push(path);
  draft.tasks[path] = change;
}

function isLeaf(draft: Draft, path: string): boolean {
  return nodeAt(draft, path).task.place !== 'inline';
}

/** Whether nothing new may start in a scope, by its own failure, an outer one's, or a cancel. */
export function isStopped(draft: Draft, scope: string): boolean {
  if (draft.cancelling) return true;
  for (let at: string | undefined = scope; at !== undefined; at = outerScope(draft, at)) {
    if (draft.scopes[at]?.failure) return true;
  }
  return false;
}

function outerScope(draft: Draft, scope: string): string | undefined {
  return scope === '' ? undefined : nodeAt(draft, scope).scope;
}

export function use(draft: Draft, usage: Usage | undefined): void {
  if (usage) draft.usage = addUsage(draft.usage, usage);
}

/** Counts a task that has ended out of its scope, and passes its failure on if the scope is to fail by it. */
export function countOut(draft: Draft, path: string): void {
  const node = nodeAt(draft, path);
  const scope = draft.scopes[node.scope];
  const task = taskAt(draft, path);
  if (!scope || !taskEnded(task.status)) return;
  const fails = task.status === 'FAILED' && node.task.onError === 'fail' && !scope.failure;
  draft.scopes[node.scope] = {
    ...scope,
    left: scope.left - 1,
    ...(fails ? { failure: withPath(task.error, path) } : {}),
  };
  draft.queue.push(...node.dependents);
}

function withPath(error: Failure | undefined, path: string): Failure {
  const failure = error ?? { code: 'INTERNAL', message: `task ${path} failed`, retryable: false };
  return { ...failure, taskPath: failure.taskPath ?? path };
}
