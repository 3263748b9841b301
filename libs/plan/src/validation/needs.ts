import type { Check } from './context.js';
import type { OutlinePlan, OutlineScope, OutlineTask } from './outline.js';
import { needsOf } from './outline.js';

/** Checks that needs name siblings, and that following them ends. */
export function checkNeeds(plan: OutlinePlan, check: Check): void {
  const scopes = new Set<OutlineScope>([plan.root]);
  const allIds = new Map(
    plan.tasks.flatMap((task) => (task.id === undefined ? [] : [[task.id, task] as const])),
  );
  for (const task of plan.tasks) {
    scopes.add(task.scope);
    needsOf(task.raw).forEach((need, index) => {
      if (need === '' || task.scope.byId.has(need)) return;
      const at = [...task.keys, 'needs', index];
      const elsewhere = allIds.get(need);
      if (elsewhere === undefined) {
        check.findings.fault(at, `unknown task "${need}"`, check.suggest(need, task.scope.byId.keys()));
      } else {
        check.findings.fault(
          at,
          `"${need}" is not a sibling of "${task.id ?? 'this task'}"`,
          hintFor(task, elsewhere),
        );
      }
    });
  }
  for (const scope of scopes) reportCycles(scope, check);
}

/** The sibling of `other`, or `other` itself, through which `task` can depend on it. */
function hintFor(task: OutlineTask, other: OutlineTask): string {
  const around = containersOf(task);
  const outer = around.find((container) => container.scope === other.scope);
  if (outer === other) return `"${other.id}" contains this task`;
  if (outer) return `let "${outer.id}" need it; the tasks in it then see it`;
  const holder = containersOf(other).find((container) => container.scope === task.scope);
  return holder ? `need "${holder.id}", which contains it` : 'needs name tasks of the same list';
}

/** The containers around a task, the innermost first. */
export function containersOf(task: OutlineTask): OutlineTask[] {
  const containers: OutlineTask[] = [];
  for (let outer = task.scope.container; outer !== undefined; outer = outer.scope.container)
    containers.push(outer);
  return containers;
}

function reportCycles(scope: OutlineScope, { findings }: Check): void {
  for (const { places, need } of scope.order.cycles) {
    const ids = places.map((place) => scope.tasks[place]?.id ?? '?');
    const last = scope.tasks[places.at(-1) ?? 0];
    if (last) findings.fault([...last.keys, 'needs', need], `cycle: ${[...ids, ids[0]].join(' -> ')}`);
  }
}
