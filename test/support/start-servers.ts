import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedTemporal } from '../../apps/cli/src/embedded/start-temporal.js';
import { findTemporal } from '#ops/temporal/binaries';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { workflowBundleFile, workflowBundleIsCurrent } from '#ops/set-up/workflow-bundle';
import { startPostgres } from './start-postgres.js';
import { serversVariable, type TestServers } from './servers.js';

let stop: (() => Promise<void>) | undefined;

/** Starts one Temporal server and one PostgreSQL, bundles the workflows, and tells the test processes. */
export async function startServers(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'nexus-test-'));
  const removeHome = (): void => rmSync(home, { recursive: true, force: true });
  const [temporal, postgres] = await Promise.allSettled([startTemporal(home), startPostgres(cacheFolder())]);
  stop = async () => {
    if (temporal.status === 'fulfilled') await temporal.value.stop();
    if (postgres.status === 'fulfilled') await postgres.value.stop();
    removeHome();
  };
  // Jest ends on Ctrl-C without its teardown.
  process.once('exit', () => {
    const pids = [
      ...(temporal.status === 'fulfilled' ? temporal.value.pids() : []),
      ...(postgres.status === 'fulfilled' && postgres.value.pid ? [postgres.value.pid] : []),
    ];
    if (existsSync(home)) pids.forEach(endAtOnce);
  });
  if (temporal.status === 'rejected') {
    await stop();
    throw temporal.reason;
  }
  const servers: TestServers = {
    temporalAddress: temporal.value.address,
    workflowBundle: bundle(),
    // Only tests that need PostgreSQL fail without it, and say why.
    postgres:
      postgres.status === 'fulfilled'
        ? { url: postgres.value.url }
        : { missing: (postgres.reason as Error).message },
  };
  process.env[serversVariable] = JSON.stringify(servers);
}

export async function stopServers(): Promise<void> {
  await stop?.();
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

async function startTemporal(home: string) {
  const binaries = findTemporal({ root: repositoryRoot, cache: cacheFolder() });
  if (!binaries) throw new Error('no Temporal server on this machine: npm test builds one');
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  return startEmbeddedTemporal({ home, temporalPort: 0, uiPort: undefined, binaries, log });
}

/** In a process of its own: webpack leaves half a gigabyte behind. */
function bundle(): string | undefined {
  if (!workflowBundleIsCurrent(repositoryRoot)) {
    const args = [join(repositoryRoot, 'ops/set-up/bundle-workflows.mjs')];
    const { status, stderr } = spawnSync(process.execPath, args, {
      encoding: 'utf8',
      env: withoutNodeOptions(),
    });
    if (status !== 0) throw new Error(`the workflows could not be bundled:\n${stderr}`);
  }
  return join(repositoryRoot, workflowBundleFile);
}

function withoutNodeOptions(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, ...env } = process.env;
  return env;
}
