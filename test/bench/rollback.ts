import type { RollbackLoad, RollbackSeen } from './columns/column.js';
import { cpuOf } from './measure/processes.js';
import { quantile } from './measure/quantile.js';
import { say } from './report/progress.js';
import { round, table } from './report/table.js';
import { createBenchContext } from './run/bench-context.js';
import type { BenchOptions } from './run/options.js';
import { startEmbeddedPlace } from './servers/embedded-place.js';

export const description = 'a run of 1,000 effects is rolled back: how long that takes, in which order';

const column = 'nexus:default';

interface Measured extends RollbackSeen {
  readonly place: string;
  readonly name: string;
  readonly effects: number;
  readonly perSecond: number;
  readonly cpuSeconds: number;
}

/** Rolls back runs that have ended, on PostgreSQL and on the embedded databases. */
export async function run(options: BenchOptions): Promise<object> {
  const rounds = options.rounds ?? (options.quick ? 1 : 5);
  const links = options.quick ? 10 : 50;
  const loads: Readonly<Record<string, RollbackLoad>> = {
    chains: { chains: 20, links, ms: 0 },
    independent: { chains: 20 * links, links: 1, ms: 0 },
    slow: { chains: 20, links, ms: 20 },
    tiny: { chains: 1, links: 2, ms: 0 },
  };
  const chosen = Object.entries(loads).filter(
    ([name]) => options.loads?.some((own) => name.startsWith(own)) ?? true,
  );
  const context = await createBenchContext(options);
  const places = { postgres: () => ({}), embedded: await startEmbeddedPlace(context.servers.folder) };
  const measured: Measured[] = [];
  for (const [place, setting] of Object.entries(places)) {
    const application = await context.start(column, setting(column));
    // The first is for the compiler.
    await application.calls.rollBack({ chains: 10, links: 5, ms: 0 });
    for (const [name, load] of chosen) {
      const effects = load.chains * load.links;
      for (let nth = 1; nth <= rounds; nth++) {
        const before = cpuOf(application.pid) ?? Number.NaN;
        const seen = await application.calls.rollBack(load);
        const cpuSeconds = ((cpuOf(application.pid) ?? Number.NaN) - before) / 1000;
        if (seen.undone !== effects) throw new Error(`${seen.undone} of ${effects} effects are undone`);
        if (seen.outOfOrder > 0) throw new Error(`${seen.outOfOrder} effects are undone out of order`);
        const perSecond = effects / seen.seconds;
        measured.push({ place, name, effects, ...seen, perSecond, cpuSeconds });
        say(
          `${place.padEnd(9)} ${name.padEnd(11)} ${effects} effects in ${seen.seconds.toFixed(2)} s, ${round(perSecond)} a second, ${seen.historyEvents} history events`,
        );
      }
    }
    await application.stop();
  }
  const rows = Object.keys(places).flatMap((place) =>
    chosen.map(([name]) => {
      const own = measured.filter((one) => one.place === place && one.name === name);
      const seconds = (share: number) =>
        round(
          quantile(
            own.map((one) => one.seconds),
            share,
          ) ?? Number.NaN,
        );
      const [first] = own;
      const best = Math.max(...own.map(({ perSecond }) => perSecond));
      return [`${place} ${name}`, first?.effects, seconds(0.5), seconds(1), best, first?.historyEvents];
    }),
  );
  const head = ['', 'effects', 'median s', 'worst s', 'best effects/s', 'history events'];
  process.stdout.write(
    `\nfrom the request to roll back until the run is ROLLED_BACK\n${table(head, rows)}\n`,
  );
  return { benchmark: 'rollback', rounds, measured };
}
