import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { nexusError } from '#contracts';
import type { TemporalBinaries } from '#ops/temporal/binaries';
import { freePorts, isPortFree } from './free-ports.js';
import { endOwned, isAlive, startOwned, type OwnedProcess } from './owned-process.js';
import { portFaults, type PortWish } from './port-check.js';
import {
  readProcessRecord,
  removeProcessRecord,
  writeProcessRecord,
  type ProcessEntry,
  type ProcessRecord,
} from './process-record.js';
import { answersAsTemporal, connectUntil, prepareNamespace } from './temporal-namespace.js';
import { serverProgram, uiProgram, type Program } from './temporal-programs.js';

export interface EmbeddedTemporalOptions {
  readonly home: string;
  /** 0 takes any free port. */
  readonly temporalPort: number;
  /** 0 takes any free port; undefined starts no web interface. */
  readonly uiPort: number | undefined;
  readonly binaries: TemporalBinaries;
  readonly namespace?: string | undefined;
  /** Ports that others will need, checked together with ours so that all that are taken are named at once. */
  readonly otherPorts?: readonly PortWish[] | undefined;
  readonly log: (line: string) => void;
}

export interface EmbeddedTemporal {
  readonly address: string;
  readonly uiUrl: string | undefined;
  readonly adopted: boolean;
  /** Process ids as they are now: a server that died is replaced. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

/** The server ends workers it hosts slowly; its database bears being killed. */
const graceMs = 3_000;
const superviseEveryMs = 1_000;
const startWithinMs = 60_000;

/**
 * Starts the Temporal server and its web interface as processes of this home, or adopts those a killed
 * predecessor left. The caller holds the home's lock. Nothing is left behind after `stop`; after a SIGKILL
 * the two stay for the next start, which finds them by process id and start time in the home.
 */
export async function startEmbeddedTemporal(options: EmbeddedTemporalOptions): Promise<EmbeddedTemporal> {
  const { binaries, log, namespace = 'default' } = options;
  const folder = join(options.home, 'temporal');
  mkdirSync(folder, { recursive: true });
  const left = readProcessRecord(folder);
  const temporalPort = options.temporalPort || (left.server?.port ?? (await freePorts(1))[0] ?? 0);
  const uiPort = options.uiPort === 0 ? (left.ui?.port ?? (await freePorts(1))[0]) : options.uiPort;
  const address = `127.0.0.1:${temporalPort}`;

  const record: ProcessRecord = {};
  record.server = await adopt(
    left.server,
    await serverProgram(folder, binaries, temporalPort, uiPort),
    address,
  );
  const ui = uiPort === undefined ? undefined : uiProgram(folder, binaries, uiPort, address, namespace);
  record.ui = ui && (await adopt(left.ui, ui));
  const adopted = record.server !== undefined;
  if (adopted) log(`Adopted the Temporal server that an earlier start left (process ${record.server?.pid})`);

  const start = async (): Promise<void> => {
    if (!record.server) {
      const program = await serverProgram(folder, binaries, temporalPort, uiPort);
      discardUnfinished(folder, program);
      record.server = launch(program);
      writeProcessRecord(folder, record);
    }
    if (ui && !record.ui) record.ui = launch(ui);
    writeProcessRecord(folder, record);
    await ready(record.server, address, namespace, join(folder, 'server.log'));
    writeFileSync(readyMarker(folder), '');
  };
  const stopAll = async (): Promise<void> => {
    const running = [record.ui, record.server].filter((entry) => entry !== undefined);
    await Promise.all(running.map((entry) => endOwned(entry, graceMs)));
    removeProcessRecord(folder);
  };
  try {
    await refuseTakenPorts(record, temporalPort, uiPort, options.otherPorts ?? []);
    await start();
  } catch (error) {
    await stopAll();
    throw error;
  }
  const supervision = supervise(record, start, log);
  return {
    address,
    uiUrl:
      uiPort === undefined || (binaries.kind === 'server' && !ui) ? undefined : `http://127.0.0.1:${uiPort}`,
    adopted,
    pids: () => [record.server, record.ui].flatMap((entry) => (entry ? [entry.pid] : [])),
    async stop() {
      await supervision.stop();
      await stopAll();
    },
  };
}

/** A process that lives, is the same program on the same port, and answers, is kept; any other of ours is ended. */
async function adopt(
  left: ProcessEntry | undefined,
  wanted: Pick<Program, 'command' | 'port'> | undefined,
  address?: string,
): Promise<ProcessEntry | undefined> {
  if (!left || !isAlive(left)) return undefined;
  const same = left.command === wanted?.command && left.port === wanted.port;
  if (same && (address === undefined || (await answersAsTemporal(address, 3_000)))) return left;
  await endOwned(left, graceMs);
  await untilPortIsFree(left.port);
  return undefined;
}

/** A killed process of many threads may hold its port a moment longer than it seems to live. */
async function untilPortIsFree(port: number): Promise<void> {
  const until = Date.now() + graceMs;
  while (!(await isPortFree(port)) && Date.now() < until) await wait(25);
}

async function refuseTakenPorts(
  record: ProcessRecord,
  temporalPort: number,
  uiPort: number | undefined,
  others: readonly PortWish[],
): Promise<void> {
  const server = {
    port: temporalPort,
    variable: 'NEXUS_TEMPORAL_PORT',
    purpose: 'the embedded Temporal server',
  };
  const ui = { port: uiPort ?? 0, variable: 'NEXUS_TEMPORAL_UI_PORT', purpose: 'the Temporal UI' };
  const faults = await portFaults([
    ...(record.server ? [] : [server]),
    ...(record.ui || uiPort === undefined ? [] : [ui]),
    ...others,
  ]);
  if (faults.length === 0) return;
  throw nexusError('FAILED_PRECONDITION', faults.join('\n'), {
    hint: 'A Temporal server of your own is used instead of the embedded one when TEMPORAL_ADDRESS names it.',
  });
}

const readyMarker = (folder: string): string => join(folder, 'ready');

/** A first start that was killed leaves half a schema, which the server takes for a whole one. It held nothing yet. */
function discardUnfinished(folder: string, program: Program): void {
  if (existsSync(readyMarker(folder)) || program.databaseFile === undefined) return;
  for (const suffix of ['', '-wal', '-shm']) rmSync(program.databaseFile + suffix, { force: true });
}

function launch(program: Program): ProcessEntry {
  const owned = startOwned(program.command, program.args, program.logFile);
  return { ...owned, command: program.command, port: program.port };
}

async function ready(
  server: OwnedProcess,
  address: string,
  namespace: string,
  logFile: string,
): Promise<void> {
  const watch = new AbortController();
  const ended = async (): Promise<never> => {
    while (isAlive(server)) await wait(100, undefined, { signal: watch.signal });
    throw nexusError(
      'UNAVAILABLE',
      `the Temporal server ended while starting; its log ends with:\n${tail(logFile)}`,
      {
        hint: `The whole log is ${logFile}.`,
      },
    );
  };
  try {
    await Promise.race([prepare(address, namespace), ended()]);
  } finally {
    watch.abort();
  }
}

async function prepare(address: string, namespace: string): Promise<void> {
  const until = Date.now() + startWithinMs;
  const connection = await connectUntil(address, until);
  try {
    await prepareNamespace(connection, namespace, until);
  } finally {
    await connection.close();
  }
}

function tail(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-5).join('\n') : '(empty)';
}

/** Starts again what dies while it is needed: workers and clients reconnect by themselves. */
function supervise(record: ProcessRecord, start: () => Promise<void>, log: (line: string) => void) {
  let restarting: Promise<void> = Promise.resolve();
  let busy = false;
  const revive = async (): Promise<void> => {
    if (record.server && !isAlive(record.server)) {
      log(`The Temporal server (process ${record.server.pid}) ended unexpectedly: starting it again`);
      delete record.server;
    }
    if (record.ui && !isAlive(record.ui)) {
      log(`The Temporal UI (process ${record.ui.pid}) ended unexpectedly: starting it again`);
      delete record.ui;
    }
    await start();
  };
  const timer = setInterval(() => {
    const dead = [record.server, record.ui].some((entry) => entry && !isAlive(entry));
    if (busy || !dead) return;
    busy = true;
    restarting = revive()
      .catch((error: Error) => log(`The Temporal server could not be started again: ${error.message}`))
      .finally(() => (busy = false));
  }, superviseEveryMs);
  timer.unref();
  return {
    async stop(): Promise<void> {
      clearInterval(timer);
      await restarting;
    },
  };
}
