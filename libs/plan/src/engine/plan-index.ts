import { innerPath } from '#contracts';
import type { BoundPlan, BoundSpec, BoundTask } from './bound-plan.js';
import type { TaskState } from './state.js';
import { bodyPattern, containerOf, patternOf, scopeOf } from './paths.js';

/** A task in its place: paths instead of IDs, and who waits for it. */
export interface PlanNode {
  readonly path: string;
  readonly task: BoundTask;
  /** Path of the body it stands in, `` at the top. */
  readonly scope: string;
  readonly needs: readonly string[];
  readonly dependents: readonly string[];
  /** Place in the document, for a stable order. */
  readonly order: number;
}

/** A body of tasks. */
export interface PlanScope {
  readonly path: string;
  /** Of a run or a sub-plan; a body within one has none. */
  readonly plan: BoundPlan | undefined;
  /** Paths of all its tasks; those of a branch's other cases are among them. */
  readonly tasks: readonly string[];
}

/**
 * A plan by path. Tasks in loops and maps are kept once, by pattern (`fix[]/check`); `node` and `scope` know them by
 * the path of each turn and item too.
 */
export interface PlanIndex {
  readonly nodes: ReadonlyMap<string, PlanNode>;
  readonly scopes: ReadonlyMap<string, PlanScope>;
  readonly node: (path: string) => PlanNode | undefined;
  readonly scope: (path: string) => PlanScope | undefined;
}

const indexes = new WeakMap<BoundPlan, PlanIndex>();
/** Nodes of turns and items are made when they are asked for, and forgotten together when they are many. */
const mostInstances = 5_000;

/** The plan by path, inline sub-plans included; made once for each plan. */
export function planIndex(plan: BoundPlan): PlanIndex {
  const known = indexes.get(plan);
  if (known) return known;
  const nodes = new Map<string, PlanNode>();
  const scopes = new Map<string, PlanScope>();
  addScope('', plan.tasks, plan, nodes, scopes);
  const index: PlanIndex = {
    nodes,
    scopes,
    node: instances(nodes, (node, path) => {
      const scope = scopeOf(path);
      const here = (sibling: string): string => innerPath(scope, idOf(sibling));
      return {
        ...node,
        path,
        scope,
        needs: node.needs.map(here),
        dependents: node.dependents.map(here),
      };
    }),
    scope: instances(scopes, (scope, path) => ({
      ...scope,
      path,
      tasks: scope.tasks.map((task) => innerPath(path, idOf(task))),
    })),
  };
  indexes.set(plan, index);
  return index;
}

function instances<T>(patterns: ReadonlyMap<string, T>, make: (pattern: T, path: string) => T) {
  const made = new Map<string, T>();
  return (path: string): T | undefined => {
    if (!path.includes('[')) return patterns.get(path);
    const known = made.get(path) ?? patterns.get(path);
    if (known) return known;
    const pattern = patterns.get(patternOf(path));
    if (pattern === undefined) return undefined;
    if (made.size >= mostInstances) made.clear();
    const one = make(pattern, path);
    made.set(path, one);
    return one;
  };
}

/** The plan that the container at a path runs in a workflow of its own; `` is the run's. */
export function planAt(plan: BoundPlan, path: string): BoundPlan {
  if (path === '') return plan;
  const index = planIndex(plan);
  const ids = path.split('/');
  for (let length = ids.length; length > 0; length--) {
    const spec = index.node(ids.slice(0, length).join('/'))?.task.spec;
    if (spec?.kind === 'plan') return planAt(spec.plan, ids.slice(length).join('/'));
  }
  throw new Error(`the plan has no sub-plan ${path}`);
}

/** The task of a path that is known to be the plan's. */
export function nodeOf(index: PlanIndex, path: string): PlanNode {
  const node = index.node(path);
  if (!node) throw new Error(`the plan has no task ${path}`);
  return node;
}

/** Whether its tasks are done by the engine that has it, rather than by someone who is told to. */
export function isContainer({ spec, place }: BoundTask): boolean {
  return spec.kind === 'branch' || spec.kind === 'loop' || spec.kind === 'map' || place === 'inline';
}

/** Whether it goes to a segment with all that it holds. */
export function isWhole(task: BoundTask): boolean {
  return task.place === 'segment' && isContainer(task);
}

/** The container of whose body this is; undefined for the run. */
export function containerNode(index: PlanIndex, scope: string): PlanNode | undefined {
  return scope === '' ? undefined : index.node(containerOf(scope));
}

/** The body a level further out; undefined for the run's own. */
export function outerScope(scope: string): string | undefined {
  return scope === '' ? undefined : scopeOf(containerOf(scope));
}

/** Tasks of a container's bodies: each case's of a branch. */
export function bodiesOf(spec: BoundSpec): readonly (readonly BoundTask[])[] {
  if (spec.kind === 'branch') return [...spec.cases.map((one) => one.tasks), spec.otherwise ?? []];
  if (spec.kind === 'loop' || spec.kind === 'map') return [spec.tasks];
  return spec.kind === 'plan' ? [spec.plan.tasks] : [];
}

/** Paths of the tasks of a body that is under way: of a branch those of the case that was taken. */
export function tasksOfBody(
  index: PlanIndex,
  tasks: Readonly<Record<string, TaskState>>,
  path: string,
): readonly string[] {
  const all = index.scope(path)?.tasks ?? [];
  const spec = path === '' ? undefined : index.node(path)?.task.spec;
  if (spec?.kind !== 'branch') return all;
  const taken = tasks[path]?.branch?.case ?? null;
  const own = taken === null ? [] : taken === -1 ? (spec.otherwise ?? []) : (spec.cases[taken]?.tasks ?? []);
  return own.map((task) => innerPath(path, task.id));
}

function idOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function addScope(
  scope: string,
  tasks: readonly BoundTask[],
  plan: BoundPlan | undefined,
  nodes: Map<string, PlanNode>,
  scopes: Map<string, PlanScope>,
): void {
  const dependents = new Map<string, string[]>();
  for (const task of tasks) {
    for (const need of task.needs) {
      const list = dependents.get(need) ?? [];
      list.push(innerPath(scope, task.id));
      dependents.set(need, list);
    }
  }
  scopes.set(scope, { path: scope, plan, tasks: tasks.map((task) => innerPath(scope, task.id)) });
  for (const task of tasks) {
    const path = innerPath(scope, task.id);
    nodes.set(path, {
      path,
      task,
      scope,
      needs: task.needs.map((need) => innerPath(scope, need)),
      dependents: dependents.get(task.id) ?? [],
      order: nodes.size,
    });
    const bodies = bodiesOf(task.spec);
    if (bodies.length === 0 || task.place === 'child') continue;
    const inner = task.spec.kind === 'plan' ? task.spec.plan : undefined;
    addScope(bodyPattern(path, task.spec.kind), bodies.flat(), inner, nodes, scopes);
  }
}
