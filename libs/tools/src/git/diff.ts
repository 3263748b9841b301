import type { Tool } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import type { Workspace } from '../workspace.js';
import { gitCall, Path, pathArguments, Ref, Repo } from './git-input.js';
import { parseNumstat } from './parse.js';
import { runGit } from './run-git.js';

const Input = z
  .strictObject({
    repo: Repo,
    from: Ref.optional().describe('Commit to compare with; default: the index'),
    to: Ref.optional().describe('Commit compared; default: the work tree'),
    staged: z.boolean().default(false).describe('What is staged, compared with from or HEAD'),
    path: Path.optional(),
    maxBytes: z
      .int()
      .min(1)
      .max(16 * 1024 * 1024)
      .default(1024 * 1024)
      .describe('The text of the diff is cut there'),
  })
  .refine((input) => input.to === undefined || (input.from !== undefined && !input.staged), {
    error: 'to needs from, and goes without staged',
  });

/** Compares commits, the index and the work tree. */
export function gitDiffTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'git.diff',
    description:
      'Compares commits, index and work tree: { files: [{ path, added, removed }], diff, truncated }; binary files have no counts.',
    input: Input,
    effect: 'none',
    expectedMs: 300,
    run: async ({ repo, from, to, staged, path, maxBytes }, { signal }) => {
      const call = await gitCall(workspace, repo, signal);
      const what = [
        '--no-ext-diff',
        '--no-textconv',
        '--no-renames',
        '--ignore-submodules',
        ...(staged ? ['--cached'] : []),
        '--end-of-options',
        ...[from, to].filter((ref) => ref !== undefined),
        ...pathArguments(path),
      ];
      const stat = await runGit(call, ['diff', '--numstat', '-z', ...what]);
      const diff = await runGit({ ...call, maxBytes }, ['diff', ...what]);
      return {
        files: parseNumstat(stat.text),
        diff: diff.text.replaceAll('\0', '\uFFFD'),
        truncated: stat.truncated || diff.truncated,
      };
    },
  });
}
