import { StringDecoder } from 'node:string_decoder';
import { isNexusError } from '#contracts';
import type { GitCall } from '../git/run-git.js';
import { runGit, streamGit } from '../git/run-git.js';

/** A commit with the files it changed. */
export interface CommitFacts {
  readonly author: string;
  readonly email: string;
  /** Milliseconds since the epoch: when it was written. */
  readonly at: number;
  readonly subject: string;
  readonly paths: readonly string[];
}

/** Commits that are looked at; more say little new about a code base today. */
export const maxCommits = 10_000;

export interface CommitWalk {
  /** Whether there may be older commits than those seen. */
  readonly truncated: boolean;
  readonly shallow: boolean;
}

/** The commit that HEAD is, or null before the first. */
export async function headOf(call: GitCall): Promise<string | null> {
  try {
    return (await runGit(call, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}'])).text.trim();
  } catch (error) {
    if (isNexusError(error) && error.code === 'TOOL_FAILED') return null;
    throw error;
  }
}

/** Tells each commit of HEAD without merges, newest first. */
export async function walkCommits(
  call: GitCall,
  options: { readonly paths: boolean; readonly maxMs: number },
  onCommit: (commit: CommitFacts) => void,
): Promise<CommitWalk> {
  const facts = await runGit(call, ['rev-parse', '--is-shallow-repository', '--show-prefix']);
  const [shallow = '', prefix = ''] = facts.text.split('\n');
  const decoder = new StringDecoder('utf8');
  let pending = '';
  let seen = 0;
  const take = (record: string): void => {
    const commit = commitOf(record);
    if (!commit) return;
    seen++;
    onCommit(commit);
  };
  const cut = await streamGit(
    { ...call, maxBytes: 512 * 1024 * 1024, timeoutMs: options.maxMs },
    [
      'log',
      '-z',
      '--no-merges',
      `--max-count=${maxCommits}`,
      '--format=%x1e%aN%x1f%aE%x1f%at%x1f%s',
      ...(options.paths ? ['--name-only', '--no-renames', '--relative'] : []),
      'HEAD',
      '--',
      ...(prefix === '' ? [] : ['.']),
    ],
    (chunk) => {
      const records = (pending + decoder.write(chunk)).split('\x1e');
      pending = records.pop() ?? '';
      records.forEach(take);
    },
  );
  if (!cut) take(pending);
  return { truncated: cut || seen >= maxCommits, shallow: shallow === 'true' };
}

function commitOf(record: string): CommitFacts | undefined {
  const [header = '', ...paths] = record.split('\0');
  const [author, email, seconds, ...subject] = header.split('\x1f');
  if (author === undefined || email === undefined || seconds === undefined) return undefined;
  return {
    author,
    email,
    at: Number(seconds) * 1000,
    subject: subject.join(' '),
    paths: paths.map((path) => path.replace(/^\n/, '')).filter((path) => path !== ''),
  };
}

/** Whether a commit is by a machine that keeps dependencies up to date and the like. */
export function isBot({ author, email }: Pick<CommitFacts, 'author' | 'email'>): boolean {
  return /\[bot\]|^(dependabot|renovate|github-actions)\b/i.test(`${author} ${email}`);
}

/** Whether a commit's subject says that it mends something. */
export function isFix({ subject }: Pick<CommitFacts, 'subject'>): boolean {
  return /\b(fix(e[sd]|ing)?|bugs?|hotfix|revert(s|ed)?|regression)\b/i.test(subject);
}
