import type { Failure, Pause, Usage } from '#contracts';
import { addUsage } from '#contracts';
import type { BoundPlan } from './bound-plan.js';
import { withCall } from './calls.js';
import type { Emission } from './emission.js';
import { containerOf, containersOf } from './paths.js';
import type { PlanIndex, PlanNode } from './plan-index.js';
import { isContainer, isWhole, nodeOf, outerScope, planIndex, tasksOfBody } from './plan-index.js';
import type {
  BudgetQuestions,
  EngineState,
  Outcome,
  RollbackRequest,
  ScopeState,
  Slot,
  TaskCounts,
  TaskState,
} from './state.js';
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
  /** Bodies in which nothing may be left. */
  readonly closing: string[];
  ready: string[];
  phase: EngineState['phase'];
  pauses: readonly Pause[];
  pausedAt: number | undefined;
  pausedMs: number;
  counts: TaskCounts;
  room: number | undefined;
  calls: Readonly<Record<string, number>> | undefined;
  cancelling: boolean;
  rollback: RollbackRequest | undefined;
  budget: BudgetQuestions;
  running: number;
  segments: number;
  usage: Usage;
  outcome: Outcome | null;
}

export const noCounts: TaskCounts = { started: 0, ended: 0, failed: 0 };

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
    closing: [],
    ready: [...state.ready],
    phase: state.phase,
    pauses: state.pauses ?? [],
    pausedAt: state.pausedAt,
    pausedMs: state.pausedMs ?? 0,
    counts: state.counts ?? noCounts,
    room: state.room,
    calls: state.calls,
    cancelling: state.cancelling,
    rollback: state.rollback,
    budget: state.budget ?? { questions: 0, isAsked: false },
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
    ...(draft.pauses.length === 0 ? {} : { pauses: draft.pauses, pausedAt: draft.pausedAt }),
    ...(draft.pausedMs === 0 ? {} : { pausedMs: draft.pausedMs }),
    counts: draft.counts,
    cancelling: draft.cancelling,
    ...(draft.rollback ? { rollback: draft.rollback } : {}),
    ...(draft.budget.questions === 0 ? {} : { budget: draft.budget }),
    tasks: draft.tasks,
    scopes: draft.scopes,
    ready: draft.ready,
    asks: draft.asks,
    running: draft.running,
    segments: draft.segments,
    usage: draft.usage,
    ...(before.only === undefined ? {} : { only: before.only }),
    ...(draft.room === undefined ? {} : { room: draft.room }),
    ...(draft.calls === undefined ? {} : { calls: draft.calls }),
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
  if (draft.only && !isPartOf(draft.index, draft.only, path)) return false;
  if (draft.tasks[path]?.claimedBy !== undefined) return false;
  return !containersOf(path).some((container) => draft.tasks[container]?.claimedBy !== undefined);
}

/** Whether a segment of these tasks has the task: it is one of them, or in one that is there as a whole. */
export function isPartOf(index: PlanIndex, members: ReadonlySet<string>, path: string): boolean {
  return members.has(path) || containersOf(path).some((outer) => isWholeMember(index, members, outer));
}

function isWholeMember(index: PlanIndex, members: ReadonlySet<string>, path: string): boolean {
  return members.has(path) && isWhole(nodeOf(index, path).task);
}

/** Moves a task to its next state; a step that the table does not have is a fault of the caller. */
export function move(draft: Draft, path: string, change: TaskState): void {
  const before = taskAt(draft, path);
  if (!transitions[before.status].includes(change.status)) {
    throw new Error(`task ${path} cannot go from ${before.status} to ${change.status}`);
  }
  if (before.status === 'READY') draft.ready = draft.ready.filter((ready) => ready !== path);
  if (before.status === 'RUNNING' && isLeaf(draft, path)) draft.running--;
  if (change.status === 'RUNNING' && isLeaf(draft, path)) {
    draft.running++;
    draft.counts = { ...draft.counts, started: draft.counts.started + 1 };
  }
  if (change.status === 'READY') draft.ready.push(path);
  draft.tasks[path] = change;
}

function isLeaf(draft: Draft, path: string): boolean {
  return !isContainer(nodeAt(draft, path).task);
}

/** Whether nothing new may start in a scope, by its own failure, an outer one's, or a cancel. */
export function isStopped(draft: Draft, scope: string): boolean {
  if (draft.cancelling) return true;
  for (let at: string | undefined = scope; at !== undefined; at = outerScope(at)) {
    if (draft.scopes[at]?.failure || draft.tasks[containerOf(at)]?.map?.failure) return true;
  }
  return false;
}

/** Tasks of a body that is under way. */
export function tasksIn(draft: Draft, path: string): readonly string[] {
  return tasksOfBody(draft.index, draft.tasks, path);
}

/** The bodies of a container that are open. */
export function openBodies(draft: Draft, path: string): string[] {
  const { loop, map } = taskAt(draft, path);
  if (map) return map.open.map((item) => `${path}[${item}]`).filter((scope) => draft.scopes[scope]);
  const only = loop ? `${path}[${loop.index - 1}]` : path;
  return draft.scopes[only] ? [only] : [];
}

/** Forgets a body that has ended: what it came to is kept by its container, and its tasks' rows by the store. */
export function forget(draft: Draft, scope: string): void {
  delete draft.scopes[scope];
  for (const path of draft.index.scope(scope)?.tasks ?? []) forgetTask(draft, path);
}

function forgetTask(draft: Draft, path: string): void {
  if (draft.tasks[path] === undefined) return;
  for (const body of openBodies(draft, path)) forget(draft, body);
  delete draft.tasks[path];
}

/** Counts a call, where calls are counted. */
export function countCall(draft: Draft, call: string | undefined, times = 1): void {
  if (call === undefined || draft.calls === undefined) return;
  draft.calls = withCall(draft.calls, call, times);
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
  const { started, ended, failed } = draft.counts;
  draft.counts = { started, ended: ended + 1, failed: failed + (task.status === 'FAILED' ? 1 : 0) };
  const fails = task.status === 'FAILED' && node.task.onError !== 'continue' && !scope.failure;
  draft.scopes[node.scope] = {
    ...scope,
    left: scope.left - 1,
    ...(fails ? { failure: failureAt(task.error, path) } : {}),
  };
  draft.queue.push(...node.dependents);
}

/** A task's failure as that of its body. */
export function failureAt(error: Failure | undefined, path: string): Failure {
  const failure = error ?? { code: 'INTERNAL', message: `task ${path} failed`, retryable: false };
  return { ...failure, taskPath: failure.taskPath ?? path };
}
