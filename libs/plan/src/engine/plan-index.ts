import { innerPath } from '#contracts';
import type { BoundPlan, BoundTask } from './bound-plan.js';

/** A task in its place: paths instead of IDs, and who waits for it. */
export interface PlanNode {
  readonly path: string;
  readonly task: BoundTask;
  /** Path of the container, `` at the top. */
  readonly scope: string;
  readonly needs: readonly string[];
  readonly dependents: readonly string[];
  /** Place in the document, for a stable order. */
  readonly order: number;
}

export interface PlanScope {
  readonly path: string;
  readonly plan: BoundPlan;
  readonly tasks: readonly string[];
}

export interface PlanIndex {
  readonly nodes: ReadonlyMap<string, PlanNode>;
  readonly scopes: ReadonlyMap<string, PlanScope>;
}

const indexes = new WeakMap<BoundPlan, PlanIndex>();

/** The plan by path, inline sub-plans included; made once for each plan. */
export function planIndex(plan: BoundPlan): PlanIndex {
  const known = indexes.get(plan);
  if (known) return known;
  const nodes = new Map<string, PlanNode>();
  const scopes = new Map<string, PlanScope>();
  addScope(plan, '', nodes, scopes);
  const index = { nodes, scopes };
  indexes.set(plan, index);
  return index;
}

/** The task of a path that is known to be the plan's. */
export function nodeOf(index: PlanIndex, path: string): PlanNode {
  const node = index.nodes.get(path);
  if (!node) throw new Error(`the plan has no task ${path}`);
  return node;
}

function addScope(
  plan: BoundPlan,
  scope: string,
  nodes: Map<string, PlanNode>,
  scopes: Map<string, PlanScope>,
): void {
  const dependents = new Map<string, string[]>();
  for (const task of plan.tasks) {
    for (const need of task.needs) {
      const list = dependents.get(need) ?? [];
      dependents.set(need, [...list, innerPath(scope, task.id)]);
    }
  }
  scopes.set(scope, { path: scope, plan, tasks: plan.tasks.map((task) => innerPath(scope, task.id)) });
  for (const task of plan.tasks) {
    const path = innerPath(scope, task.id);
    nodes.set(path, {
      path,
      task,
      scope,
      needs: task.needs.map((need) => innerPath(scope, need)),
      dependents: dependents.get(task.id) ?? [],
      order: nodes.size,
    });
    if (task.place === 'inline' && task.spec.kind === 'plan') addScope(task.spec.plan, path, nodes, scopes);
  }
}
