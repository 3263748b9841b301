import { quantile } from './measure/quantile.js';
import { say } from './report/progress.js';
import { round, table } from './report/table.js';
import { createBenchContext } from './run/bench-context.js';
import type { BenchOptions } from './run/options.js';
import { startEmbeddedPlace } from './servers/embedded-place.js';
import type { Load } from './work/workloads.js';
import { warmUp } from './work/workloads.js';

export const description = 'how long a task that is ready waits until it is started, 20 runs at once';

const targetMs = 100;
const columns = ['nexus:default', 'nexus:ordinary', 'nexus:task'];

/** Reads the times off the events of runs, on the embedded databases and on PostgreSQL. */
export async function run(options: BenchOptions): Promise<object> {
  const load: Load = { name: 'W1 at 20', workload: 'sequence', runs: options.quick ? 40 : 200, atOnce: 20 };
  const context = await createBenchContext(options);
  const places = { postgres: () => ({}), embedded: await startEmbeddedPlace(context.servers.folder) };
  const measured = [];
  for (const [place, setting] of Object.entries(places)) {
    for (const column of options.only ?? columns) {
      const application = await context.start(column, setting(column));
      await application.calls.load(warmUp, `warm-${place}`);
      const before = (await application.calls.readyToStarted()).length;
      const { failures } = await application.calls.load(load, `start-${place}`);
      const latencies = (await application.calls.readyToStarted()).slice(before);
      await application.stop();
      const at = (share: number): number => round(quantile(latencies, share) ?? Number.NaN);
      const figures = {
        place,
        column,
        tasks: latencies.length,
        failures,
        p50: at(0.5),
        p95: at(0.95),
        p99: at(0.99),
      };
      measured.push(figures);
      say(
        `${place.padEnd(9)} ${column.padEnd(16)} p50 ${figures.p50} ms, p95 ${figures.p95} ms, p99 ${figures.p99} ms`,
      );
    }
  }
  const rows = measured.map(({ place, column, tasks, p50, p95, p99 }) => [
    `${place} ${column}`,
    tasks,
    p50,
    p95,
    p99,
  ]);
  process.stdout.write(
    `\nmilliseconds from task.ready to task.started\n${table(['', 'tasks', 'p50', 'p95', 'p99'], rows)}\n`,
  );
  return { benchmark: 'start', targetP95Ms: targetMs, measured };
}
