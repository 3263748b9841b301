import { lstat, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { nexusError } from '#contracts';
import type { Workspace } from '../workspace.js';
import type { KeptFile } from './kept-file.js';
import { removeEmptyFolders, replaceFile } from './replace-file.js';

/** The real path of a file that is itself to go, not what a link to it leads to. */
export async function ownPlace(workspace: Workspace, path: string): Promise<string> {
  const real = await workspace.resolve(path);
  const asked = await lstat(resolve(workspace.roots[0] ?? '', path)).catch(() => undefined);
  if (!asked?.isSymbolicLink()) return real;
  throw nexusError('TOOL_FAILED', `${path}: is a link; name the file that it leads to`, { noEffect: true });
}

/** The place that was kept, unless it leads elsewhere by now, or out of the workspaces. */
export async function keptPlace(workspace: Workspace, path: string): Promise<string> {
  if ((await workspace.resolve(path)) === path) return path;
  throw nexusError(
    'TOOL_FAILED',
    `${path}: leads elsewhere than when it was changed: nothing is undone here`,
  );
}

/** Makes a place what it was: the file, or nothing. Folders that were made for it go, where nobody else uses them. */
export async function bringBack(
  path: string,
  before: KeptFile | null,
  folders: readonly string[],
): Promise<void> {
  if (before === null) {
    await rm(path, { force: true });
    await removeEmptyFolders(folders);
    return;
  }
  if (before.content === null) {
    throw nexusError(
      'TOOL_FAILED',
      `${path}: what was there (${before.bytes} bytes, SHA-256 ${before.sha256}) was too large to be kept`,
      { hint: 'Bring it back by hand, then mark the task as compensated.' },
    );
  }
  await replaceFile(path, Buffer.from(before.content, 'base64'), before.mode);
}

/** Refuses to undo: what somebody has done since would be lost. */
export function changedSince(path: string, now: string | null): Error {
  const found = now === null ? 'nothing is there any more' : `its SHA-256 is ${now}`;
  return nexusError('TOOL_FAILED', `${path}: somebody has changed it since (${found}): it is left as it is`, {
    hint: 'Look at it, put it right by hand, then mark the task as compensated.',
  });
}
