import { executeChild, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { StepInput } from '../work/step.js';

interface Activities {
  step(input: StepInput): Promise<string>;
  beatingStep(input: StepInput): Promise<string>;
}

export type Mode = 'ordinary' | 'local' | 'beating';

export interface Given {
  readonly run: string;
  readonly mode: Mode;
  readonly ms?: number | undefined;
  readonly marks?: boolean | undefined;
}

const ordinary = proxyActivities<Activities>({ startToCloseTimeout: '30s' });
const beating = proxyActivities<Activities>({ startToCloseTimeout: '30s', heartbeatTimeout: '2s' });
const local = proxyLocalActivities<Activities>({ startToCloseTimeout: '30s' });

function stepOf(mode: Mode): (input: StepInput) => Promise<string> {
  if (mode === 'local') return local.step;
  return mode === 'beating' ? beating.beatingStep : ordinary.step;
}

/** Five steps, one after the other. */
export async function sequence({ run, mode, ms, marks }: Given): Promise<{ results: string[] }> {
  const results: string[] = [];
  for (let i = 0; i < 5; i++) results.push(await stepOf(mode)({ run, i, ms, marks }));
  return { results };
}

/** Twenty steps at once. */
export async function fanOut({ run, mode }: Given): Promise<number> {
  const steps = Array.from({ length: 20 }, (_, i) => stepOf(mode)({ run, i }));
  return (await Promise.all(steps)).length;
}

/** A child of one step. */
export async function oneStep({ run, i, mode }: Given & { readonly i: number }): Promise<string> {
  return stepOf(mode)({ run, i });
}

/** Ten children at once. */
export async function children({ run, mode }: Given): Promise<number> {
  const started = Array.from({ length: 10 }, (_, i) =>
    executeChild(oneStep, { workflowId: `${run}-${i}`, args: [{ run, i, mode }] }),
  );
  return (await Promise.all(started)).length;
}
