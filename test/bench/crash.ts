import { journalledSteps } from './measure/journalled-steps.js';
import { measureCrash, type MeasuredCrash } from './measure/measured-crash.js';
import { quantile } from './measure/quantile.js';
import { say } from './report/progress.js';
import { round, table } from './report/table.js';
import { createBenchContext } from './run/bench-context.js';
import type { BenchOptions } from './run/options.js';

export const description =
  '50 runs under way, the whole process killed and started again: what is lost or repeated';

const columns = ['nexus:default', 'nexus:ordinary'];
const targetSeconds = 5;

/** Kills Nexus in the middle of its work, several times, and counts. */
export async function run(options: BenchOptions): Promise<object> {
  const context = await createBenchContext(options);
  const rounds = options.rounds ?? (options.quick ? 1 : 5);
  const chosen = options.only ?? columns;
  const measured: MeasuredCrash[] = [];
  for (let nth = 1; nth <= rounds; nth++) {
    for (const column of chosen) {
      const inspect = column.startsWith('nexus')
        ? journalledSteps(await context.databaseOf(column))
        : undefined;
      const crash = await measureCrash(context, column, inspect);
      measured.push(crash);
      say(
        `round ${nth}  ${column.padEnd(16)} complete ${crash.complete} of ${crash.runs} in ${crash.seconds?.toFixed(2) ?? '?'} s (${crash.bootSeconds.toFixed(2)} s of them to boot), ` +
          `lost ${crash.lostSteps}, ended repeated ${crash.repeatedEnded}, journalled repeated ${crash.repeatedJournalled ?? '–'} of ${crash.journalled ?? '–'}` +
          (crash.failure === undefined ? '' : `, ${crash.failure}`),
      );
    }
  }
  const summaries = chosen.map((column) => summary(column, measured));
  const rows = summaries.map((one) => [
    one.column,
    `${one.complete} of ${one.runs}`,
    one.lostSteps,
    one.repeatedEnded,
    `${one.repeatedJournalled} of ${one.journalled}`,
    one.seconds.best,
    one.seconds.median,
    one.seconds.worst,
  ]);
  const head = [
    '',
    'complete',
    'lost',
    'ended repeated',
    'journalled repeated',
    'best s',
    'median s',
    'worst s',
  ];
  process.stdout.write(`\n${table(head, rows)}\n`);
  return { benchmark: 'crash', targetSeconds, columns: summaries, measured };
}

function summary(column: string, measured: readonly MeasuredCrash[]) {
  const own = measured.filter((crash) => crash.column === column);
  const sum = (figure: (crash: MeasuredCrash) => number): number =>
    own.reduce((all, crash) => all + figure(crash), 0);
  const seconds = own.map((crash) => crash.seconds ?? Number.POSITIVE_INFINITY);
  const at = (share: number): number => round(quantile(seconds, share) ?? Number.NaN);
  return {
    column,
    rounds: own.length,
    runs: sum((crash) => crash.runs),
    complete: sum((crash) => crash.complete),
    lostSteps: sum((crash) => crash.lostSteps),
    repeatedEnded: sum((crash) => crash.repeatedEnded),
    journalled: sum((crash) => crash.journalled ?? 0),
    repeatedJournalled: sum((crash) => crash.repeatedJournalled ?? 0),
    seconds: { best: at(0), median: at(0.5), worst: at(1) },
    withinTarget: own.filter((crash) => (crash.seconds ?? Number.POSITIVE_INFINITY) <= targetSeconds).length,
  };
}
