import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import picomatch from 'picomatch';
import { textOf } from '../files/text.js';
import { skippedFolders, walkFiles } from '../files/walk.js';
import { gitCall } from '../git/git-input.js';
import type { GitCall } from '../git/run-git.js';
import { isRepository, runGit } from '../git/run-git.js';
import type { Workspace } from '../workspace.js';
import { isWithin } from '../workspace.js';
import { counted, readLimits } from './part.js';

/** A repository, or a folder that is none, and the files that make it up. */
export interface Repository {
  readonly folder: string;
  readonly call: GitCall;
  readonly git: boolean;
  /** Paths from the folder, with `/`, sorted. */
  readonly paths: readonly string[];
  readonly truncated: boolean;
  readonly notes: readonly string[];
}

/** What builds and tools leave behind, where no git tells it apart. */
const builtFolders = [
  'dist',
  'build',
  'target',
  'coverage',
  '.venv',
  'venv',
  '__pycache__',
  '.next',
  '.cache',
];

/** Finds the files of a repository: what git tracks, or else what is in the folder. */
export async function openRepository(
  workspace: Workspace,
  repo: string,
  signal: AbortSignal,
): Promise<Repository> {
  const call = await gitCall(workspace, repo, signal);
  const git = await isRepository(call);
  const found = git ? await trackedFiles(call) : await presentFiles(call.folder, signal);
  const truncated = found.truncated || found.paths.length > readLimits.maxFiles;
  const notes = [...found.notes];
  if (!git) notes.push('This folder is not a git repository: history, authorship and hot spots are unknown.');
  if (truncated) notes.push(`Only the first ${counted(readLimits.maxFiles, 'file')} were looked at.`);
  return {
    folder: call.folder,
    call,
    git,
    paths: found.paths.slice(0, readLimits.maxFiles).sort(),
    truncated,
    notes,
  };
}

interface Found {
  readonly paths: string[];
  readonly truncated: boolean;
  readonly notes: string[];
}

async function trackedFiles(call: GitCall): Promise<Found> {
  const list = async (...options: string[]): Promise<Found> => {
    const { text, truncated } = await runGit(call, ['ls-files', '-z', ...options]);
    const names = text.split('\0');
    names.pop(); // empty after the last NUL, or cut short
    return { paths: [...new Set(names)], truncated, notes: [] };
  };
  const tracked = await list('--cached');
  if (tracked.paths.length > 0) return tracked;
  const others = await list('--others', '--exclude-standard');
  return { ...others, notes: ['Nothing is tracked by git yet: the untracked files were looked at.'] };
}

async function presentFiles(folder: string, signal: AbortSignal): Promise<Found> {
  const { files, truncated } = await walkFiles(folder, {
    signal,
    maxFiles: readLimits.maxFiles,
    ignored: picomatch([...skippedFolders, ...builtFolders.map((name) => `**/${name}`)], { dot: true }),
    wanted: () => true,
  });
  return { paths: files, truncated, notes: [] };
}

/** A file as it was read; no text when it is binary or too large. */
export interface RepositoryFile {
  readonly path: string;
  readonly bytes: number;
  readonly text: string | undefined;
  readonly tooLarge: boolean;
}

/**
 * Reads the wanted files one after the other, so that memory holds one of them and the process stays
 * responsive. Stops at the limits, telling why through `stopped`.
 */
export async function* readFiles(
  repository: Repository,
  wanted: (path: string) => boolean,
  stopped: (why: string) => void,
  now: () => number = Date.now,
): AsyncGenerator<RepositoryFile> {
  const end = now() + readLimits.maxMs;
  const inside = folderGuard(repository.folder);
  let total = 0;
  let seen = 0;
  for (const path of repository.paths) {
    if (!wanted(path)) continue;
    repository.call.signal.throwIfAborted();
    if (total > readLimits.maxTotalBytes || now() > end) {
      const limit =
        total > readLimits.maxTotalBytes
          ? `${readLimits.maxTotalBytes >> 20} MiB`
          : `${readLimits.maxMs / 1000} s`;
      stopped(
        `Reading stopped after ${counted(seen, 'file')}, at the limit of ${limit}; the rest was left out.`,
      );
      return;
    }
    if (!(await inside(path))) continue;
    const file = await readOne(repository.folder, path);
    if (!file) continue;
    seen++;
    total += file.text === undefined ? 0 : file.bytes;
    yield file;
  }
}

/** Whether the folder of a path is really below the repository: a link may stand where a folder was. */
export function folderGuard(folder: string): (path: string) => Promise<boolean> {
  const known = new Map<string, boolean>();
  return async (path) => {
    const parent = dirname(path);
    let inside = known.get(parent);
    if (inside === undefined) {
      inside = await realpath(join(folder, parent)).then(
        (real) => isWithin(folder, real),
        () => false,
      );
      known.set(parent, inside);
    }
    return inside;
  };
}

/** Nothing for what is no regular file (link, submodule, deleted in the work tree) or cannot be read. */
async function readOne(folder: string, path: string): Promise<RepositoryFile | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(folder, path), flags).catch(() => undefined);
  if (!file) return undefined;
  try {
    const facts = await file.stat();
    if (!facts.isFile()) return undefined;
    if (facts.size > readLimits.maxFileBytes)
      return { path, bytes: facts.size, text: undefined, tooLarge: true };
    const bytes = await file.readFile();
    return { path, bytes: bytes.length, text: textOf(bytes) ?? lenientText(bytes), tooLarge: false };
  } finally {
    await file.close();
  }
}

/** Old source is often Latin-1; a NUL is what tells binary data. */
function lenientText(bytes: Buffer): string | undefined {
  return bytes.includes(0) ? undefined : bytes.toString('latin1');
}

/** Lines of a text; the last one counts without a newline, too. */
export function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines++;
  return text === '' || text.endsWith('\n') ? lines : lines + 1;
}
