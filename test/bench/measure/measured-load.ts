import type pg from 'pg';
import { setTimeout as wait } from 'node:timers/promises';
import type { Application } from '../app/application.js';
import type { BenchServers } from '../servers/bench-servers.js';
import type { Load } from '../work/workloads.js';
import { cpuOf, machineCpu, memoryOf } from './processes.js';
import { quantile } from './quantile.js';

/** What a load cost; what belongs to a run is divided by the number of runs. */
export interface MeasuredLoad {
  readonly load: string;
  readonly runs: number;
  readonly runsPerSecond: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  readonly failures: number;
  readonly firstFailure?: string | undefined;
  /** CPU milliseconds a run. Unlike the rate it hardly depends on what else the machine does. */
  readonly appCpuMs: number | null;
  readonly serverCpuMs: number | null;
  readonly postgresCpuMs: number | null;
  readonly cpuMs: number | null;
  readonly walKb: number;
  readonly appMb: number | null;
  /** Share of the machine's CPU time that others took meanwhile. */
  readonly othersShare: number | null;
}

/** PostgreSQL's backends report what they wrote with a delay. */
const settleMs = 300;

/** Lets an application do a load and reads all meters before and after. `serverPid` is its engine's process, if it has one. */
export async function measureLoad(
  application: Application,
  load: Load,
  prefix: string,
  meters: { readonly servers: BenchServers; readonly admin: pg.Client; readonly serverPid: number | null },
): Promise<MeasuredLoad> {
  const { servers, admin, serverPid } = meters;
  const read = async () => ({
    wal: await walPosition(admin),
    app: cpuOf(application.pid),
    server: serverPid === null ? 0 : cpuOf(serverPid),
    postgres: cpuOf(servers.postgresPid),
    machine: machineCpu(),
  });
  const before = await read();
  const seen = await application.calls.load(load, prefix);
  const after = await read();
  await wait(settleMs);
  const walBytes = (await walPosition(admin)) - before.wal;
  const spent = (meter: 'app' | 'server' | 'postgres' | 'machine'): number | null => {
    const [from, to] = [before[meter], after[meter]];
    return from === null || to === null ? null : (to - from) / load.runs;
  };
  const [app, server, postgres, machine] = [
    spent('app'),
    spent('server'),
    spent('postgres'),
    spent('machine'),
  ];
  const cpuMs = app === null || server === null || postgres === null ? null : app + server + postgres;
  return {
    load: load.name,
    runs: load.runs,
    runsPerSecond: load.runs / seen.seconds,
    p50Ms: quantile(seen.latencies, 0.5),
    p95Ms: quantile(seen.latencies, 0.95),
    failures: seen.failures,
    firstFailure: seen.firstFailure,
    appCpuMs: app,
    serverCpuMs: server,
    postgresCpuMs: postgres,
    cpuMs,
    walKb: walBytes / 1024 / load.runs,
    appMb: memoryOf(application.pid),
    othersShare: machine === null || cpuMs === null ? null : Math.max(0, 1 - cpuMs / machine),
  };
}

async function walPosition(admin: pg.Client): Promise<number> {
  const { rows } = await admin.query(`select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8 as bytes`);
  return (rows[0] as { bytes: number }).bytes;
}
