import { spawnSync } from 'node:child_process';
import type { Environment } from '#config';
import { dependenciesInStep } from '#ops/set-up/dependencies';
import { fits } from '#ops/set-up/node-runtime';
import { repositoryRoot } from '#ops/set-up/paths';
import type { DoctorRow } from './row.js';

export function nodeRow(): DoctorRow {
  const ok = fits(process.version);
  return {
    what: 'Node.js',
    found: `${process.version} at ${process.execPath}`,
    ok,
    hint: ok ? undefined : 'Use npm start, npm run demo or npx nexus: they bring Node.js 24 along.',
  };
}

export function packagesRow(): DoctorRow {
  const ok = dependenciesInStep(repositoryRoot);
  return {
    what: 'Packages',
    found: ok ? 'as the lock file says' : 'not as the lock file says',
    ok,
    hint: ok ? undefined : `npm ci in ${repositoryRoot}; npm start does it too.`,
  };
}

export function gitRow(env: Environment): DoctorRow {
  const version = versionOf('git', ['--version'], env);
  return {
    what: 'git',
    found: version ?? 'not found',
    ok: version !== undefined,
    hint: version === undefined ? 'Install git: the repository tools use it.' : undefined,
  };
}

/** The first line a program prints about itself; undefined when it cannot be run. */
export function versionOf(program: string, args: readonly string[], env: Environment): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', env: { ...env }, timeout: 10_000 });
  return status === 0 ? stdout.split('\n')[0]?.trim() : undefined;
}
