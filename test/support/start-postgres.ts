import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { freePorts } from '../../apps/cli/src/embedded/free-ports.js';
import { providePostgresPrograms } from './postgres-programs.js';

export interface RunningPostgres {
  /** Connects as superuser to the database `postgres`. */
  readonly url: string;
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** One that can be killed, and started again where it was. */
export interface OwnPostgres extends RunningPostgres {
  /** Kills the server with no chance to react. */
  kill(): Promise<void>;
  start(): Promise<void>;
}

/** PostgreSQL refuses to run as root; this is `nobody` on every system we know. */
const nobody = 65534;
const startWithinMs = 30_000;

/**
 * A real PostgreSQL 16 with pgvector on a free loopback port, in a folder of its own that goes with it.
 * `DATABASE_URL_TEST` names one that runs already and is used instead.
 */
export async function startPostgres(cache: string): Promise<RunningPostgres> {
  const given = process.env['DATABASE_URL_TEST'];
  if (given) return { url: given, pid: undefined, stop: () => Promise.resolve() };
  // Durable against everything but a power cut, which no test survives anyway.
  return launchPostgres(cache, { fsync: 'off' });
}

/** One of our own with these settings, as `postgresql.conf` knows them. */
export async function launchPostgres(
  cache: string,
  chosen: Readonly<Record<string, string>> = {},
): Promise<OwnPostgres> {
  const { bin } = providePostgresPrograms(cache);
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? { uid: nobody, gid: nobody } : {};
  const folder = mkdtempSync(join(tmpdir(), 'nexus-postgres-'));
  chmodSync(folder, 0o700);
  if (asRoot) chownSync(folder, nobody, nobody);
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder, encoding: 'utf8' as const };
  const init = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync'];
  const created = spawnSync(join(bin, 'initdb'), init, options);
  if (created.status !== 0) throw new Error(`initdb failed: ${created.error?.message ?? created.stderr}`);

  const [port] = await freePorts(1);
  const log = openSync(join(folder, 'postgres.log'), 'a');
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    ...chosen,
  };
  const args = [
    '-D',
    data,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const launch = () => {
    const server = spawn(join(bin, 'postgres'), args, { ...user, cwd: folder, stdio: ['ignore', log, log] });
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    return { server, ended, hasEnded: () => server.exitCode !== null || server.signalCode !== null };
  };
  let current = launch();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!current.hasEnded()) current.server.kill(signal);
    await current.ended;
  };
  const stop = async (): Promise<void> => {
    // "Immediate" shutdown: nothing in there is kept.
    await end('SIGQUIT');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(url, current.hasEnded);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url,
    get pid() {
      return current.server.pid;
    },
    stop,
    kill: () => end('SIGKILL'),
    async start() {
      // Sessions of a killed server take a moment to notice, and until then it may not start.
      for (const until = Date.now() + startWithinMs; ;) {
        if (current.hasEnded()) current = launch();
        try {
          return await untilReady(url, current.hasEnded);
        } catch (error) {
          if (Date.now() > until) throw error;
        }
      }
    },
  };
}

async function untilReady(url: string, hasEnded: () => boolean): Promise<void> {
  const until = Date.now() + startWithinMs;
  for (;;) {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
      await client.query('create extension if not exists vector');
      return;
    } catch (error) {
      if (hasEnded() || Date.now() > until) {
        throw new Error(`PostgreSQL does not start: ${(error as Error).message}`, { cause: error });
      }
      await wait(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
