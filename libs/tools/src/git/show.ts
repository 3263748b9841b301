import type { Tool } from '#contracts';
import { nexusError } from '#contracts';
import { z } from 'zod';
import { defineTool } from '../definition.js';
import { textOf } from '../files/text.js';
import type { Workspace } from '../workspace.js';
import { gitCall, Path, pathArguments, Ref, Repo } from './git-input.js';
import { commitFormat, parseCommits } from './parse.js';
import type { GitCall } from './run-git.js';
import { runGit, streamGit } from './run-git.js';

const Input = z.strictObject({
  repo: Repo,
  ref: Ref.default('HEAD').describe('The commit'),
  path: Path.optional().describe('Gives the content of this file at that commit, instead of the commit'),
  maxBytes: z
    .int()
    .min(1)
    .max(16 * 1024 * 1024)
    .default(1024 * 1024)
    .describe('A diff is cut there; a larger file is refused'),
});

/** Shows a commit, or a file as it was at a commit. */
export function gitShowTool(workspace: Workspace): Tool {
  return defineTool({
    name: 'git.show',
    description:
      'Shows a commit: { commit, diff, truncated }; with path, a file at that commit: { path, content, bytes }.',
    input: Input,
    effect: 'none',
    expectedMs: 200,
    run: async ({ repo, ref, path, maxBytes }, { signal }) => {
      const call = await gitCall(workspace, repo, signal);
      return path === undefined
        ? showCommit({ ...call, maxBytes }, ref)
        : showFile({ ...call, maxBytes }, ref, pathArguments(path)[1] ?? path);
    },
  });
}

async function showCommit(call: GitCall, ref: string) {
  const head = await runGit(call, [
    'log',
    '-z',
    '--max-count=1',
    `--format=${commitFormat}`,
    '--end-of-options',
    ref,
    '--',
  ]);
  const commit = parseCommits(head.text)[0];
  if (!commit) throw nexusError('TOOL_FAILED', `git show: ${ref} is no commit`);
  const options = ['--format=', '--no-ext-diff', '--no-textconv', '--no-renames', '--first-parent', '-m'];
  const diff = await runGit(call, ['show', ...options, '--end-of-options', commit.hash, '--']);
  return { commit, diff: diff.text.replaceAll('\0', '\uFFFD'), truncated: diff.truncated };
}

async function showFile(call: GitCall, ref: string, path: string) {
  const chunks: Buffer[] = [];
  const object = `${ref}:./${path}`;
  const cut = await streamGit(call, ['cat-file', 'blob', object], (chunk) => void chunks.push(chunk));
  const bytes = Buffer.concat(chunks);
  if (cut) {
    throw nexusError('OUTPUT_TOO_LARGE', `${object}: larger than ${call.maxBytes ?? 0} bytes`, {
      hint: 'Raise maxBytes, up to 16 MiB.',
    });
  }
  const content = textOf(bytes);
  if (content === undefined) throw nexusError('TOOL_FAILED', `${object}: is not UTF-8 text`);
  return { path, content, bytes: bytes.length };
}
