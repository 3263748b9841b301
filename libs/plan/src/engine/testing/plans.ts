import fc from 'fast-check';
import type { ToolFacts } from '#contracts';
import { bindPlan } from '../../bind.js';
import { PlanDocument } from '../../document.js';
import type { BoundPlan } from '../bound-plan.js';

const facts = (name: string): ToolFacts => ({
  name,
  description: name,
  inputSchema: {},
  effect: name === 'effect' ? 'unkeyed' : 'none',
  expectedMs: name === 'slow' ? 5_000 : 10,
});

/** Binds a plan whose tools are named for what they are: `quick`, `slow`, `effect`. */
export function bound(document: unknown): BoundPlan {
  return bindPlan(PlanDocument.parse(document), {
    tool: facts,
    agent: () => undefined,
    template: () => undefined,
  });
}

/** Random plans: directed acyclic by construction, with sub-plans, conditions, retries and tolerated failures. */
export const arbitraryPlan: fc.Arbitrary<BoundPlan> = planDocument(2).map((document) => bound(document));

function planDocument(depth: number): fc.Arbitrary<Record<string, unknown>> {
  return fc
    .array(task(depth), { minLength: 1, maxLength: 6 })
    .chain((tasks) =>
      fc.tuple(
        fc.constant(tasks),
        fc.array(fc.array(fc.nat(10), { maxLength: 3 }), {
          minLength: tasks.length,
          maxLength: tasks.length,
        }),
        fc.integer({ min: 1, max: 4 }),
      ),
    )
    .map(([tasks, needs, concurrency]) => ({
      name: 'random',
      concurrency,
      tasks: tasks.map((one, index) => ({
        ...one,
        id: `t${index}`,
        needs: index === 0 ? [] : [...new Set((needs[index] ?? []).map((need) => `t${need % index}`))],
      })),
      output: '${keys(inputs)}',
    }));
}

function task(depth: number): fc.Arbitrary<Record<string, unknown>> {
  const common = {
    onError: fc.constantFrom('fail', 'continue', 'continue'),
    when: fc.constantFrom('${true}', '${true}', '${1 > 2}', '${nothing.at.all}'),
  };
  const tool = fc.record({
    kind: fc.constant('tool'),
    tool: fc.constantFrom('quick', 'quick', 'slow'),
    ...common,
  });
  const wait = fc.record({ kind: fc.constant('wait'), for: fc.constant('1s'), ...common });
  if (depth === 0) return fc.oneof(tool, wait);
  const plan = planDocument(depth - 1);
  const body = planDocument(depth - 1).map((document) => inside(document.tasks as Record<string, unknown>[]));
  const loop = fc.record({
    kind: fc.constant('loop'),
    while: fc.constantFrom('${loop.index < 2}', '${loop.index < 3}', '${!loop.last}', '${false}'),
    maxIterations: fc.constantFrom(2, 5),
    do: body,
    ...common,
  });
  const branch = fc.record({
    kind: fc.constant('branch'),
    cases: fc.array(fc.record({ if: fc.constantFrom('${1 > 2}', '${true}'), do: body }), {
      minLength: 1,
      maxLength: 2,
    }),
    else: fc.option(body, { nil: undefined }),
    ...common,
  });
  const map = fc.record({
    kind: fc.constant('map'),
    over: fc.constantFrom('${[1, 2, 3]}', '${[]}', '${keys(inputs)}', '${5}'),
    concurrency: fc.integer({ min: 1, max: 3 }),
    onItemError: fc.constantFrom('collect', 'fail'),
    do: fc.oneof(body, fc.constant([{ kind: 'tool', tool: 'quick' }])),
    ...common,
  });
  const batched = fc.record({
    kind: fc.constant('map'),
    over: fc.constant('${[1, 2, 3, 4, 5]}'),
    batch: fc.integer({ min: 1, max: 3 }),
    concurrency: fc.integer({ min: 1, max: 2 }),
    onItemError: fc.constantFrom('collect', 'fail'),
    do: fc.constant([{ kind: 'tool', tool: 'quick' }]),
    ...common,
  });
  return fc.oneof(
    { weight: 4, arbitrary: tool },
    { weight: 1, arbitrary: wait },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('plan'), plan, ...common }) },
    { weight: 1, arbitrary: loop },
    { weight: 1, arbitrary: branch },
    { weight: 1, arbitrary: map },
    { weight: 1, arbitrary: batched },
  );
}

let bodies = 0;

/** Tasks of a body share the IDs of the plan around it, so each body has its own. */
function inside(tasks: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const own = (id: unknown): string => `${String(id)}_${bodies}`;
  bodies++;
  return tasks.map((one) => ({ ...one, id: own(one.id), needs: (one.needs as string[]).map(own) }));
}
