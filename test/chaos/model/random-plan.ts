import type { Fate, PlanTree, TreeTask } from './plan-tree.js';
import type { Seeded } from './seeded.js';

/** Nobody is there to answer what a random plan would ask. */
type RandomKind = Exclude<TreeTask['kind'], 'ask'>;

/** What random plans may be made of. */
export interface PlanRange {
  /** How deep containers may stand in each other. */
  readonly depth: number;
  readonly kinds: readonly RandomKind[];
  /** The share of plans in which some task fails for good. */
  readonly failing: number;
}

/** Containers that random plans may have. */
export const kindsThatRun: readonly RandomKind[] = ['plan', 'plan', 'branch', 'loop', 'map'];

/** A plan of a few dozen tasks that takes a few seconds when nothing goes wrong. */
export function randomPlan(random: Seeded, range: PlanRange): PlanTree {
  const mayFail = random.chance(range.failing);
  let count = 0;
  const nextId = (): string => `t${++count}`;

  function tree(depth: number): PlanTree {
    return { tasks: tasks(depth, random.between(2, depth === 0 ? 6 : 4)) };
  }

  function tasks(depth: number, length: number): TreeTask[] {
    const made: TreeTask[] = [];
    for (let index = 0; index < length; index++) {
      const needs = made.filter(() => random.chance(0.4)).map(({ id }) => id);
      made.push(task(depth, needs));
    }
    return made;
  }

  function task(depth: number, needs: readonly string[]): TreeTask {
    const id = nextId();
    const when = random.chance(0.15) ? ({ when: random.pick(['yes', 'no'] as const) } as const) : {};
    const onError = random.chance(0.5) ? 'continue' : 'fail';
    const common = { id, needs, onError, ...when } as const;
    const simple = depth >= range.depth;
    const kind = random.chance(simple ? 1 : 0.6)
      ? random.pick(['effect', 'effect', 'effect', 'naive', 'wait'] as const)
      : random.pick(range.kinds);
    switch (kind) {
      case 'effect':
        return { ...common, ...effect() };
      case 'naive':
        return { ...common, kind, fate: naiveFate() };
      case 'wait':
        return { ...common, kind, ms: random.between(50, 1_500) };
      case 'plan':
        return { ...common, kind, child: random.chance(0.5), tree: tree(depth + 1) };
      case 'branch': {
        const cases = Array.from({ length: random.between(1, 3) }, () =>
          tasks(depth + 1, random.between(1, 3)),
        );
        return { ...common, kind, taken: random.between(0, cases.length), cases };
      }
      case 'loop':
        return { ...common, kind, turns: random.between(0, 3), body: tasks(depth + 1, random.between(1, 2)) };
      case 'map': {
        const collect = random.chance(0.5);
        const item = { id: nextId(), needs: [], onError: 'fail' as const, ...effect() };
        return { ...common, kind, items: random.between(0, 9), batch: random.pick([1, 3, 5]), collect, item };
      }
    }
  }

  function effect() {
    return { kind: 'effect', fate: fate(), quick: random.chance(0.3), apart: random.chance(0.2) } as const;
  }

  function fate(): Fate {
    if (mayFail && random.chance(0.15)) return { kind: random.pick(['never', 'unheard'] as const) };
    const kind = random.pick(['ok', 'ok', 'slow', 'fails', 'cut'] as const);
    if (kind === 'slow') return slow();
    return kind === 'ok' ? { kind } : { kind, times: random.between(1, 2) };
  }

  function naiveFate() {
    if (mayFail && random.chance(0.3)) return { kind: 'unheard' } as const;
    return random.chance(0.3) ? slow() : ({ kind: 'ok' } as const);
  }

  function slow() {
    return { kind: 'slow', ms: random.between(200, 1_500) } as const;
  }

  return tree(0);
}
