import type { Application } from './app/application.js';
import type { AppSetting } from './app/protocol.js';
import { journalledSteps } from './measure/journalled-steps.js';
import { measureCrash, type MeasuredCrash } from './measure/measured-crash.js';
import { measureLoad, type MeasuredLoad } from './measure/measured-load.js';
import { installPeers } from './peers/install-peers.js';
import { peersReport } from './peers-report.js';
import { say } from './report/progress.js';
import { type BenchContext, createBenchContext } from './run/bench-context.js';
import type { BenchOptions } from './run/options.js';
import { type RestateServer, startRestate } from './servers/restate-server.js';
import { loads, scaled, warmUp } from './work/workloads.js';

export const description =
  'the same durable work on Nexus, bare Temporal, DBOS, LangGraph, Restate and Mastra';

const onTemporal = ['temporal:default', 'temporal:local', 'nexus:default', 'nexus:ordinary', 'nexus:task'];
const others = ['dbos', 'langgraph', 'restate', 'mastra'];
const isPeer = (column: string): boolean => others.includes(column);

/** One column in one round. */
export interface Measured {
  readonly column: string;
  readonly round: number;
  readonly loads: readonly MeasuredLoad[];
  readonly events: Readonly<Record<string, number>>;
}

/** A column that could not be measured, and why. */
export interface Missing {
  readonly column: string;
  readonly why: string;
}

/** Runs every column in turn, in each round in the opposite order, and compares. */
export async function run(options: BenchOptions): Promise<object> {
  const wanted = options.only ?? [...onTemporal, ...others];
  const peers = wanted.some(isPeer) ? installPeers() : { folder: '', fault: undefined };
  const context = await createBenchContext(options, peers.folder);
  const missing: Missing[] = [];
  if (peers.fault !== undefined) {
    const { fault } = peers;
    missing.push(
      ...wanted.filter(isPeer).map((column) => ({ column, why: `could not be installed: ${fault}` })),
    );
  }
  const restate =
    wanted.includes('restate') && missing.length === 0 ? await tryRestate(context, peers.folder) : null;
  if (restate && 'why' in restate) missing.push({ column: 'restate', why: restate.why });
  const running = restate && 'pid' in restate ? restate : null;
  const more = { restate: running?.setting ?? null };

  const measured: Measured[] = [];
  const crashes: MeasuredCrash[] = [];
  const rounds = options.rounds ?? (options.quick ? 1 : 2);
  const present = (): string[] => wanted.filter((column) => missing.every((one) => one.column !== column));
  const attempt = async (column: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      // The others are worth measuring all the same.
      missing.push({ column, why: error instanceof Error ? error.message.slice(0, 300) : String(error) });
      say(`${column} is missing: ${missing.at(-1)?.why}`);
    }
  };
  for (let round = 1; round <= rounds; round++) {
    for (const column of round % 2 === 1 ? present() : present().reverse()) {
      const serverPid =
        column === 'restate' ? (running?.pid ?? null) : isPeer(column) ? null : context.servers.temporalPid;
      const subject = { context, column, round, serverPid, more, options };
      await attempt(column, async () => void measured.push(await measureColumn(subject)));
    }
    if (options.loads) continue;
    for (const column of present()) {
      await attempt(column, async () => void crashes.push(await crash(context, column, more)));
    }
  }
  return peersReport({ measured, crashes, missing, columns: present() });
}

interface Subject {
  readonly context: BenchContext;
  readonly column: string;
  readonly round: number;
  /** The engine's process, where it is one of its own. */
  readonly serverPid: number | null;
  readonly more: Partial<AppSetting>;
  readonly options: BenchOptions;
}

async function measureColumn(subject: Subject): Promise<Measured> {
  const { column, round } = subject;
  const application = await subject.context.start(column, subject.more);
  try {
    const results = await measureLoads(subject, application);
    return { column, round, loads: results, events: await application.calls.events() };
  } finally {
    await application.stop();
  }
}

async function measureLoads(subject: Subject, application: Application): Promise<MeasuredLoad[]> {
  const { context, column, round, serverPid, options } = subject;
  const results: MeasuredLoad[] = [];
  await context.admin.query('checkpoint');
  const chosen = loads.filter(({ name }) => options.loads?.some((begin) => name.startsWith(begin)) ?? true);
  for (const [nth, load] of [warmUp, ...chosen].entries()) {
    const prefix = `${column.replace(':', '-')}-${round}-${nth}-${Date.now().toString(36)}`;
    const meters = { ...context, serverPid };
    const result = await measureLoad(application, scaled(load, options.quick ? 0.1 : 1), prefix, meters);
    if (load === warmUp) continue;
    results.push(result);
    say(`round ${round}  ${column.padEnd(18)} ${line(result)}`);
  }
  return results;
}

function line({ load, runsPerSecond, cpuMs, failures, firstFailure, othersShare }: MeasuredLoad): string {
  const noise = othersShare === null ? '' : `, others ${Math.round(othersShare * 100)}% of the machine`;
  const failed = failures > 0 ? `, ${failures} FAILED: ${firstFailure}` : '';
  return `${load.padEnd(10)} ${runsPerSecond.toFixed(1)} runs/s, ${cpuMs?.toFixed(1) ?? '?'} ms CPU a run${noise}${failed}`;
}

async function crash(
  context: BenchContext,
  column: string,
  more: Partial<AppSetting>,
): Promise<MeasuredCrash> {
  const inspect = column.startsWith('nexus') ? journalledSteps(await context.databaseOf(column)) : undefined;
  const result = await measureCrash(context, column, inspect, more);
  const { complete, runs, seconds, lostSteps, repeatedEnded } = result;
  say(
    `crash    ${column.padEnd(18)} ${complete} of ${runs} complete in ${seconds?.toFixed(1) ?? '?'} s, ` +
      `${lostSteps} steps lost, ${repeatedEnded} ended ones repeated`,
  );
  return result;
}

async function tryRestate(
  context: BenchContext,
  peersFolder: string,
): Promise<RestateServer | { why: string }> {
  try {
    return await startRestate(peersFolder, context.servers.folder);
  } catch (error) {
    return { why: (error as Error).message };
  }
}
