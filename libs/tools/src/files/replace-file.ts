import { randomBytes } from 'node:crypto';
import { chmod, copyFile, link, lstat, mkdir, open, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Readers see the old content or the new, also after a crash: written beside it, synced, then renamed. */
export async function replaceFile(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const made = await missingFolders(path);
  const draft = draftOf(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const before = await stat(path).catch(() => undefined);
    if (before && !before.isFile()) throw new Error('is not a regular file');
    const file = await open(draft, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    const kept = mode ?? (before && before.mode & 0o7777);
    if (kept !== undefined) await chmod(draft, kept);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    await removeEmptyFolders(made);
    throw error;
  }
}

/** Moves a file. Without `overwrite` it fails with EEXIST where something is, however late that came to be. */
export async function moveFile(from: string, to: string, overwrite: boolean): Promise<void> {
  const made = await missingFolders(to);
  try {
    await mkdir(dirname(to), { recursive: true });
    if (overwrite) return await rename(from, to).catch((error: unknown) => copy(from, to, error));
    await link(from, to).catch(async (error: unknown) => {
      if (await lstat(to).catch(() => undefined)) throw error;
      await copy(from, to, error);
    });
  } catch (error) {
    await removeEmptyFolders(made);
    throw error;
  }
  await rm(from, { force: true });
}

/** To another file system, or within one that knows no hard links; any other error stands. */
async function copy(from: string, to: string, error: unknown): Promise<void> {
  if (!['EXDEV', 'EPERM', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? ''))
    throw error;
  const draft = draftOf(to);
  try {
    await copyFile(from, draft);
    await chmod(draft, (await stat(from)).mode & 0o7777);
    await rename(draft, to);
  } catch (failure) {
    await rm(draft, { force: true });
    throw failure;
  }
  await rm(from, { force: true });
}

/** The folders that a file at this path would need and that are not there, outermost first. */
export async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    if (await lstat(folder).catch(() => undefined)) break;
    missing.unshift(folder);
  }
  return missing;
}

/** Removes folders that were made for a file, as far as nobody else uses them by now. */
export async function removeEmptyFolders(folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].reverse()) {
    try {
      await rmdir(folder);
    } catch {
      return; // in use, or gone: those around it stay as they are
    }
  }
}

function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path).slice(0, 200)}.${randomBytes(6).toString('hex')}.tmp`);
}
