import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BoundPlan } from '../engine/bound-plan.js';
import { planIndex } from '../engine/plan-index.js';
import { arbitraryPlan, bound } from '../engine/testing/plans.js';
import { undoOrder } from './undo-order.js';

const quick = (id: string, ...needs: string[]) => ({ id, kind: 'tool', tool: 'quick', needs });
const effect = (path: string, generation = 0) => ({ path, generation });

/** What is undone at once, round by round, when each round is over before the next begins. */
function rounds(plan: BoundPlan | undefined, ...effects: ReturnType<typeof effect>[]): string[][] {
  const order = undoOrder(effects, (at) => (at === '' ? plan : undefined));
  const found: string[][] = [];
  for (let now = order.next(); now.length > 0; now = order.next()) {
    found.push(now.map(({ path, generation }) => (generation === 0 ? path : `${path}#${generation}`)).sort());
    now.forEach((one) => order.done(one));
  }
  return found;
}

describe('the order of undoing (A12)', () => {
  it('undoes first what needed the others, across tasks that had no effect, and the rest at once', () => {
    const plan = bound({
      tasks: [quick('a'), quick('between', 'a'), quick('b', 'between'), quick('c', 'b'), quick('d', 'a')],
    });
    expect(rounds(plan, effect('a'), effect('b'), effect('c'), effect('d'))).toEqual([
      ['c', 'd'],
      ['b'],
      ['a'],
    ]);
  });

  it('undoes the last turn of a loop first, and items of a map at once', () => {
    const body = { maxIterations: 12, while: '${true}', do: [quick('x'), quick('y', 'x')] };
    const plan = bound({
      tasks: [
        { id: 'l', kind: 'loop', ...body },
        { id: 'm', kind: 'map', over: [1, 2], needs: ['l'], do: [quick('z')] },
      ],
    });
    const turns = [effect('l[2]/x'), effect('l[10]/x'), effect('l[2]/y')];
    expect(rounds(plan, ...turns, effect('m[0]/z'), effect('m[1]/z'))).toEqual([
      ['m[0]/z', 'm[1]/z'],
      ['l[10]/x'],
      ['l[2]/y'],
      ['l[2]/x'],
    ]);
  });

  it('undoes the later of two effects of a task first', () => {
    const plan = bound({ tasks: [quick('a'), quick('b', 'a')] });
    expect(rounds(plan, effect('a'), effect('b'), effect('a', 2), effect('a', 1))).toEqual([
      ['b'],
      ['a#2'],
      ['a#1'],
      ['a'],
    ]);
  });

  it('knows sub-plans with workflows of their own, and those made on the way by their order in time', () => {
    const sub = { grain: 'task', tasks: [quick('x'), quick('y', 'x'), quick('z', 'x')] };
    const plan = bound({
      tasks: [
        { id: 's', kind: 'plan', grain: 'task', plan: sub },
        { id: 'g', kind: 'plan', goal: 'do it', needs: ['s'] },
      ],
    });
    const effects = ['s/x', 's/y', 's/z', 'g/p', 'g/q'].map((path) => effect(path));
    expect(rounds(plan, ...effects)).toEqual([['g/q'], ['g/p'], ['s/y', 's/z'], ['s/x']]);
    expect(rounds(undefined, effect('a'), effect('b'))).toEqual([['b'], ['a']]);
  });

  it('gives each effect once, and none before all that depends on it is done with', () => {
    fc.assert(
      fc.property(
        arbitraryPlan,
        fc.infiniteStream(fc.nat(1_000)),
        fc.func(fc.boolean()),
        (plan, dice, keep) => {
          const index = planIndex(plan);
          const leaves = [...index.nodes.values()].filter(({ task }) => task.kind === 'tool');
          const effects = leaves.filter(({ path }) => keep(path)).map(({ path }) => effect(path));
          const order = undoOrder(effects, () => plan);
          const underway: typeof effects = [];
          const done: string[] = [];
          for (;;) {
            underway.push(...order.next());
            for (const { path } of underway) {
              const tooEarly = effects.filter(
                (other) => dependsOn(plan, other.path, path) && !done.includes(other.path),
              );
              expect(tooEarly).toEqual([]);
            }
            if (underway.length === 0) break;
            const [one] = underway.splice(Number(dice.next().value) % underway.length, 1);
            if (!one) break;
            done.push(one.path);
            order.done(one);
          }
          expect([...done].sort()).toEqual(effects.map(({ path }) => path).sort());
        },
      ),
    );
  });
});

/** Whether one task, or a container that it is in, needs the other or a container of that; by every path of needs. */
function dependsOn(plan: BoundPlan, later: string, earlier: string): boolean {
  const index = planIndex(plan);
  const around = (path: string): string[] => {
    const ids = path.split('/');
    return ids.map((_, n) => ids.slice(0, n + 1).join('/'));
  };
  const targets = new Set(around(earlier).filter((path) => !around(later).includes(path)));
  const reaches = (path: string): boolean =>
    (index.node(path)?.needs ?? []).some((need) => targets.has(need) || reaches(need));
  return around(later).some(reaches);
}
