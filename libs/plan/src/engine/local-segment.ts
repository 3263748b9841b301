import type { BoundPlan } from './bound-plan.js';
import { nodeOf, planIndex } from './plan-index.js';

/** Up to this a segment may run as a local activity: signals and updates wait behind one. */
const localLimitMs = 1_000;

/**
 * Whether a segment of these tasks may run as a local activity: the whole is expected to be short, and a
 * repeat from the start would do no harm, since each tool is pure or takes a key.
 */
export function runsLocally(plan: BoundPlan, members: readonly string[]): boolean {
  const index = planIndex(plan);
  const { nodes } = index;
  const own = new Set(members);
  const longest = new Map<string, number>();
  const until = (path: string): number => {
    const known = longest.get(path);
    if (known !== undefined) return known;
    const node = nodes.get(path);
    if (!node || !own.has(path)) return 0;
    const before = [...node.needs, ...(own.has(node.scope) ? nodeOf(index, node.scope).needs : [])];
    const length = Math.max(0, ...before.map(until)) + node.task.expectedMs;
    longest.set(path, length);
    return length;
  };
  const leaves = members
    .flatMap((path) => nodes.get(path)?.task ?? [])
    .filter((task) => task.place === 'segment');
  const inRow = leaves.reduce((sum, task) => sum + task.expectedMs, 0) / plan.concurrency;
  if (leaves.length > 100 || Math.max(inRow, ...members.map(until)) > localLimitMs) return false;
  return leaves.every((task) => task.spec.kind === 'tool' && isHarmless(task.spec.effect));
}

function isHarmless(effect: string): boolean {
  return effect === 'none' || effect === 'keyed' || effect === 'reversible';
}
