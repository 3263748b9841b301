import { setTimeout as wait } from 'node:timers/promises';
import type { Seeded } from './model/seeded.js';
import { askPatiently } from './stack/patient.js';
import type { Stack } from './stack/stack.js';

/** A stretch of time in which nothing of a run may have reached the world outside. */
export interface Silence {
  readonly why: string;
  readonly from: number;
  readonly to: number;
}

/** What people have asked of a run. */
export interface Asked {
  stopped?: 'CANCELLED' | 'KILLED';
  readonly silences: Silence[];
}

/** What begins later than this after an answer to a pause or a kill should not have begun. */
export const graceMs = 2_000;

const mutations = {
  pauseRun:
    'mutation ($id: ID!) { pauseRun(id: $id, reason: "chaos") { run { status } userErrors { code } } }',
  resumeRun: 'mutation ($id: ID!) { resumeRun(id: $id) { run { status } userErrors { code } } }',
  cancelRun: 'mutation ($id: ID!) { cancelRun(id: $id) { run { status } userErrors { code } } }',
  killRun:
    'mutation ($id: ID!, $reason: String = "chaos") { killRun(id: $id, reason: $reason) { run { status } userErrors { code } } }',
} as const;

/** Asks it of the run until there is an answer; whether the run took it. */
export async function ask(stack: Stack, command: keyof typeof mutations, id: string): Promise<boolean> {
  const { data } = await askPatiently(stack.api, mutations[command], { id }, () => Date.now() + 60_000);
  return data[command].userErrors.length === 0;
}

/** Some time into a run, and only to some runs: pauses and resumes it, kills it, cancels it. */
export async function meddle(stack: Stack, random: Seeded, id: string, asked: Asked): Promise<void> {
  const what = random.pick(['nothing', 'nothing', 'pause', 'pause', 'kill', 'cancel'] as const);
  const after = random.between(300, 6_000);
  const heldMs = random.between(2_500, 6_000);
  if (what === 'nothing') return;
  await wait(after);
  if (what === 'pause') {
    if (!(await ask(stack, 'pauseRun', id))) return;
    const from = Date.now() + graceMs;
    await wait(heldMs);
    asked.silences.push({ why: 'it was paused', from, to: Date.now() });
    await ask(stack, 'resumeRun', id);
    return;
  }
  asked.stopped = what === 'kill' ? 'KILLED' : 'CANCELLED';
  if (await ask(stack, what === 'kill' ? 'killRun' : 'cancelRun', id))
    asked.silences.push({ why: `it was told to ${what}`, from: Date.now() + graceMs, to: Infinity });
}
