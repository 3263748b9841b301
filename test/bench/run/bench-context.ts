import pg from 'pg';
import { join } from 'node:path';
import { startApplication, type Application } from '../app/application.js';
import type { AppSetting } from '../app/protocol.js';
import { writeTemporalBundle } from '../columns/temporal-bundle.js';
import { type BenchServers, startBenchServers } from '../servers/bench-servers.js';
import { marksTable } from '../work/step.js';
import { onEnd } from './cleanup.js';
import type { BenchOptions } from './options.js';

/** Servers, databases and meters that the columns of a benchmark share. */
export interface BenchContext {
  readonly servers: BenchServers;
  readonly admin: pg.Client;
  readonly marks: pg.Client;
  /** The database of a column. */
  databaseOf(column: string): Promise<string>;
  /** Starts a column's application; the second time as one that takes over from the first. */
  start(column: string, more?: Partial<AppSetting>): Promise<Application>;
}

export async function createBenchContext(options: BenchOptions, peersFolder = ''): Promise<BenchContext> {
  const servers = await startBenchServers();
  const temporalBundle = await writeTemporalBundle(servers.folder);
  const marksUrl = await servers.database('bench_marks');
  const admin = await connect(servers.postgresUrl);
  const marks = await connect(marksUrl);
  await marks.query(marksTable);
  const databases = new Map<string, Promise<string>>();
  const databaseOf = (column: string): Promise<string> => {
    const name = `bench_${column.replaceAll(/[^a-z]+/g, '_')}`;
    const known = databases.get(name) ?? servers.database(name);
    databases.set(name, known);
    return known;
  };
  return {
    servers,
    admin,
    marks,
    databaseOf,
    async start(column, more = {}) {
      const setting = {
        column,
        temporalAddress: servers.temporalAddress,
        databaseUrl: await databaseOf(column),
        marksUrl,
        effectsFile: join(servers.folder, 'effects'),
        nexusBundle: servers.workflowBundle,
        temporalBundle,
        peersFolder,
        restate: null,
        takesOver: false,
        ...more,
      };
      return startApplication(setting, profileOptions(options.profile, column));
    },
  };
}

function profileOptions(folder: string | undefined, column: string): string[] {
  if (folder === undefined) return [];
  return ['--cpu-prof', '--cpu-prof-dir', join(folder, column.replaceAll(':', '-'))];
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  // When the servers are ended the connection is lost, and that is no news.
  client.on('error', () => undefined);
  await client.connect();
  onEnd(() => client.end());
  return client;
}
