import type { PlanTree, TreeTask } from '../model/plan-tree.js';
import { documentOf } from '../model/plan-tree.js';

const compensate = {
  tool: 'outside.undo',
  with: { key: '${self.idempotencyKey}', input: '${self.input}', output: '${self.output}' },
  retry: { maxAttempts: 3, initial: '20ms', factor: 1.5 },
};

/** The plan of a tree, each of its effects with a compensation. */
export function sagaDocument(tree: PlanTree, effects: 'keep' | 'compensate'): object {
  return { ...(compensated(documentOf(tree)) as object), effects };
}

function compensated(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(compensated);
  if (part === null || typeof part !== 'object') return part;
  const copy = Object.fromEntries(Object.entries(part).map(([name, value]) => [name, compensated(value)]));
  return copy['kind'] === 'tool' ? { ...copy, compensate } : copy;
}

/**
 * Whether what happened at one path may rest on what happened at the other: somewhere on the way a task needs the
 * other's by any chain of needs, or a turn of a loop follows the other's. Reads the tree alone, and knows nothing of
 * how Nexus puts rollbacks in order.
 */
export function restsOn(tree: PlanTree, later: string, earlier: string): boolean {
  return rests(tree.tasks, later.split('/').map(step), earlier.split('/').map(step));
}

interface Step {
  readonly id: string;
  readonly turn: number;
}

function step(text: string): Step {
  const [id = '', turn] = text.split(/[[\]]/);
  return { id, turn: turn === undefined ? -1 : Number(turn) };
}

function rests(tasks: readonly TreeTask[], later: readonly Step[], earlier: readonly Step[]): boolean {
  const [to, ...laterRest] = later;
  const [from, ...earlierRest] = earlier;
  if (!to || !from) return false;
  if (to.id !== from.id) return needs(tasks, to.id, from.id);
  const task = tasks.find(({ id }) => id === to.id);
  switch (task?.kind) {
    case 'plan':
      return rests(task.tree.tasks, laterRest, earlierRest);
    case 'branch':
      return rests(task.cases[task.taken] ?? [], laterRest, earlierRest);
    case 'loop':
      return to.turn === from.turn ? rests(task.body, laterRest, earlierRest) : to.turn > from.turn;
    default:
      return false;
  }
}

function needs(tasks: readonly TreeTask[], id: string, wanted: string): boolean {
  const own = tasks.find((task) => task.id === id)?.needs ?? [];
  return own.some((need) => need === wanted || needs(tasks, need, wanted));
}
