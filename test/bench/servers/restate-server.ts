import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePorts } from '../../../apps/cli/src/embedded/free-ports.js';
import type { ColumnSetting } from '../columns/column.js';
import { onEnd } from '../run/cleanup.js';

export interface RestateServer {
  readonly pid: number;
  readonly setting: NonNullable<ColumnSetting['restate']>;
}

const startWithinMs = 20_000;

/** Restate's server from its package, with its log in the folder. */
export async function startRestate(peersFolder: string, folder: string): Promise<RestateServer> {
  const platform = `${process.platform}-${process.arch}`;
  const program = join(peersFolder, `node_modules/@restatedev/restate-server-${platform}/bin/restate-server`);
  if (!existsSync(program)) throw new Error(`restate has no server for ${platform}`);
  const [node, admin, ingress, endpointPort = 0] = await freePorts(4);
  const env = {
    ...process.env,
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_BASE_DIR: join(folder, 'restate'),
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_ADVERTISED_HOST: '127.0.0.1',
    RESTATE_BIND_PORT: String(node),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_LOG_FILTER: 'warn',
    RESTATE_LISTEN_MODE: 'tcp',
  };
  const log = openSync(join(folder, 'restate.log'), 'a');
  const child = spawn(program, ['--no-logo'], { env, stdio: ['ignore', log, log] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  onEnd(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const setting = {
    ingress: `http://127.0.0.1:${ingress}`,
    admin: `http://127.0.0.1:${admin}`,
    endpointPort,
  };
  const until = Date.now() + startWithinMs;
  for (const url of [`${setting.admin}/health`, `${setting.ingress}/restate/health`]) {
    while (!(await answers(url))) {
      if (Date.now() > until || child.exitCode !== null) throw new Error('the restate server does not start');
      await wait(100);
    }
  }
  return { pid: child.pid as number, setting };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}
