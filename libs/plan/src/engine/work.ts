import type { JsonValue } from '#contracts';
import type { BoundPlan } from './bound-plan.js';
import type { StoredEnvironment } from './environment.js';
import { storedEnvironment } from './environment.js';
import { planIndex } from './plan-index.js';
import type { EngineState, Slot } from './state.js';

/**
 * Paths that may be started now, first things first: by priority, then in the order in which they became
 * ready; no more than the run's concurrency, and that of each sub-plan, allows.
 */
export function startable(plan: BoundPlan, state: EngineState): string[] {
  if (state.cancelling || state.outcome) return [];
  const { nodes, scopes } = planIndex(plan);
  // A task that has an activity of its own counts from the moment that it is claimed; a segment is one room of its own.
  const inHand = Object.keys(state.tasks).filter(
    (path) => state.tasks[path]?.claimedBy !== undefined && nodes.get(path)?.task.place === 'activity',
  );
  const room = new Map<string, number>([['', plan.concurrency - state.running - inHand.length]]);
  const roomIn = (scope: string): number => {
    const known = room.get(scope);
    if (known !== undefined) return known;
    const inner = scopes.get(scope);
    const running = inner?.tasks.filter((path) => state.tasks[path]?.status === 'RUNNING').length ?? 0;
    const claimed = inHand.filter((path) => nodes.get(path)?.scope === scope).length;
    const left = (inner?.plan.concurrency ?? Infinity) - running - claimed;
    room.set(scope, left);
    return left;
  };
  const priority = (path: string): number => nodes.get(path)?.task.priority ?? 3;
  const waiting = state.ready.filter((path) => !state.asks[path]);
  waiting.sort((a, b) => priority(a) - priority(b));
  const picked: string[] = [];
  for (const path of waiting) {
    const within = new Set(['', nodes.get(path)?.scope ?? '']);
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
  const { nodes, scopes } = planIndex(plan);
  return Object.entries(state.asks).map(([path, slot]) => {
    const node = nodes.get(path);
    const scope = slot === 'output' ? path : (node?.scope ?? '');
    const source = sourceOf(slot, node?.task, scopes.get(path)?.plan);
    return { path, slot, source, environment: storedEnvironment(state, scope, source) };
  });
}

function sourceOf(
  slot: Slot,
  task: BoundPlan['tasks'][number] | undefined,
  inner: BoundPlan | undefined,
): JsonValue {
  if (slot === 'output') return inner?.output ?? null;
  if (slot === 'when') return task?.when ?? null;
  if (task?.spec.kind === 'plan') return task.spec.with;
  if (task?.spec.kind === 'wait') return task.spec.for ?? task.spec.until ?? null;
  return null;
}

/** Moments at which something goes on by itself. */
export function timers(state: EngineState): { path: string; until: number }[] {
  return Object.entries(state.tasks).flatMap(([path, { status, until, claimedBy }]) =>
    status === 'WAITING' && until !== undefined && claimedBy === undefined ? [{ path, until }] : [],
  );
}
