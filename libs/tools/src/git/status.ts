import type { Tool } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import type { Workspace } from '../workspace.js';
import { gitCall, Repo } from './git-input.js';
import { parseStatus } from './parse.js';
import { runGit } from './run-git.js';

/** Tells what differs between HEAD, the index and the work tree. */
export function gitStatusTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'git.status',
    description:
      'Tells the branch and what has changed: { branch, head, clean, files: [{ path, index, workTree }], truncated }, with the letters of `git status`.',
    input: z.strictObject({ repo: Repo }),
    effect: 'none',
    expectedMs: 200,
    run: async ({ repo }, { signal }) => {
      const call = await gitCall(workspace, repo, signal);
      const { text, truncated } = await runGit(call, [
        'status',
        '--porcelain=v2',
        '--branch',
        '-z',
        '--no-renames',
        '--ignore-submodules',
      ]);
      const status = parseStatus(text);
      return { ...status, clean: status.files.length === 0, truncated };
    },
  });
}
