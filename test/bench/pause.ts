import { setTimeout as wait } from 'node:timers/promises';
import { begunBefore, busyRuns, firstAfter, lastAfter } from './measure/busy-runs.js';
import { controlTable, latency } from './measure/latency.js';
import { say } from './report/progress.js';
import { createBenchContext } from './run/bench-context.js';
import type { BenchOptions } from './run/options.js';

export const description = 'from the request to pause a run until it begins nothing more, and to go on';

const targetMs = 1_000;
const columns = ['nexus:default', 'nexus:ordinary'];
const pausedMs = 2_500;
const goingOnMs = 2_500;

interface Paused {
  readonly column: string;
  readonly begunBefore: number;
  readonly lastBeginningMs: number;
  readonly firstBeginningMs: number;
}

/** Pauses and resumes runs of eight steps at once, worked at by two processes, and looks when they begin steps. */
export async function run(options: BenchOptions): Promise<object> {
  const context = await createBenchContext(options);
  const rounds = options.rounds ?? (options.quick ? 2 : 8);
  const measured: Paused[] = [];
  for (const column of options.only ?? columns) {
    const busy = await busyRuns(context, column);
    const { pause, resume, kill } = busy.front.calls;
    for (let nth = 1; nth <= rounds; nth++) {
      const runs = await busy.begin();
      const pausedAt = new Map<string, number>();
      for (const runId of runs) pausedAt.set(runId, (await pause(runId)).askedAt);
      await wait(pausedMs);
      const whilePaused = busy.effects();
      const resumedAt = new Map<string, number>();
      for (const runId of runs) resumedAt.set(runId, (await resume(runId)).askedAt);
      await wait(goingOnMs);
      const after = busy.effects();
      for (const runId of runs) await kill(runId);
      for (const runId of runs) {
        const first = firstAfter(after, runId, resumedAt.get(runId) ?? 0, 'begun');
        if (first === undefined) throw new Error(`${runId} did not go on within ${goingOnMs} ms`);
        const asked = pausedAt.get(runId) ?? 0;
        measured.push({
          column,
          begunBefore: begunBefore(whilePaused, runId, asked),
          lastBeginningMs: lastAfter(whilePaused, runId, asked, 'begun') ?? 0,
          firstBeginningMs: first,
        });
      }
      const own = measured.filter((one) => one.column === column).slice(-runs.length);
      say(
        `round ${nth}  ${column.padEnd(16)} last beginnings ${own.map((one) => one.lastBeginningMs).join(', ')} ms, ` +
          `first ones ${own.map((one) => one.firstBeginningMs).join(', ')} ms`,
      );
    }
    await busy.stop();
  }
  const summary = (options.only ?? columns).map((column) => {
    const own = measured.filter((one) => one.column === column);
    return {
      column,
      runs: own.length,
      lastBeginning: latency(own.map((one) => one.lastBeginningMs)),
      firstBeginning: latency(own.map((one) => one.firstBeginningMs)),
    };
  });
  process.stdout.write(
    `\nmilliseconds from the request to pause until the last beginning, and to resume until the first\n${controlTable(summary)}\n`,
  );
  return { benchmark: 'pause', targetMs, summary, measured };
}
