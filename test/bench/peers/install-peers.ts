import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder, repositoryRoot } from '#ops/set-up/paths';
import { say } from '../report/progress.js';

const files = ['package.json', 'package-lock.json'];

export interface PeersFolder {
  readonly folder: string;
  /** Why packages are missing, when they could not be installed. */
  readonly fault: string | undefined;
}

/** The peers at the versions of their lock file, installed into the cache on first use. */
export function installPeers(): PeersFolder {
  const source = join(repositoryRoot, 'ops/bench/peers');
  const folder = join(cacheFolder(), 'bench-peers');
  mkdirSync(folder, { recursive: true });
  const done = join(folder, 'node_modules', '.package-lock.json');
  const isCurrent = (name: string): boolean =>
    existsSync(join(folder, name)) &&
    readFileSync(join(folder, name)).equals(readFileSync(join(source, name)));
  if (existsSync(done) && files.every(isCurrent)) return { folder, fault: undefined };
  say(`Installing the peers into ${folder} (once; about a minute)`);
  for (const name of files) copyFileSync(join(source, name), join(folder, name));
  // npm beside the Node.js that runs this, else the one on the PATH.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts'];
  const { status, stderr, error } = spawnSync('npm', args, { cwd: folder, env, encoding: 'utf8' });
  return { folder, fault: status === 0 ? undefined : (error?.message ?? stderr.trim().slice(-500)) };
}
