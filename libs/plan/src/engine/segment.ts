import type { Usage } from '#contracts';
import { advance, quietInMaps } from './advance.js';
import type { Advanced } from './advance.js';
import type { BoundPlan, BoundTask } from './bound-plan.js';
import type { Draft } from './draft.js';
import { closeDraft, countCall, isPartOf, isStopped, noCounts, openDraft, use } from './draft.js';
import { stopScope } from './end.js';
import { containerOf, containersOf, isUnder, scopeOf } from './paths.js';
import { isWhole, nodeOf, planIndex, tasksOfBody } from './plan-index.js';
import type { PlanIndex } from './plan-index.js';
import { decide } from './decide.js';
import { retry, skip } from './second-try.js';
import { settle } from './settle.js';
import type { Decision, EngineEvent, EngineState, TaskState } from './state.js';
import { taskEnded } from './transitions.js';

/** What a segment gives back has to fit into one payload of Temporal's. */
const most = 1_000;
/** Tasks that the turns of loops may bring in besides. */
const roomForTurns = 500;

/**
 * The tasks that one activity can carry through by itself: short ones that are ready, or whose needs have
 * ended or are among them, and the insides of sub-plans that open on the way.
 */
export function segmentMembers(plan: BoundPlan, state: EngineState): string[] {
  const index = planIndex(plan);
  const members = new Set<string>();
  const stopped = (scope: string): boolean =>
    state.cancelling ||
    state.scopes[scope]?.failure !== undefined ||
    state.tasks[containerOf(scope)]?.map?.failure !== undefined ||
    (scope !== '' && stopped(scopeOf(containerOf(scope))));
  const joins = (path: string): boolean => {
    const node = index.node(path);
    const task = state.tasks[path];
    if (!node || members.has(path) || task?.claimedBy !== undefined || stopped(node.scope)) return false;
    if (!canJoin(node.task)) return false;
    const resumes = task?.status === 'RUNNING' && isWhole(node.task);
    if (task && task.status !== 'PENDING' && task.status !== 'READY' && !resumes) return false;
    if (!state.scopes[node.scope] && !members.has(node.scope)) return false;
    if (!isOfOpenCase(index, state, path)) return false;
    return node.needs.every((need) => members.has(need) || taskEnded(state.tasks[need]?.status ?? 'PENDING'));
  };
  const queue = [...index.nodes.keys(), ...tasksOfTurnsAndItems(index, state)].filter(
    (path) => !containersOf(path).some((outer) => isWhole(nodeOf(index, outer).task)),
  );
  for (let path = queue.shift(); path !== undefined && members.size < most; path = queue.shift()) {
    if (!joins(path)) continue;
    members.add(path);
    const node = nodeOf(index, path);
    queue.push(...node.dependents);
    if (node.task.place === 'inline') queue.push(...(index.scope(path)?.tasks ?? []));
  }
  const order = (path: string): number => nodeOf(index, path).order;
  return [...members].sort((a, b) => order(a) - order(b));
}

/** Of containers, sub-plans go along task by task, and others only as a whole. */
function canJoin(task: BoundTask): boolean {
  return task.place === 'segment' || (task.place === 'inline' && task.spec.kind === 'plan');
}

function tasksOfTurnsAndItems(index: PlanIndex, state: EngineState): string[] {
  return Object.keys(state.scopes).flatMap((scope) =>
    scope.includes('[') ? (index.scope(scope)?.tasks ?? []) : [],
  );
}

/** Whether a task is not in a case that its branch has not taken. */
function isOfOpenCase(index: PlanIndex, state: EngineState, path: string): boolean {
  const scope = scopeOf(path);
  const container = scope === '' ? undefined : index.node(containerOf(scope));
  return container?.task.spec.kind !== 'branch' || tasksOfBody(index, state.tasks, scope).includes(path);
}

/** Gives the tasks to a segment: until it is folded the engine leaves them alone. */
export function claim(
  plan: BoundPlan,
  state: EngineState,
  segment: string,
  members: readonly string[],
): EngineState {
  const index = planIndex(plan);
  const claimed = new Set(members);
  const tasks: Record<string, TaskState> = { ...state.tasks };
  for (const path of members) tasks[path] = { ...(tasks[path] ?? { status: 'PENDING' }), claimedBy: segment };
  const isFree = (path: string): boolean => path === '' || !isPartOf(index, claimed, containerOf(path));
  return {
    ...state,
    tasks,
    segments: state.segments + 1,
    ready: state.ready.filter(isFree),
    asks: Object.fromEntries(Object.entries(state.asks).filter(([path]) => isFree(path))),
  };
}

