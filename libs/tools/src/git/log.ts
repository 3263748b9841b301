import type { Tool } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import type { Workspace } from '../workspace.js';
import { gitCall, Path, pathArguments, Ref, Repo } from './git-input.js';
import { commitFormat, parseCommits } from './parse.js';
import { runGit } from './run-git.js';

const Input = z.strictObject({
  repo: Repo,
  ref: Ref.default('HEAD').describe('Where to start, or a range such as v1..main'),
  path: Path.optional(),
  limit: z.int().min(1).max(5000).default(100).describe('Commits at most'),
  since: z.iso
    .date()
    .or(z.iso.datetime({ offset: true }))
    .optional()
    .describe('A date; older ones are left out'),
});

/** Lists commits, the newest first. */
export function gitLogTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'git.log',
    description:
      'Lists commits, newest first: { commits: [{ hash, parents, author, email, date, subject }], truncated }.',
    input: Input,
    effect: 'none',
    expectedMs: 200,
    run: async ({ repo, ref, path, limit, since }, { signal }) => {
      const call = await gitCall(workspace, repo, signal);
      const { text, truncated } = await runGit(call, [
        'log',
        '-z',
        `--format=${commitFormat}`,
        `--max-count=${limit + 1}`,
        ...(since === undefined ? [] : [`--since=${since}`]),
        '--end-of-options',
        ref,
        ...pathArguments(path),
      ]);
      const commits = parseCommits(text);
      return { commits: commits.slice(0, limit), truncated: truncated || commits.length > limit };
    },
  });
}
