import { setTimeout as wait } from 'node:timers/promises';
import type { Killed } from './columns/column.js';
import { begunBefore, busyRuns, lastAfter } from './measure/busy-runs.js';
import { controlTable, latency } from './measure/latency.js';
import { say } from './report/progress.js';
import { createBenchContext } from './run/bench-context.js';
import type { BenchOptions } from './run/options.js';

export const description = 'from the request to kill a run until its last effect';

const targetMs = 1_000;
const columns = ['nexus:default', 'nexus:ordinary'];
/** Longer than a worker that has not heard of the kill would go on before it reads the list. */
const watchMs = 3_000;

/** Kills runs of eight steps at once, worked at by two processes, and looks when the world last saw them. */
export async function run(options: BenchOptions): Promise<object> {
  const context = await createBenchContext(options);
  const rounds = options.rounds ?? (options.quick ? 2 : 8);
  const measured: (Killed & { column: string; begunBefore: number; lastEffectMs: number })[] = [];
  for (const column of options.only ?? columns) {
    const busy = await busyRuns(context, column);
    for (let nth = 1; nth <= rounds; nth++) {
      const runs = await busy.begin();
      const killed = new Map<string, Killed>();
      for (const runId of runs) killed.set(runId, await busy.front.calls.kill(runId));
      await wait(watchMs);
      const effects = busy.effects();
      for (const [runId, answer] of killed) {
        if (answer.status !== 'KILLED') throw new Error(`${runId} is ${answer.status}, not KILLED`);
        const lastEffectMs = lastAfter(effects, runId, answer.askedAt) ?? 0;
        measured.push({
          column,
          ...answer,
          begunBefore: begunBefore(effects, runId, answer.askedAt),
          lastEffectMs,
        });
      }
      const own = measured.filter((one) => one.column === column).slice(-runs.length);
      say(
        `round ${nth}  ${column.padEnd(16)} last effects ${own.map((one) => one.lastEffectMs).join(', ')} ms`,
      );
    }
    await busy.stop();
  }
  const summary = (options.only ?? columns).map((column) => {
    const own = measured.filter((one) => one.column === column);
    return {
      column,
      runs: own.length,
      lastEffect: latency(own.map((one) => one.lastEffectMs)),
      stoppedIn: latency(own.map((one) => one.stoppedInMs ?? Number.NaN)),
      answered: latency(own.map((one) => one.answeredMs)),
    };
  });
  process.stdout.write(`\nmilliseconds from the request to kill a run\n${controlTable(summary)}\n`);
  return { benchmark: 'kill', targetMs, summary, measured };
}
