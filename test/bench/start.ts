import { join } from 'node:path';
import { startEmbeddedTemporal } from '../../apps/cli/src/embedded/start-temporal.js';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { findTemporal } from '#ops/temporal/binaries';
import { quantile } from './measure/quantile.js';
import { say } from './report/progress.js';
import { round, table } from './report/table.js';
import { type BenchContext, createBenchContext } from './run/bench-context.js';
import { onEnd } from './run/cleanup.js';
import type { BenchOptions } from './run/options.js';
import type { Load } from './work/workloads.js';
import { warmUp } from './work/workloads.js';

export const description = 'how long a task that is ready waits until it is started, 20 runs at once';

const targetMs = 100;
const columns = ['nexus:default', 'nexus:ordinary', 'nexus:task'];

/** Reads the times off the events of runs, on the embedded databases and on PostgreSQL. */
export async function run(options: BenchOptions): Promise<object> {
  const load: Load = { name: 'W1 at 20', workload: 'sequence', runs: options.quick ? 40 : 200, atOnce: 20 };
  const context = await createBenchContext(options);
  const places = { postgres: {}, embedded: await embedded(context) };
  const measured = [];
  for (const [place, setting] of Object.entries(places)) {
    for (const column of options.only ?? columns) {
      const folder = join(context.servers.folder, column.replace(':', '-'));
      const more = place === 'embedded' ? { ...setting, databaseFolder: folder } : setting;
      const application = await context.start(column, more);
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

/** A Temporal server on SQLite, as `nexus up` starts it. */
async function embedded({ servers }: BenchContext): Promise<{ readonly temporalAddress: string }> {
  const binaries = findTemporal({ root: repositoryRoot, cache: cacheFolder() });
  if (!binaries) throw new Error('there is no Temporal server on this machine: `npm run bench` builds one');
  const home = join(servers.folder, 'home');
  const temporal = await startEmbeddedTemporal({
    home,
    temporalPort: 0,
    uiPort: undefined,
    binaries,
    log: say,
  });
  onEnd(temporal.stop);
  return { temporalAddress: temporal.address };
}
