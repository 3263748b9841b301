import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import {
  workflowBundleFile,
  workflowBundleIsCurrent,
  writeWorkflowBundle,
} from '#ops/set-up/workflow-bundle';
import { findTemporal } from '#ops/temporal/binaries';
import { launchPostgres } from '../../support/start-postgres.js';
import { startForNow, onEnd } from '../run/cleanup.js';
import { say } from '../report/progress.js';
import { provideSchemaTool } from './schema-tool.js';
import { startTemporalOnPostgres } from './temporal-on-postgres.js';

export interface BenchServers {
  readonly temporalAddress: string;
  readonly temporalPid: number;
  readonly postgresUrl: string;
  readonly postgresPid: number;
  /** Of the workflows of Nexus. */
  readonly workflowBundle: string;
  /** For what else a benchmark writes; goes with the servers. */
  readonly folder: string;
  /** Makes an empty database and gives its URL. */
  database(name: string): Promise<string>;
}

/**
 * A PostgreSQL that syncs every commit to the disk, and a Temporal server on it: own ports, own folders, ended
 * when the benchmark ends, however it does.
 */
export async function startBenchServers(): Promise<BenchServers> {
  const cache = cacheFolder();
  const binaries = findTemporal({ root: repositoryRoot, cache });
  if (binaries?.kind !== 'server')
    throw new Error('the pinned Temporal server is not built on this machine: `npm run bench` builds it');
  const schemaTool = provideSchemaTool({ root: repositoryRoot, cache, version: binaries.version }, say);
  const workflowBundle = join(repositoryRoot, workflowBundleFile);
  if (!workflowBundleIsCurrent(repositoryRoot)) await writeWorkflowBundle(repositoryRoot);

  const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  say('Starting PostgreSQL (fsync on) and a Temporal server on it');
  const postgres = await startForNow(
    () => launchPostgres(cache, { fsync: 'on', synchronous_commit: 'on' }),
    (server) => server.stop(),
  );
  const { server } = binaries;
  const temporal = await startForNow(
    () => startTemporalOnPostgres({ server, schemaTool, postgres: postgres.url, folder }),
    (started) => started.stop(),
  );
  return {
    temporalAddress: temporal.address,
    temporalPid: temporal.pid,
    postgresUrl: postgres.url,
    postgresPid: postgres.pid as number,
    workflowBundle,
    folder,
    database: (name) => createDatabase(postgres.url, name),
  };
}

async function createDatabase(server: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(`create database "${name}"`);
  } finally {
    await client.end();
  }
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
