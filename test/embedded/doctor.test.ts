import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { acquireHome, freePorts, runDoctor, type DoctorRow } from '../../apps/cli/src/embedded/index.js';
import { createDatabase } from '../support/postgres.js';
import { temporalAddress } from '../support/temporal.js';

let home: string;
let env: Record<string, string | undefined>;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'nexus-doctor-'));
  const [api, temporal, ui] = await freePorts(3);
  env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    NEXUS_HOME: home,
    NEXUS_PORT: String(api),
    NEXUS_TEMPORAL_PORT: String(temporal),
    NEXUS_TEMPORAL_UI_PORT: String(ui),
  };
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

async function diagnose(what: string, changes: Record<string, string> = {}): Promise<DoctorRow | undefined> {
  const rows = await runDoctor({ ...env, ...changes }, process.cwd());
  return rows.find((row) => row.what === what);
}

describe('the doctor', () => {
  it('finds nothing wrong with a machine that can start', async () => {
    const rows = await runDoctor(env, process.cwd());
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(rows.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        'Node.js',
        'Packages',
        'git',
        'Temporal',
        'Go',
        'NEXUS_HOME',
        'Database',
        'Workspace',
      ]),
    );
  });

  it('names the port that a stranger holds, and the variable to change', async () => {
    const stranger = createServer().listen(Number(env['NEXUS_PORT']), '127.0.0.1');
    const row = await diagnose('Port of the API');
    stranger.close();
    expect(row).toMatchObject({ ok: false, hint: 'Stop it, or set NEXUS_PORT.' });
    expect(row?.found).toContain(`process ${process.pid}`);
  });

  it('tells who holds the home', async () => {
    const lock = acquireHome(home);
    const row = await diagnose('NEXUS_HOME');
    lock.release();
    expect(row?.found).toBe(`${home}, used by the Nexus that runs (process ${process.pid})`);
    expect((await diagnose('NEXUS_HOME'))?.found).toBe(`${home} is free`);
  });

  it('asks the database for pgvector and durability', async () => {
    const database = await createDatabase('doctor');
    const row = await diagnose('Database', { DATABASE_URL: database.url });
    await database.drop();
    expect(row?.found).toMatch(/^PostgreSQL \d+\.\d+, pgvector 0\.\d+\.\d+, fsync (on|off)$/);
    expect(row?.ok).toBe(row?.found.endsWith('on'));
    const [nobody] = await freePorts(1);
    const unreachable = await diagnose('Database', { DATABASE_URL: `postgres://x@127.0.0.1:${nobody}/x` });
    expect(unreachable).toMatchObject({ ok: false, hint: expect.stringContaining('DATABASE_URL') });
  });

  it('asks the Temporal server that is configured', async () => {
    const row = await diagnose('Temporal', { TEMPORAL_ADDRESS: temporalAddress() });
    expect(row).toMatchObject({ ok: true, found: expect.stringContaining(temporalAddress()) });
    const [nobody] = await freePorts(1);
    expect(await diagnose('Temporal', { TEMPORAL_ADDRESS: `127.0.0.1:${nobody}` })).toMatchObject({
      ok: false,
    });
  });

  it('says what is missing where there is neither a server nor a compiler', async () => {
    const rows = await runDoctor({ ...env, PATH: '/nowhere', NEXUS_CACHE: home }, process.cwd());
    expect(rows.find(({ what }) => what === 'Temporal')?.found).toBe('no server on this machine yet');
    expect(rows.find(({ what }) => what === 'git')).toMatchObject({ ok: false, found: 'not found' });
  });

  it('shows configuration faults as the diagnosis', async () => {
    const row = await diagnose('Configuration', { NEXUS_PORT: 'four thousand' });
    expect(row).toMatchObject({ ok: false, found: 'NEXUS_PORT is not a number' });
  });
});
