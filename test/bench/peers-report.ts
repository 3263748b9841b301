import type { MeasuredLoad } from './measure/measured-load.js';
import { mean } from './measure/quantile.js';
import { round } from './report/table.js';
import { table } from './report/table.js';
import type { MeasuredCrash } from './measure/measured-crash.js';
import type { Measured, Missing } from './peers.js';
import { loads } from './work/workloads.js';

/** The column that all are compared with: what a user of Temporal alone would write. */
const yardstick = 'temporal:default';

const figures = [
  'runsPerSecond',
  'p50Ms',
  'p95Ms',
  'cpuMs',
  'appCpuMs',
  'serverCpuMs',
  'postgresCpuMs',
  'walKb',
  'appMb',
  'othersShare',
] as const satisfies (keyof MeasuredLoad)[];

type Figures = Partial<Record<(typeof figures)[number], number>>;

export interface PeersResult {
  readonly measured: readonly Measured[];
  readonly crashes: readonly MeasuredCrash[];
  readonly missing: readonly Missing[];
  readonly columns: readonly string[];
}

/** Prints the tables and gives everything as one value. */
export function peersReport({ measured, crashes, missing, columns }: PeersResult): object {
  const names = loads.map(({ name }) => name);
  const of = (column: string, load: string): Figures => figuresOf(measured, column, load);
  const compared = columns.map((column) => ({
    column,
    loads: Object.fromEntries(names.map((name) => [name, of(column, name)])),
    ratios: Object.fromEntries(
      names.map((name) => [name, ratio(of(column, name).runsPerSecond, of(yardstick, name).runsPerSecond)]),
    ),
    cpuRatios: Object.fromEntries(
      names.map((name) => [name, ratio(of(yardstick, name).cpuMs, of(column, name).cpuMs)]),
    ),
    events: measured.find((one) => one.column === column)?.events ?? {},
    failures: measured
      .filter((one) => one.column === column)
      .flatMap((one) => one.loads)
      .reduce((sum, { failures }) => sum + failures, 0),
  }));
  const print = (
    title: string,
    figure: (column: (typeof compared)[number], load: string) => number | null | undefined,
  ) =>
    process.stdout.write(
      `\n${title}\n${table(
        ['', ...names],
        compared.map((one) => [one.column, ...names.map((name) => figure(one, name))]),
      )}\n`,
    );
  print('runs a second', (one, load) => one.loads[load]?.runsPerSecond);
  print(`times the rate of ${yardstick}`, (one, load) => one.ratios[load]);
  print('CPU ms a run: application, Temporal and PostgreSQL', (one, load) => one.loads[load]?.cpuMs);
  print(`times less CPU than ${yardstick}`, (one, load) => one.cpuRatios[load]);
  print('p50 ms', (one, load) => one.loads[load]?.p50Ms);
  print('p95 ms', (one, load) => one.loads[load]?.p95Ms);
  print('WAL KB a run', (one, load) => one.loads[load]?.walKb);
  const eventRows = compared.map(({ column, events, failures, loads: all }) => [
    column,
    events['sequence'],
    events['fanOut'],
    events['children'],
    all[names[2] ?? '']?.appMb,
    failures,
  ]);
  process.stdout.write(
    `\nhistory events a run\n${table(['', 'W1', 'W2', 'W3', 'app MB', 'failed'], eventRows)}\n`,
  );
  printCrashes(crashes);
  for (const { column, why } of missing) process.stdout.write(`\n${column} is missing: ${why}\n`);
  return { benchmark: 'peers', yardstick, columns: compared, missing, crashes, measured };
}

function printCrashes(crashes: readonly MeasuredCrash[]): void {
  if (crashes.length === 0) return;
  const rows = crashes.map((crash) => [
    crash.column,
    `${crash.complete} of ${crash.runs}`,
    crash.lostSteps,
    crash.repeatedEnded,
    crash.seconds,
    crash.how,
  ]);
  const head = ['', 'complete', 'steps lost', 'ended ones repeated', 'seconds', 'what the user does'];
  process.stdout.write(`\nW4: the application killed in the middle of 50 runs\n${table(head, rows)}\n`);
}

function figuresOf(measured: readonly Measured[], column: string, load: string): Figures {
  const rounds = measured
    .filter((one) => one.column === column)
    .flatMap((one) => one.loads.filter((result) => result.load === load));
  return Object.fromEntries(
    figures.map((figure) => {
      const values = rounds.flatMap((result) => result[figure] ?? []);
      return [figure, rounded(mean(values))];
    }),
  );
}

function ratio(a: number | undefined, b: number | undefined): number | null {
  return a === undefined || b === undefined || b === 0 ? null : round(a / b);
}

function rounded(value: number | null): number | undefined {
  return value === null ? undefined : round(value);
}
