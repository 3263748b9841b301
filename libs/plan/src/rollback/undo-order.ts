import type { BoundPlan } from '../engine/bound-plan.js';
import { planIndex } from '../engine/plan-index.js';
import type { PlanIndex } from '../engine/plan-index.js';

/** An effect, as far as its place in the order goes. */
export interface Undoable {
  /** Full path of the task. */
  readonly path: string;
  readonly generation: number;
}

/** The plan that stands at a container: of the run at ``, of a sub-plan that was planned on its way at its path. */
export type PlanOf = (container: string) => BoundPlan | undefined;

/** The order in which effects are undone, as it is being worked through. */
export interface UndoOrder<Effect extends Undoable> {
  /** Those that may be undone now and have not been given out. */
  next(): Effect[];
  /** It is done with, undone or not: what it depended on may be undone. */
  done(effect: Effect): void;
}

/**
 * A part of a run: the whole, a task, a turn or an item. `before` says which of its siblings have to be done with
 * before anything in it may be undone.
 */
interface Part<Effect> {
  readonly outer: Part<Effect> | null;
  readonly parts: Map<string, Part<Effect>>;
  /** Of a task that has effects of its own; the last first. */
  readonly effects: Effect[];
  /** Siblings that wait for this one. */
  readonly waiting: Part<Effect>[];
  blockers: number;
  /** Effects in it that are not done with. */
  left: number;
}

/**
 * Effects in reverse order of dependency: what a task needed is undone after it, of a loop the last turn first, of one
 * task the last generation first; items of a map, and tasks that know nothing of each other, at once. What is known of
 * no plan is undone in the reverse order in which it is given.
 */
export function undoOrder<Effect extends Undoable>(
  effects: readonly Effect[],
  planOf: PlanOf,
): UndoOrder<Effect> {
  const root = partOf<Effect>(null);
  const partAt = new Map<Effect, Part<Effect>>();
  const keys = new Map<Part<Effect>, Key>([[root, { scope: '', plan: planAt(planOf, ''), at: '' }]]);
  for (const effect of effects) partAt.set(effect, place(root, effect, keys, planOf));
  for (const [part, key] of keys) link(part, key);
  const found: Effect[] = [];
  open(root, found);

  return {
    next: () => found.splice(0),
    done(effect) {
      const part = partAt.get(effect);
      if (!part) throw new Error(`the effect of ${effect.path} is not in this order`);
      const after = part.effects.indexOf(effect) + 1;
      const next = part.effects[after];
      if (next) found.push(next);
      for (let at: Part<Effect> | null = part; at; at = at.outer) {
        at.left--;
        if (at.left === 0) release(at, found);
      }
    },
  };
}

/** Where the parts of a part stand in a plan: `scope` is their body's path within `plan`, which stands at `at`. */
interface Key {
  readonly scope: string;
  readonly plan: PlanIndex | undefined;
  readonly at: string;
}

function partOf<Effect>(outer: Part<Effect> | null): Part<Effect> {
  return { outer, parts: new Map(), effects: [], waiting: [], blockers: 0, left: 0 };
}

function planAt(planOf: PlanOf, container: string): PlanIndex | undefined {
  const plan = planOf(container);
  return plan && planIndex(plan);
}

/** Finds the part of an effect, making those around it; `fix[2]/check` is in `fix`, `[2]`, `check`. */
function place<Effect extends Undoable>(
  root: Part<Effect>,
  effect: Effect,
  keys: Map<Part<Effect>, Key>,
  planOf: PlanOf,
): Part<Effect> {
  let part = root;
  let path = '';
  for (const step of stepsOf(effect.path)) {
    const isBody = step.startsWith('[');
    path = isBody ? `${path}${step}` : path === '' ? step : `${path}/${step}`;
    let inner = part.parts.get(step);
    if (!inner) {
      inner = partOf(part);
      part.parts.set(step, inner);
      keys.set(inner, keyOf(keys.get(part), step, path, planOf));
    }
    part = inner;
  }
  part.effects.push(effect);
  part.effects.sort((a, b) => b.generation - a.generation);
  for (let at: Part<Effect> | null = part; at; at = at.outer) at.left++;
  return part;
}

function stepsOf(path: string): string[] {
  return path.split('/').flatMap((id) => {
    const bracket = id.indexOf('[');
    return bracket === -1 ? [id] : [id.slice(0, bracket), id.slice(bracket)];
  });
}

/** A sub-plan's tasks are those of its plan, wherever that was made. */
function keyOf(outer: Key | undefined, step: string, path: string, planOf: PlanOf): Key {
  const scope = outer?.scope ?? '';
  const own = step.startsWith('[') ? `${scope}${step}` : scope === '' ? step : `${scope}/${step}`;
  const spec = outer?.plan?.node(own)?.task.spec;
  if (spec?.kind === 'goal') return { scope: '', plan: planAt(planOf, path), at: path };
  if (spec?.kind === 'plan' && outer?.plan?.scope(own) === undefined) {
    return { scope: '', plan: planIndex(spec.plan), at: path };
  }
  return { scope: own, plan: outer?.plan, at: outer?.at ?? '' };
}

/** Says which parts of a part wait for which. */
function link<Effect>(part: Part<Effect>, { scope, plan }: Key): void {
  const bodies = [...part.parts].filter(([step]) => step.startsWith('['));
  if (bodies.length > 0) {
    if (plan?.node(scope)?.task.spec.kind === 'map') return;
    return inTurn(bodies.sort(([a], [b]) => turnOf(a) - turnOf(b)).map(([, body]) => body));
  }
  const known = plan?.scope(scope);
  if (!plan || !known) return inTurn([...part.parts.values()]);
  for (const [id, inner] of part.parts) {
    for (const need of neededBy(plan, scope, id)) {
      const needed = part.parts.get(need);
      if (needed) wait(needed, inner);
    }
  }
}

/** All that a task needs, and what that needs: those between may have had no effect. */
function neededBy(plan: PlanIndex, scope: string, id: string): Set<string> {
  const found = new Set<string>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const needs = plan.node(scope === '' ? next : `${scope}/${next}`)?.task.needs ?? [];
    for (const need of needs) {
      if (found.has(need)) continue;
      found.add(need);
      open.push(need);
    }
  }
  return found;
}

/** Each waits for the one after it. */
function inTurn<Effect>(parts: readonly Part<Effect>[]): void {
  parts.forEach((part, n) => {
    const later = parts[n + 1];
    if (later) wait(part, later);
  });
}

function turnOf(step: string): number {
  return Number(step.slice(1, -1));
}

function wait<Effect>(part: Part<Effect>, until: Part<Effect>): void {
  until.waiting.push(part);
  part.blockers++;
}

/** All that may be undone in a part that is no longer waited for. */
function open<Effect>(part: Part<Effect>, found: Effect[]): void {
  const [first] = part.effects;
  if (first !== undefined) found.push(first);
  for (const inner of part.parts.values()) if (inner.blockers === 0) open(inner, found);
}

/** A part is done with. */
function release<Effect>(part: Part<Effect>, found: Effect[]): void {
  for (const waiting of part.waiting) {
    waiting.blockers--;
    if (waiting.blockers === 0 && isOpen(waiting.outer)) open(waiting, found);
  }
}

function isOpen<Effect>(part: Part<Effect> | null): boolean {
  for (let at = part; at; at = at.outer) if (at.blockers > 0) return false;
  return true;
}
