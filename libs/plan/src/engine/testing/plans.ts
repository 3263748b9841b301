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
  return fc.oneof(
    { weight: 4, arbitrary: tool },
    { weight: 1, arbitrary: wait },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('plan'), plan, ...common }) },
  );
}
