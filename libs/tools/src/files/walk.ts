import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders that hold what others made: left out unless asked for. */
export const skippedFolders: readonly string[] = ['**/.git', '**/node_modules'];

export interface WalkOptions {
  readonly signal: AbortSignal;
  /** Files after which the walk stops. */
  readonly maxFiles: number;
  /** Whether a folder or file is left out, by its path below the start, with `/`. */
  readonly ignored: (path: string) => boolean;
  readonly wanted: (path: string) => boolean;
}

export interface Walked {
  /** Paths below the start, with `/`, sorted. */
  readonly files: string[];
  readonly truncated: boolean;
}

/** Finds the regular files below a folder. Links are not followed: they may leave it, or run in circles. */
export async function walkFiles(folder: string, options: WalkOptions): Promise<Walked> {
  const files: string[] = [];
  const pending = [''];
  for (let below = pending.pop(); below !== undefined; below = pending.pop()) {
    options.signal.throwIfAborted();
    const entries = await entriesOf(join(folder, below));
    const folders: string[] = [];
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (options.ignored(path)) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile() && options.wanted(path)) {
        if (files.length >= options.maxFiles) return { files: files.sort(), truncated: true };
        files.push(path);
      }
    }
    pending.push(...folders.reverse());
  }
  return { files: files.sort(), truncated: false };
}

async function entriesOf(folder: string) {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    // Gone since it was seen, or not ours to read: not a file that could be listed.
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM') return [];
    throw error;
  }
}
