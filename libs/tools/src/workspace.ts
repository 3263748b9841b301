import { lstat, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { nexusError } from '#contracts';

/** The folders that tools may touch, and the one way to get a path into them. */
export interface Workspace {
  readonly roots: readonly string[];
  /**
   * The real path of what a tool was asked for, symbolic links followed; its last parts need not exist
   * yet. A relative path starts at the first root. Refuses whatever is outside of all roots: to be asked before
   * anything is done.
   */
  readonly resolve: (path: string) => Promise<string>;
  /** As `resolve`, of a folder that must exist. */
  readonly folder: (path: string) => Promise<string>;
}

/** Makes the guard of these folders. */
export function createWorkspace(roots: readonly string[]): Workspace {
  const absolute = roots.map((root) => resolve(root));
  const first = absolute[0];
  if (first === undefined) {
    throw nexusError('BAD_USER_INPUT', 'no workspace folder is set', { hint: 'Set NEXUS_WORKSPACES.' });
  }

  async function resolveInside(path: string): Promise<string> {
    if (path.includes('\0'))
      throw nexusError('INVALID_INPUT', `path: ${JSON.stringify(path)} holds a NUL`, { noEffect: true });
    const real = await realPathOf(resolve(first ?? '', path), path);
    const realRoots = await Promise.all(absolute.map((root) => realpath(root).catch(() => root)));
    if (!realRoots.some((root) => isWithin(root, real))) throw escape(path, absolute);
    return real;
  }

  return {
    roots: absolute,
    resolve: resolveInside,
    folder: async (path) => {
      const real = await resolveInside(path);
      const found = await lstat(real).catch(() => undefined);
      if (found?.isDirectory()) return real;
      throw nexusError('TOOL_FAILED', `${path}: ${found ? 'is not a folder' : 'no such folder'}`, {
        noEffect: true,
      });
    },
  };
}

/** Whether a path is the folder itself or lies in it. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Follows the links of the part that exists; what is to be created below it has none. */
async function realPathOf(path: string, asked: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(asked, error);
    const dangling = await lstat(path).catch(() => undefined);
    if (dangling)
      throw nexusError('SANDBOX_VIOLATION', `${asked}: is a link that leads nowhere`, { noEffect: true });
    const parent = dirname(path);
    if (parent === path) throw unusable(asked, error);
    return join(await realPathOf(parent, asked), basename(path));
  }
}

function escape(path: string, roots: readonly string[]): Error {
  return nexusError('SANDBOX_VIOLATION', `${path}: lies outside of the workspaces ${roots.join(', ')}`, {
    hint: 'NEXUS_WORKSPACES lists the folders that tools may use.',
    noEffect: true,
  });
}

function unusable(path: string, error: unknown): Error {
  return nexusError('TOOL_FAILED', `${path}: ${(error as Error).message}`, { cause: error, noEffect: true });
}
