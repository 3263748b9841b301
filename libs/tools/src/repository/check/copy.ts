import { constants } from 'node:fs';
import { copyFile, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { counted } from '../part.js';
import type { Repository } from '../repository-files.js';
import { folderGuard } from '../repository-files.js';

const limits = { files: 20_000, bytes: 500 * 1024 * 1024 } as const;

/**
 * Lends a copy of a repository's files, without `.git` and links, and removes it afterwards: a check may
 * write what it likes. Too large a repository is not copied; then `use` is told why.
 */
export async function withCopy<T>(
  repository: Repository,
  use: (folder: string | undefined, why: string) => Promise<T>,
): Promise<T> {
  if (repository.paths.length > limits.files) {
    return use(
      undefined,
      `the repository has ${counted(repository.paths.length, 'file')}; at most ${limits.files} are copied`,
    );
  }
  const folder = await mkdtemp(join(tmpdir(), 'nexus-check-'));
  try {
    const fits = await copyFiles(repository, folder);
    return await (fits
      ? use(folder, '')
      : use(undefined, `the repository is larger than ${limits.bytes >> 20} MiB`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyFiles(repository: Repository, folder: string): Promise<boolean> {
  const made = new Set<string>();
  const inside = folderGuard(repository.folder);
  let bytes = 0;
  for (const path of repository.paths) {
    repository.call.signal.throwIfAborted();
    if (!(await inside(path))) continue;
    const from = join(repository.folder, path);
    const facts = await lstat(from).catch(() => undefined);
    if (!facts?.isFile()) continue;
    bytes += facts.size;
    if (bytes > limits.bytes) return false;
    const to = join(folder, path);
    if (!made.has(dirname(to))) {
      await mkdir(dirname(to), { recursive: true });
      made.add(dirname(to));
    }
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  }
  return true;
}
