import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Application } from '../app/application.js';
import type { BenchContext } from '../run/bench-context.js';
import { type Effect, readEffects } from '../work/effects.js';

/** Runs that go on until they are stopped, and the processes that work at them. */
export interface BusyRuns {
  /** The process that the commands are given to; it works too. */
  readonly front: Application;
  /** Starts some, and lets them get into their stride. */
  begin(): Promise<string[]>;
  effects(): Effect[];
  stop(): Promise<void>;
}

const runsAtOnce = 3;
const strideMs = 1_200;
const patienceMs = 30_000;

/** Two processes on one database: the second hears of everything by way of it. */
export async function busyRuns(context: BenchContext, column: string): Promise<BusyRuns> {
  const effectsFile = join(context.servers.folder, `effects-${column.replace(':', '-')}`);
  const front = await context.start(column, { effectsFile });
  const other = await context.start(column, { effectsFile });
  const effects = (): Effect[] => readEffects(effectsFile);
  return {
    front,
    effects,
    async begin() {
      const runs = await Promise.all(Array.from({ length: runsAtOnce }, () => front.calls.begin()));
      const until = Date.now() + patienceMs;
      for (;;) {
        const seen = new Set(effects().map(({ runId }) => runId));
        if (runs.every((runId) => seen.has(runId))) break;
        if (Date.now() > until) throw new Error(`runs of ${column} have not begun within ${patienceMs} ms`);
        await wait(100);
      }
      await wait(strideMs + Math.random() * 300);
      return runs;
    },
    async stop() {
      await Promise.all([front.stop(), other.stop()]);
    },
  };
}

/** Steps that the run began in the second before; none would make the measurement worthless. */
export function begunBefore(effects: readonly Effect[], runId: string, at: number): number {
  const begun = effects.filter(
    (effect) =>
      effect.runId === runId && effect.kind === 'begun' && effect.at <= at && effect.at > at - 1_000,
  );
  if (begun.length === 0) throw new Error(`${runId} did nothing in the second before it was stopped`);
  return begun.length;
}

/** Milliseconds from `since` until what the run did last; undefined when that was before. */
export function lastAfter(
  effects: readonly Effect[],
  runId: string,
  since: number,
  kind?: Effect['kind'],
): number | undefined {
  return after(effects, runId, since, kind).at(-1);
}

/** Milliseconds from `since` until what the run did next. */
export function firstAfter(
  effects: readonly Effect[],
  runId: string,
  since: number,
  kind?: Effect['kind'],
): number | undefined {
  return after(effects, runId, since, kind)[0];
}

function after(
  effects: readonly Effect[],
  runId: string,
  since: number,
  kind: Effect['kind'] | undefined,
): number[] {
  return effects
    .filter((effect) => effect.runId === runId && effect.at > since && (kind ?? effect.kind) === effect.kind)
    .map(({ at }) => at - since)
    .sort((a, b) => a - b);
}