/** The part of a state that a segment needs, from before it was claimed: its members, and what they can read. */
export function sliceOf(plan: BoundPlan, state: EngineState, members: readonly string[]): EngineState {
  const index = planIndex(plan);
  const own = new Set(members);
  const open = new Set(['']);
  const wanted = new Set(members);
  for (const path of members) {
    for (let scope = scopeOf(path); scope !== ''; scope = scopeOf(containerOf(scope))) {
      open.add(scope);
      wanted.add(containerOf(scope));
    }
  }
  // Siblings are readable, directly needed or not, and the outputs of plans read them too.
  for (const scope of open) for (const path of index.scope(scope)?.tasks ?? []) wanted.add(path);
  const wholes = members.filter((path) => isWhole(nodeOf(index, path).task));
  const within = (path: string): boolean => wholes.some((whole) => isUnder(whole, path) || whole === path);
  const keep = <T>(record: Readonly<Record<string, T>>, has: (path: string) => boolean): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([path]) => has(path)));
  const { pauses: _, pausedAt: __, ...rest } = state;
  return {
    ...rest,
    tasks: keep(state.tasks, (path) => wanted.has(path) || within(path)),
    scopes: keep(state.scopes, (scope) => open.has(scope) || within(scope)),
    ready: state.ready.filter((path) => own.has(path) || within(path)),
    asks: keep(state.asks, (path) => own.has(path) || within(path)),
    segments: 0,
    only: members,
    ...(state.calls ? { calls: {} } : {}),
    ...(wholes.length > 0 ? { room: roomForTurns } : {}),
  };
}

export interface Folded extends Advanced {
  /** Of the members' end, to be compared with what the segment itself came to. */
  readonly fingerprint: string;
}

/**
 * Brings a segment home: its events go through the same engine over the same slice, and the result into the
 * run. Gives only the emissions of what follows outside of it; its own were written where they happened.
 */
export function fold(
  plan: BoundPlan,
  state: EngineState,
  segment: {
    readonly slice: EngineState;
    readonly events: readonly EngineEvent[];
    readonly at: number;
    /** What people decided of its tasks while it was on its way: it comes before all that would follow. */
    readonly decisions?: readonly Decision[] | undefined;
  },
): Folded {
  const { slice, at } = segment;
  const result = advance(plan, slice, segment.events).state;
  const draft = openDraft(plan, state);
  draft.segments--;
  for (const [path, scope] of Object.entries(result.scopes)) {
    const outer = draft.scopes[path];
    if (!outer) draft.scopes[path] = scope;
    else if (scope.failure && !outer.failure) draft.scopes[path] = { ...outer, failure: scope.failure };
  }
  for (const path of slice.only ?? []) {
    const task = result.tasks[path] ?? { status: 'PENDING' };
    draft.tasks[path] = task;
    const node = nodeOf(draft.index, path);
    if (isWhole(node.task)) takeOver(draft, result, path);
    const outer = state.scopes[node.scope] ? draft.scopes[node.scope] : undefined;
    if (taskEnded(task.status)) {
      if (outer) draft.scopes[node.scope] = { ...outer, left: outer.left - 1 };
      draft.queue.push(...node.dependents);
    } else if (task.status === 'PENDING') {
      delete draft.tasks[path];
      draft.queue.push(path);
    } else if (task.status === 'READY') draft.ready.push(path);
    else if (task.status === 'RUNNING') draft.queue.push(path, ...(draft.index.scope(path)?.tasks ?? []));
  }
  Object.assign(draft.asks, result.asks);
  use(draft, minus(result.usage, slice.usage));
  for (const [call, times] of Object.entries(result.calls ?? {})) countCall(draft, call, times);
  draft.outcome ??= result.outcome;
  draft.cancelling ||= result.cancelling;
  const { counts: before = noCounts } = slice;
  const { counts: after = noCounts } = result;
  draft.counts = {
    started: draft.counts.started + after.started - before.started,
    ended: draft.counts.ended + after.ended - before.ended,
    failed: draft.counts.failed + after.failed - before.failed,
  };
  for (const decision of segment.decisions ?? []) {
    if (decision.type === 'retry') retry(draft, decision);
    else if (decision.type === 'skip') skip(draft, decision);
    else decide(draft, decision);
  }
  for (const scope of Object.keys(draft.scopes)) {
    if (isStopped(draft, scope)) stopScope(draft, scope, at);
    draft.closing.push(scope);
  }
  settle(draft, at);
  return {
    state: closeDraft(draft, state),
    emissions: draft.emissions.map((one) => quietInMaps(draft, one)),
    fingerprint: fingerprintOf(result),
  };
}

/** What a segment has made of the inside of a container that it had as a whole. */
function takeOver(draft: Draft, result: EngineState, container: string): void {
  const own = (path: string): boolean => isUnder(container, path);
  for (const path of Object.keys(draft.tasks)) if (own(path)) delete draft.tasks[path];
  for (const scope of Object.keys(draft.scopes)) {
    if (own(scope) || scope === container) delete draft.scopes[scope];
  }
  for (const [path, task] of Object.entries(result.tasks)) if (own(path)) draft.tasks[path] = task;
  for (const [scope, body] of Object.entries(result.scopes)) {
    if (own(scope) || scope === container) draft.scopes[scope] = body;
  }
  draft.ready.push(...result.ready.filter(own));
}

/** A short name for how a segment's members stand: FNV-1a over paths, states and attempts. */
export function fingerprintOf(slice: EngineState): string {
  let hash = 0x811c9dc5;
  for (const path of slice.only ?? []) {
    const { status = 'PENDING', attempts = 0 } = slice.tasks[path] ?? {};
    for (const char of `${path}=${status}:${attempts};`) {
      hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
    }
  }
  return hash.toString(16).padStart(8, '0');
}

function minus(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens - b.inputTokens,
    outputTokens: a.outputTokens - b.outputTokens,
    cachedTokens: a.cachedTokens - b.cachedTokens,
    modelCalls: a.modelCalls - b.modelCalls,
    toolCalls: a.toolCalls - b.toolCalls,
    costNanos: a.costNanos - b.costNanos,
  };
}
