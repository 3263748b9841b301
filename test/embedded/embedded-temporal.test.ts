import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { freePorts } from '../../apps/cli/src/embedded/index.js';
import { end, lives, startInProcess, type Started } from './embedded-home.js';

let home: string;
let ports: { temporal: number; ui: number };
const holders: ChildProcess[] = [];

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'nexus home #1 '));
  const [temporal = 0, ui = 0] = await freePorts(2);
  ports = { temporal, ui };
});

afterEach(async () => {
  for (const holder of holders.splice(0)) {
    if (holder.exitCode === null && holder.signalCode === null) await end(holder, 'SIGTERM');
  }
  rmSync(home, { recursive: true, force: true });
});

async function start(): Promise<Started> {
  const started = await startInProcess(home, ports);
  if ('refused' in started) throw new Error(started.refused);
  holders.push(started.process);
  return started;
}

async function refusal(): Promise<string> {
  const started = await startInProcess(home, ports);
  return 'refused' in started ? started.refused : `started with ${started.pids.join(' and ')}`;
}

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

describe('the embedded Temporal', () => {
  it('serves with its search attributes and the web interface, and leaves no process behind', async () => {
    const { address, pids, process } = await start();
    expect(pids).toHaveLength(2);
    await withClient(address, async (client) => {
      await client.workflow.start('anything', {
        workflowId: 'searchable',
        taskQueue: 'nobody',
        searchAttributes: { NexusRunId: ['run_1'], NexusStatus: ['RUNNING'], NexusCostUsd: [0.25] },
      });
    });
    const page = await fetch(`http://127.0.0.1:${ports.ui}/`);
    expect(page.status).toBe(200);
    expect(await end(process, 'SIGTERM')).toBe(0);
    expect(pids.filter(lives)).toEqual([]);
  });

  it('keeps its workflows over a restart', async () => {
    const first = await start();
    await withClient(first.address, (client) =>
      client.workflow.start('anything', { workflowId: 'kept', taskQueue: 'nobody' }),
    );
    await end(first.process, 'SIGINT');
    const second = await start();
    const { status } = await withClient(second.address, (client) =>
      client.workflow.getHandle('kept').describe(),
    );
    expect(status.name).toBe('RUNNING');
    expect(second.adopted).toBe(false);
  });

  it('is adopted by the next start when its owner was killed', async () => {
    const first = await start();
    await end(first.process, 'SIGKILL');
    expect(first.pids.every(lives)).toBe(true);
    const second = await start();
    expect(second).toMatchObject({ adopted: true, pids: first.pids });
    await end(second.process, 'SIGTERM');
    expect(first.pids.filter(lives)).toEqual([]);
  });

  it('is replaced when it was left behind and no longer answers', async () => {
    const first = await start();
    await end(first.process, 'SIGKILL');
    const [server = 0] = first.pids;
    process.kill(server, 'SIGSTOP');
    const second = await start();
    expect(second.adopted).toBe(false);
    expect(lives(server)).toBe(false);
  });

  it('is started again when it dies under us', async () => {
    const { address, pids } = await start();
    process.kill(pids[0] ?? 0, 'SIGKILL');
    const answers = await withClient(address, async (client) => {
      for (;;) {
        const answered = await client.workflowService.getSystemInfo({}).catch(() => undefined);
        if (answered && !lives(pids[0] ?? 0)) return answered;
      }
    });
    expect(answers.serverVersion).toBeTruthy();
  });

  it('refuses a home that another process holds, and names both', async () => {
    const { process } = await start();
    expect(await refusal()).toBe(`NEXUS_HOME ${home} is in use by process ${process.pid}`);
  });

  it('names every port that is taken, by whom, and the variable to change', async () => {
    const stranger = createServer().listen(ports.temporal, '127.0.0.1');
    const other = spawn(process.execPath, [
      '-e',
      `net.createServer().listen(${ports.ui}, '127.0.0.1', () => console.log())`,
    ]);
    await once(other.stdout, 'data');
    try {
      expect((await refusal()).split('\n')).toEqual([
        `port ${ports.temporal} for the embedded Temporal server is in use by process ${process.pid} (node): ` +
          'stop it, or choose another port with NEXUS_TEMPORAL_PORT',
        `port ${ports.ui} for the Temporal UI is in use by process ${other.pid} (node): ` +
          'stop it, or choose another port with NEXUS_TEMPORAL_UI_PORT',
      ]);
    } finally {
      stranger.close();
      other.kill();
    }
  });
});
