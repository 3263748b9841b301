import { afterAll, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { processStart } from '#ops/set-up/process-identity';
import { isGroupAlive, ledgerCommand, readLedger } from './ledger.js';
import { createHome } from './nexus-process.js';
import { endedRun, startPlan } from './runs.js';
import { until } from './until.js';

const home = createHome('lifecycle');
afterAll(() => home.remove());

const usage = 2;
const refused = 5;

describe('a start that cannot be', () => {
  it('with wrong settings names every one of them, and what to do (J5)', async () => {
    const { code, stdout, stderr } = await home.run(['up'], {
      NEXUS_PORT: 'http',
      NEXUS_TOOLS: '/no/such/folder',
      DATABASE_URL: 'mysql://somewhere/db',
      NEXUS_AUTH: 'required',
      NEXUS_POTR: '4000',
    });
    expect([code, stdout]).toEqual([usage, '']);
    for (const variable of ['NEXUS_PORT', 'NEXUS_TOOLS', 'DATABASE_URL', 'NEXUS_AUTH', 'NEXUS_POTR']) {
      expect(stderr).toContain(variable);
    }
    expect(stderr).toContain('1 to 65535');
    expect(stderr).toContain('nexus config explain');
  });

  it('on ports that are taken names every one of them, and by whom (G3)', async () => {
    const taken = await Promise.all([listen(), listen()]);
    const [api, temporal] = taken.map((server) => String((server.address() as AddressInfo).port));
    const { code, stderr } = await home.run(['up'], { NEXUS_PORT: api!, NEXUS_TEMPORAL_PORT: temporal! });
    for (const server of taken) server.close();
    expect(code).toBe(refused);
    expect(stderr).toContain(`port ${api} for the API is in use by process ${process.pid}`);
    expect(stderr).toContain(`port ${temporal} for the embedded Temporal server is in use`);
    expect(stderr).toContain('NEXUS_PORT');
    expect(stderr).toContain('NEXUS_TEMPORAL_PORT');
  });

  it('without its database says which one, and leaves nothing running (G3)', async () => {
    const { code, stderr } = await home.run(['up'], {
      DATABASE_URL: 'postgres://nobody:hidden-word@127.0.0.1:9/none',
    });
    expect(code).not.toBe(0);
    expect(stderr).toContain('PostgreSQL at 127.0.0.1:9/none cannot be reached');
    expect(stderr).toContain('Is the server running');
    expect(stderr).not.toContain('hidden-word');
    expect(existsSync(join(home.folder, 'temporal', 'processes.json'))).toBe(false);
  });
});

describe('a Nexus that runs', () => {
  it('keeps a second one off its home, and at SIGTERM ends with everything it started (G3 A9)', async () => {
    const nexus = await home.start();
    const second = await home.run(['up']);
    expect(second.code).toBe(refused);
    expect(second.stderr).toContain(`NEXUS_HOME ${home.folder} is in use by process ${nexus.pid}`);
    expect(second.stderr).toContain('set NEXUS_HOME to another folder');

    const shell = {
      id: 'a',
      kind: 'tool',
      tool: 'shell.run',
      with: { command: ledgerCommand(1), env: { TEST_LEDGER: home.ledger } },
    };
    const id = await startPlan(nexus, {
      tasks: [shell, { id: 'b', kind: 'tool', tool: 'ledger.quick', needs: ['a'] }],
    });
    const line = await until('the command runs', () => readLedger(home.ledger).find(({ run }) => run === id));
    const temporal = nexus.temporalPids();
    expect(temporal).toHaveLength(2);
    const { code } = await nexus.stop();
    expect(code).toBe(0);
    expect([nexus.pid, ...temporal].filter((pid) => processStart(pid) !== undefined)).toEqual([]);
    await until('the command is gone', () => !isGroupAlive(line.group!), { withinMs: 5_000 });
    // The work under way was let end, and is not done again.
    const again = await home.start();
    expect(await endedRun(again, id)).toMatchObject({ status: 'SUCCEEDED' });
    const own = readLedger(home.ledger).filter(({ run, path }) => run === id && path === 'a');
    expect(own.map(({ at }) => at)).toEqual(['start', 'end']);
    expect((await again.stop()).code).toBe(0);
  }, 240_000);
});

function listen() {
  return new Promise<ReturnType<typeof createServer>>((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
