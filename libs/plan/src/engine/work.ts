import type { JsonValue } from '#contracts';
import type { BoundPlan } from './bound-plan.js';
import type { StoredEnvironment } from './environment.js';
import { storedEnvironment } from './environment.js';
import { questionSource } from './approval.js';
import { branchResult } from './branch.js';
import { itemSource } from './item-source.js';
import { loopResult } from './loop.js';
import { containerOf, containersOf, scopeOf } from './paths.js';
import { isContainer, nodeOf, planIndex, tasksOfBody } from './plan-index.js';
import type { PlanIndex } from './plan-index.js';
import type { EngineState, LoopState, Slot } from './state.js';
import { taskViews } from './task-views.js';

/**
 * Paths that may be started now, first things first: by priority, then in the order in which they became
 * ready; no more than the run's concurrency, and that of each sub-plan, allows.
 */
export function startable(plan: BoundPlan, state: EngineState): string[] {
  if (state.cancelling || state.outcome || isHeld(state)) return [];
  const index = planIndex(plan);
  // A task that has an activity of its own counts from the moment that it is claimed; a segment is one room of its own.
  const inHand = Object.keys(state.tasks).filter(
    (path) => state.tasks[path]?.claimedBy !== undefined && index.node(path)?.task.place === 'activity',
  );
  const room = new Map<string, number>([['', plan.concurrency - state.running - inHand.length]]);
  const roomIn = (scope: string): number => {
    const known = room.get(scope);
    if (known !== undefined) return known;
    const inner = index.scope(scope);
    const running = inner?.tasks.filter((path) => state.tasks[path]?.status === 'RUNNING').length ?? 0;
    const claimed = inHand.filter((path) => scopeOf(path) === scope).length;
    const left = (inner?.plan?.concurrency ?? Infinity) - running - claimed;
    room.set(scope, left);
    return left;
  };
  const priority = (path: string): number => index.node(path)?.task.priority ?? 3;
  const full = state.room !== undefined && state.room <= 0;
  const waiting = state.ready.filter(
    (path) => !state.asks[path] && !(full && isContainer(nodeOf(index, path).task)),
  );
  waiting.sort((a, b) => priority(a) - priority(b));
  const picked: string[] = [];
  for (const path of waiting) {
    const within = new Set(['', scopeOf(path)]);
    if ([...within].some((scope) => roomIn(scope) <= 0)) continue;
    for (const scope of within) room.set(scope, roomIn(scope) - 1);
    picked.push(path);
  }
  return picked;
}

/** An expression that only one who can load large values can evaluate. */
export interface Ask {
  readonly path: string;
  readonly slot: Slot;
  readonly source: JsonValue;
  readonly environment: StoredEnvironment;
}

/** The evaluations that the engine waits for. */
export function asked(plan: BoundPlan, state: EngineState): Ask[] {
  const index = planIndex(plan);
  return Object.entries(state.asks).flatMap(([path, slot]) => {
    if (slot === 'items') return [];
    const { source, scope, loop } = askedExpression(index, state, path, slot);
    return [{ path, slot, source, environment: storedEnvironment(plan, state, scope, source, loop) }];
  });
}

interface AskedExpression {
  readonly source: JsonValue;
  /** Where it stands. */
  readonly scope: string;
  readonly loop?: LoopState | undefined;
}

function askedExpression(index: PlanIndex, state: EngineState, path: string, slot: Slot): AskedExpression {
  if (path === '') return { source: index.scope('')?.plan?.output ?? null, scope: '' };
  if (slot === 'item') return { source: itemSource(index, path), scope: path };
  const { task, scope } = nodeOf(index, path);
  const { spec } = task;
  const { loop, branch } = state.tasks[path] ?? {};
  if (slot === 'when') return { source: task.when ?? null, scope };
  switch (spec.kind) {
    case 'loop': {
      const turn = `${path}[${(loop?.index ?? 0) - 1}]`;
      if (slot === 'turn') return { source: taskViews(index.scope(turn)?.tasks ?? []), scope: turn };
      if (slot === 'output') return { source: loopResult(loop ?? { index: 0, last: null }), scope, loop };
      return { source: spec.while, scope, loop };
    }
    case 'branch': {
      const taken = branch?.case ?? null;
      if (slot === 'case') return { source: spec.cases[taken ?? 0]?.if ?? null, scope };
      return { source: branchResult(taken, tasksOfBody(index, state.tasks, path)), scope: path };
    }
    case 'map':
      return { source: spec.over, scope };
    case 'plan':
      return slot === 'output'
        ? { source: spec.plan.output ?? null, scope: path }
        : { source: spec.with, scope };
    case 'approval':
      return { source: questionSource(spec), scope };
    case 'wait':
      return { source: spec.for ?? spec.until ?? null, scope };
    default:
      return { source: null, scope };
  }
}

/** Whether a segment has the task in hand, by itself or with what contains it. */
export function isClaimed(state: EngineState, path: string): boolean {
  return [path, ...containersOf(path)].some((at) => state.tasks[at]?.claimedBy !== undefined);
}

/** Whether something holds the run. */
export function isHeld(state: EngineState): boolean {
  return (state.pauses?.length ?? 0) > 0;
}

/** A batch of a map's items that may be given out now. */
export interface Batch {
  readonly path: string;
  readonly first: number;
  readonly count: number;
}

/** The batches of all maps that may start now: no more at once than each map allows. */
export function batches(plan: BoundPlan, state: EngineState): Batch[] {
  if (state.cancelling || state.outcome || isHeld(state)) return [];
  const index = planIndex(plan);
  return Object.entries(state.tasks).flatMap(([path, { status, map, claimedBy }]) => {
    const spec = map && nodeOf(index, path).task.spec;
    if (status !== 'RUNNING' || !map || claimedBy !== undefined) return [];
    if (spec?.kind !== 'map' || spec.batch === null || map.failure || isFailing(state, path)) return [];
    const size = spec.batch;
    const free = Math.max(0, spec.concurrency - map.open.length);
    const left = Math.ceil((map.count - map.next) / size);
    const again = (map.again ?? []).map((stretch) => ({ path, ...stretch }));
    const fresh = Array.from({ length: Math.min(free, left) }, (_, n) => {
      const first = map.next + n * size;
      return { path, first, count: Math.min(size, map.count - first) };
    });
    return [...again, ...fresh].slice(0, free);
  });
}

function isFailing(state: EngineState, path: string): boolean {
  for (let scope = scopeOf(path); ; scope = scopeOf(containerOf(scope))) {
    if (state.scopes[scope]?.failure) return true;
    if (scope === '') return false;
  }
}

/** A map whose items have all ended, and whose results are to be put together. */
export interface Collection {
  readonly path: string;
  readonly count: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** The maps that wait for their results. */
export function collections(state: EngineState): Collection[] {
  return Object.entries(state.asks).flatMap(([path, slot]) => {
    const map = slot === 'items' ? state.tasks[path]?.map : undefined;
    return map ? [{ path, count: map.count, succeeded: map.succeeded, failed: map.failed }] : [];
  });
}

/** Moments at which something goes on by itself. */
export function timers(state: EngineState): { path: string; until: number }[] {
  if (isHeld(state)) return [];
  return Object.entries(state.tasks).flatMap(([path, { status, until, claimedBy }]) =>
    (status === 'WAITING' || status === 'RUNNING') && until !== undefined && claimedBy === undefined
      ? [{ path, until }]
      : [],
  );
}
