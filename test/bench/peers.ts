import type { Application } from './app/application.js';
import { measureLoad, type MeasuredLoad } from './measure/measured-load.js';
import { say } from './report/progress.js';
import { type BenchContext, createBenchContext } from './run/bench-context.js';
import type { BenchOptions } from './run/options.js';
import { loads, scaled, warmUp } from './work/workloads.js';
import { peersReport } from './peers-report.js';

export const description =
  'the same durable work on Nexus, bare Temporal, DBOS, LangGraph, Restate and Mastra';

const columns = ['temporal:default', 'temporal:local', 'nexus:default', 'nexus:ordinary', 'nexus:task'];

/** One column in one round. */
export interface Measured {
  readonly column: string;
  readonly round: number;
  readonly loads: readonly MeasuredLoad[];
  readonly events: Readonly<Record<string, number>>;
}

/** Runs every column in turn, in each round in another order, and compares. */
export async function run(options: BenchOptions): Promise<object> {
  const context = await createBenchContext(options);
  const chosen = options.only ?? columns;
  const rounds = options.rounds ?? (options.quick ? 1 : 2);
  const measured: Measured[] = [];
  for (let round = 1; round <= rounds; round++) {
    const order = round % 2 === 1 ? chosen : [...chosen].reverse();
    for (const column of order) measured.push(await measureColumn(context, column, round, options));
  }
  return peersReport(measured, chosen);
}

async function measureColumn(
  context: BenchContext,
  column: string,
  round: number,
  options: BenchOptions,
): Promise<Measured> {
  const application = await context.start(column);
  try {
    return { column, round, ...(await measureApplication(context, application, column, round, options)) };
  } finally {
    await application.stop();
  }
}

async function measureApplication(
  { servers, admin }: BenchContext,
  application: Application,
  column: string,
  round: number,
  { quick, loads: wanted }: BenchOptions,
) {
  const serverPid = /^(temporal|nexus)/.test(column) ? servers.temporalPid : null;
  const scale = quick ? 0.1 : 1;
  const results: MeasuredLoad[] = [];
  await admin.query('checkpoint');
  const chosen = loads.filter(({ name }) => !wanted || wanted.some((begin) => name.startsWith(begin)));
  for (const [nth, load] of [warmUp, ...chosen].entries()) {
    const prefix = `${column.replace(':', '-')}-${round}-${nth}-${Date.now().toString(36)}`;
    const result = await measureLoad(application, scaled(load, scale), prefix, { servers, admin, serverPid });
    if (load === warmUp) continue;
    results.push(result);
    const { runsPerSecond, cpuMs, failures, firstFailure, othersShare } = result;
    const noise = othersShare === null ? '' : `, others ${Math.round(othersShare * 100)}% of the machine`;
    say(
      `round ${round}  ${column.padEnd(18)} ${load.name.padEnd(10)} ${runsPerSecond.toFixed(1)} runs/s, ` +
        `${cpuMs?.toFixed(1) ?? '?'} ms CPU a run${noise}${failures > 0 ? `, ${failures} FAILED: ${firstFailure}` : ''}`,
    );
  }
  return { loads: results, events: await application.calls.events() };
}
