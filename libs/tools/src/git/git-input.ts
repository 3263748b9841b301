import { isAbsolute, relative } from 'node:path';
import { nexusError } from '#contracts';
import { z } from 'zod';
import type { Workspace } from '../workspace.js';
import type { GitCall } from './run-git.js';

/** A commit, branch, tag or range such as `main`, `v1.2`, `HEAD~3`; never an option. */
export const Ref = z
  .string()
  .min(1)
  .max(300)
  .regex(/^[^-\s\0][^\s\0]*$/, { error: 'must not begin with - or hold blanks' });

export const Repo = z
  .string()
  .default('.')
  .describe('Folder of the repository; default: the first workspace');
export const Path = z.string().min(1).describe('A file or folder of the repository, from its folder `repo`');

/** A call in a repository of the workspaces. */
export async function gitCall(workspace: Workspace, repo: string, signal: AbortSignal): Promise<GitCall> {
  return { folder: await workspace.folder(repo), roots: workspace.roots, signal };
}

/** The path arguments of a git command, after `--`, so that none is taken for an option. */
export function pathArguments(path: string | undefined): string[] {
  if (path === undefined) return ['--'];
  const way = relative('.', path);
  if (isAbsolute(path) || way.startsWith('..')) {
    throw nexusError('INVALID_INPUT', `path: ${path}: must lie in the repository, given from its folder`);
  }
  return ['--', path];
}
