import type { MapLoad, MapSeen } from './columns/column.js';
import { cpuOf } from './measure/processes.js';
import { quantile } from './measure/quantile.js';
import { say } from './report/progress.js';
import { round, table } from './report/table.js';
import { createBenchContext } from './run/bench-context.js';
import type { BenchOptions } from './run/options.js';
import { startEmbeddedPlace } from './servers/embedded-place.js';

export const description = 'items a second of a map, in batches and one by one, every result kept';

const targetPerSecond = 10_000;
const column = 'nexus:default';

interface Measured extends MapLoad, Pick<MapSeen, 'seconds' | 'events'> {
  readonly place: string;
  readonly name: string;
  readonly perSecond: number;
  readonly cpuSeconds: number;
}

/** Lets maps go over many small items, on PostgreSQL and on the embedded databases. */
export async function run(options: BenchOptions): Promise<object> {
  const rounds = options.rounds ?? (options.quick ? 1 : 3);
  const loads: Readonly<Record<string, MapLoad>> = {
    batched: { items: options.quick ? 20_000 : 100_000, batch: 1_000, concurrency: 6 },
    'one by one': { items: options.quick ? 500 : 2_000, batch: 1, concurrency: 50 },
  };
  const context = await createBenchContext(options);
  const places = { postgres: () => ({}), embedded: await startEmbeddedPlace(context.servers.folder) };
  const measured: Measured[] = [];
  for (const [place, setting] of Object.entries(places)) {
    const application = await context.start(column, setting(column));
    // The first is for the compiler.
    await application.calls.map({ items: 2_000, batch: 100, concurrency: 4 });
    for (const [name, load] of chosen(loads, options)) {
      for (let nth = 1; nth <= rounds; nth++) {
        const before = cpuOf(application.pid) ?? Number.NaN;
        const { seconds, inOutput, inStore, events } = await application.calls.map(load);
        const cpuSeconds = ((cpuOf(application.pid) ?? Number.NaN) - before) / 1000;
        if (inOutput !== load.items || inStore !== load.items)
          throw new Error(`${inOutput} of ${load.items} items in the output, ${inStore} in the store`);
        const perSecond = load.items / seconds;
        measured.push({ place, name, ...load, seconds, perSecond, cpuSeconds, events });
        say(
          `${place.padEnd(9)} ${name.padEnd(11)} ${round(perSecond)} items/s (${seconds.toFixed(2)} s, of the application's CPU ${cpuSeconds.toFixed(2)} s)`,
        );
      }
    }
    await application.stop();
  }
  const rows = Object.keys(places).flatMap((place) =>
    chosen(loads, options).map(([name, load]) => {
      const own = measured.filter((one) => one.place === place && one.name === name);
      const at = (share: number) =>
        round(
          quantile(
            own.map((one) => one.perSecond),
            share,
          ) ?? Number.NaN,
        );
      return [`${place} ${name}`, load.items, load.batch, at(0.5), at(0)];
    }),
  );
  process.stdout.write(
    `\nitems a second, from the command until the output is at hand\n${table(['', 'items', 'batch', 'median', 'worst'], rows)}\n`,
  );
  return { benchmark: 'map', targetPerSecond, measured };
}

function chosen<T>(loads: Readonly<Record<string, T>>, { loads: names }: BenchOptions): [string, T][] {
  return Object.entries(loads).filter(([name]) => names?.some((own) => name.startsWith(own)) ?? true);
}
