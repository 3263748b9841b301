import { setTimeout as wait } from 'node:timers/promises';
import type { Tool } from '#contracts';
import type { Effects } from '../work/effects.js';
import type { StepInput, Steps } from '../work/step.js';
import { stepMs } from '../work/step.js';

const slowMs = 200;
/** How long a step with an effect takes. */
export const effectMs = 50;

/** The tools of all benchmarks; those that end in `-for-good` have an effect that no local activity may have. */
export function benchTools(steps: Steps, effects: Effects): Tool[] {
  const both = (name: string, expectedMs: number, run: Tool['run']): Tool[] => [
    { ...described, name, effect: 'none', expectedMs, run },
    { ...described, name: `${name}-for-good`, effect: 'irreversible', expectedMs, run },
  ];
  return [
    ...both('step', stepMs, (input) => steps.step(input as unknown as StepInput)),
    ...both('slow-step', slowMs, (input) => steps.step(input as unknown as StepInput)),
    ...both('effect', effectMs, async (_input, { runId, signal }) => {
      effects.mark(runId, 'begun');
      await wait(effectMs, undefined, { signal });
      effects.mark(runId, 'done');
      return null;
    }),
    { ...described, name: 'item', effect: 'none', expectedMs: 1, run: async (input) => letters(input) },
  ];
}

const described = { description: 'works for a benchmark', inputSchema: { type: 'object' } } as const;

/** As little as a tool can do that depends on its item. */
function letters(input: unknown) {
  const { id, text } = input as { id: number; text: string };
  return { id, letters: text.length };
}
