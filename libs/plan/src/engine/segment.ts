import type { Usage } from '#contracts';
import { advance } from './advance.js';
import type { Advanced } from './advance.js';
import type { BoundPlan } from './bound-plan.js';
import { closeDraft, isStopped, openDraft, use } from './draft.js';
import { nodeOf, planIndex } from './plan-index.js';
import { completeScope, stopScope } from './scopes.js';
import { settle } from './settle.js';
import type { EngineEvent, EngineState, TaskState } from './state.js';
import { taskEnded } from './transitions.js';

/** What a segment gives back has to fit into one payload of Temporal's. */
const most = 1_000;

/**
 * The tasks that one activity can carry through by itself: short ones that are ready, or whose needs have
 * ended or are among them, and the insides of sub-plans that open on the way.
 */
export function segmentMembers(plan: BoundPlan, state: EngineState): string[] {
  const index = planIndex(plan);
  const { nodes, scopes } = index;
  const members = new Set<string>();
  const stopped = (scope: string): boolean =>
    state.cancelling ||
    state.scopes[scope]?.failure !== undefined ||
    (scope !== '' && stopped(nodeOf(index, scope).scope));
  const joins = (path: string): boolean => {
    const node = nodes.get(path);
    const task = state.tasks[path];
    if (!node || members.has(path) || task?.claimedBy !== undefined || stopped(node.scope)) return false;
    if (node.task.place !== 'segment' && node.task.place !== 'inline') return false;
    if (task && task.status !== 'PENDING' && task.status !== 'READY') return false;
    if (!state.scopes[node.scope] && !members.has(node.scope)) return false;
    return node.needs.every((need) => members.has(need) || taskEnded(state.tasks[need]?.status ?? 'PENDING'));
  };
  const queue = [...nodes.keys()];
  for (let path = queue.shift(); path !== undefined && members.size < most; path = queue.shift()) {
    if (!joins(path)) continue;
    members.add(path);
    queue.push(...(nodes.get(path)?.dependents ?? []), ...(scopes.get(path)?.tasks ?? []));
  }
  return [...members].sort((a, b) => (nodes.get(a)?.order ?? 0) - (nodes.get(b)?.order ?? 0));
}

/** Gives the tasks to a segment: until it is folded the engine leaves them alone. */
export function claim(state: EngineState, segment: string, members: readonly string[]): EngineState {
  const claimed = new Set(members);
  const tasks: Record<string, TaskState> = { ...state.tasks };
  for (const path of members) tasks[path] = { ...(tasks[path] ?? { status: 'PENDING' }), claimedBy: segment };
  return {
    ...state,
    tasks,
    segments: state.segments + 1,
    ready: state.ready.filter((path) => !claimed.has(path)),
    asks: Object.fromEntries(Object.entries(state.asks).filter(([path]) => !claimed.has(path))),
  };
}

/** The part of a state that a segment needs, from before it was claimed: its members, and what they can read. */
export function sliceOf(plan: BoundPlan, state: EngineState, members: readonly string[]): EngineState {
  const { nodes, scopes } = planIndex(plan);
  const wanted = new Set(members);
  const open = new Set(['']);
  for (const path of members) {
    for (let scope = nodes.get(path)?.scope; scope; scope = nodes.get(scope)?.scope) open.add(scope);
  }
  // Siblings are readable, directly needed or not, and the outputs of plans read them too.
  for (const scope of open) for (const path of scopes.get(scope)?.tasks ?? []) wanted.add(path);
  for (const scope of open) if (scope !== '') wanted.add(scope);
  const keep = <T>(record: Readonly<Record<string, T>>, names: ReadonlySet<string>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([name]) => names.has(name)));
  const own = new Set(members);
  return {
    ...state,
    tasks: keep(state.tasks, wanted),
    scopes: keep(state.scopes, open),
    ready: state.ready.filter((path) => own.has(path)),
    asks: keep(state.asks, own),
    segments: 0,
    only: members,
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
  segment: { readonly slice: EngineState; readonly events: readonly EngineEvent[]; readonly at: number },
): Folded {
  const { slice, at } = segment;
  const result = advance(plan, slice, segment.events).state;
  const draft = openDraft(plan, state);
  const { scopes } = draft.index;
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
    const outer = state.scopes[node.scope] ? draft.scopes[node.scope] : undefined;
    if (taskEnded(task.status)) {
      if (outer) draft.scopes[node.scope] = { ...outer, left: outer.left - 1 };
      draft.queue.push(...node.dependents);
    } else if (task.status === 'PENDING') {
      delete draft.tasks[path];
      draft.queue.push(path);
    } else if (task.status === 'READY') draft.ready.push(path);
    else if (task.status === 'RUNNING') draft.queue.push(...(scopes.get(path)?.tasks ?? []));
  }
  Object.assign(draft.asks, result.asks);
  use(draft, minus(result.usage, slice.usage));
  draft.outcome ??= result.outcome;
  draft.cancelling ||= result.cancelling;
  for (const scope of Object.keys(draft.scopes)) {
    if (isStopped(draft, scope)) stopScope(draft, scope, at);
    completeScope(draft, scope, at);
  }
  settle(draft, at);
  return { state: closeDraft(draft, state), emissions: draft.emissions, fingerprint: fingerprintOf(result) };
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
