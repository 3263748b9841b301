import { spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { isPortFree } from '../../../apps/cli/src/embedded/free-ports.js';
import {
  dynamicConfig,
  internalPortCount,
  serverConfig,
  temporalPorts,
} from '../../../apps/cli/src/embedded/temporal-config.js';
import type { SchemaTool } from './schema-tool.js';
import { connectUntil, prepareNamespace } from '../../../apps/cli/src/embedded/temporal-namespace.js';

export interface TemporalServer {
  readonly address: string;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface TemporalOnPostgresOptions {
  readonly server: string;
  readonly schemaTool: SchemaTool;
  /** Superuser's URL. */
  readonly postgres: string;
  readonly folder: string;
}

const startWithinMs = 60_000;
const databases = { main: 'bench_temporal', visibility: 'bench_visibility' } as const;

/** The server in one process, everything it keeps in two databases of that PostgreSQL. */
export async function startTemporalOnPostgres(options: TemporalOnPostgresOptions): Promise<TemporalServer> {
  const { server, schemaTool, folder } = options;
  const url = new URL(options.postgres);
  makeSchemas(schemaTool, url);

  const [frontend = 0, ...internal] = await lowFreePorts(1 + internalPortCount);
  const dynamicConfigFile = join(folder, 'dynamic.yaml');
  const configFile = join(folder, 'server.yaml');
  const logFile = join(folder, 'temporal.log');
  const base = parse(
    serverConfig({ databaseFile: '', dynamicConfigFile, ports: temporalPorts(frontend, internal) }),
  ) as object;
  writeFileSync(dynamicConfigFile, dynamicConfig());
  writeFileSync(configFile, stringify({ ...base, persistence: persistence(url) }));
  const log = openSync(logFile, 'a');
  const args = ['--config-file', configFile, '--allow-no-auth', 'start'];
  const child = spawn(server, args, { cwd: folder, stdio: ['ignore', log, log] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = `127.0.0.1:${frontend}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await ended;
  };
  try {
    const until = Date.now() + startWithinMs;
    const failed = ended.then(() => {
      throw new Error(
        `the Temporal server ended while starting:\n${readFileSync(logFile, 'utf8').slice(-2_000)}`,
      );
    });
    const connection = await Promise.race([connectUntil(address, until), failed]);
    await prepareNamespace(connection, 'default', until);
    await connection.close();
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, pid: child.pid as number, stop };
}

/** Temporal keeps ports in a `smallint`: what the system gives out as free is mostly too high for that. */
async function lowFreePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  for (let port = 20_000 + Math.floor(Math.random() * 10_000); found.length < count; port++) {
    if (await isPortFree(port)) found.push(port);
  }
  return found;
}

function makeSchemas({ program, visibility }: SchemaTool, url: URL): void {
  const connect = ['--plugin', 'postgres12', '--endpoint', url.hostname, '--port', url.port];
  const steps = [
    [databases.main, 'create-database'],
    [databases.main, 'setup-schema', '--version', '0.0'],
    [databases.main, 'update-schema', '--schema-name', 'postgresql/v12/temporal'],
    [databases.visibility, 'create-database'],
    [databases.visibility, 'setup-schema', '--version', visibility.version, '--schema-file', visibility.file],
  ];
  for (const [database = '', ...step] of steps) {
    const args = [
      ...connect,
      '--user',
      url.username,
      '--password',
      url.password,
      '--database',
      database,
      ...step,
    ];
    const done = spawnSync(program, args, { encoding: 'utf8' });
    if (done.status === 0) continue;
    const why = done.error?.message ?? `${done.stdout}${done.stderr}`.slice(-1_000);
    throw new Error(`Temporal's schema could not be made (${step[0]} of ${database}): ${why}`);
  }
}

function persistence(url: URL) {
  const sql = (databaseName: string, connections: number) => ({
    sql: {
      pluginName: 'postgres12',
      databaseName,
      connectAddr: url.host,
      connectProtocol: 'tcp',
      user: url.username,
      password: url.password,
      maxConns: connections,
      maxIdleConns: connections,
      maxConnLifetime: '1h',
    },
  });
  return {
    defaultStore: 'default',
    visibilityStore: 'visibility',
    numHistoryShards: 4,
    datastores: { default: sql(databases.main, 20), visibility: sql(databases.visibility, 10) },
  };
}
