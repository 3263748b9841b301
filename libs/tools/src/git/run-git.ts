import { dirname } from 'node:path';
import { isNexusError, nexusError } from '#contracts';
import { cleanEnvironment } from '../process/environment.js';
import { abortError } from '../process/captured-process.js';
import { runProcess } from '../process/run-process.js';

/** Where and how git is run. */
export interface GitCall {
  /** A folder of the repository. */
  readonly folder: string;
  /** Folders above which no repository is looked for. */
  readonly roots: readonly string[];
  readonly signal: AbortSignal;
  readonly maxBytes?: number | undefined;
  readonly timeoutMs?: number | undefined;
}

export interface GitOutput {
  readonly text: string;
  /** The output was longer, or took longer, than asked for; what there is ends with a whole chunk of it. */
  readonly truncated: boolean;
}

/**
 * Settings under which a repository cannot make git run its programs: hooks, monitors, pagers, signature
 * checks, transports of a partial clone.
 */
const settings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.pager=cat',
  'core.quotePath=false',
  'log.showSignature=false',
  'protocol.allow=never',
  'submodule.recurse=false',
  'color.ui=false',
];

/** Runs a git command that only reads, and gives what it puts out. A failure is TOOL_FAILED. */
export async function runGit(call: GitCall, args: readonly string[]): Promise<GitOutput> {
  const chunks: Buffer[] = [];
  const truncated = await streamGit(call, args, (chunk) => void chunks.push(chunk));
  return { text: Buffer.concat(chunks).toString('utf8'), truncated };
}

/** As `runGit`, for output that is too long to hold. Says whether it was cut short. */
export async function streamGit(
  call: GitCall,
  args: readonly string[],
  onChunk: (chunk: Buffer) => void,
): Promise<boolean> {
  let room = call.maxBytes ?? 16 * 1024 * 1024;
  let complaint = '';
  const end = await runProcess({
    argv: ['git', '--no-pager', ...configuration(call.folder), ...(await filtersOff(call, args)), ...args],
    cwd: call.folder,
    env: gitEnvironment(call),
    timeoutMs: call.timeoutMs,
    signal: call.signal,
    onChunk: (stream, chunk, stop) => {
      if (stream === 'stderr') {
        complaint = (complaint + chunk.toString('utf8')).slice(0, 2000);
        return;
      }
      if (room > 0) onChunk(chunk.subarray(0, room));
      room -= chunk.length;
      if (room < 0) stop();
    },
  }).catch((error: unknown) => {
    throw call.signal.aborted ? abortError(call.signal) : gitError(call, args, (error as Error).message);
  });
  if (end.why === 'aborted') throw abortError(call.signal);
  if (end.why !== 'exited') return true;
  if (end.exitCode === 127) throw gitError(call, args, 'git is not installed');
  if (end.exitCode !== 0) throw gitError(call, args, complaint.trim());
  return false;
}

/** Whether a folder belongs to a repository that git can read. */
export async function isRepository(call: GitCall): Promise<boolean> {
  try {
    return (await runGit(call, ['rev-parse', '--is-inside-work-tree'])).text.trim() === 'true';
  } catch (error) {
    if (isNexusError(error) && error.code === 'TOOL_FAILED') return false;
    throw error;
  }
}

function configuration(folder: string): string[] {
  // `safe.directory` by command line counts as protected configuration: the repository may be another user's.
  return [...settings, 'safe.directory=*', `core.attributesFile=/dev/null`]
    .flatMap((pair) => ['-c', pair])
    .concat(['-C', folder]);
}

/**
 * Comparing the work tree runs the clean filters that a repository's own configuration names. They are
 * emptied; no command line option turns all of them off.
 */
async function filtersOff(call: GitCall, args: readonly string[]): Promise<string[]> {
  if (!['diff', 'status'].includes(args[0] ?? '')) return [];
  const names: Buffer[] = [];
  await runProcess({
    argv: [
      'git',
      ...configuration(call.folder),
      'config',
      '--null',
      '--name-only',
      '--get-regexp',
      '^filter\\.',
    ],
    cwd: call.folder,
    env: gitEnvironment(call),
    signal: call.signal,
    onChunk: (stream, chunk) => void (stream === 'stdout' && names.push(chunk)),
  });
  return Buffer.concat(names)
    .toString('utf8')
    .split('\0')
    .filter((name) => name !== '')
    .flatMap((name) => ['-c', name.endsWith('.required') ? `${name}=false` : `${name}=`]);
}

function gitEnvironment(call: GitCall): Record<string, string> {
  return cleanEnvironment({
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_CEILING_DIRECTORIES: call.roots.map((root) => dirname(root)).join(':'),
    LC_ALL: 'C.UTF-8',
    TZ: 'UTC',
  });
}

function gitError(call: GitCall, args: readonly string[], complaint: string): Error {
  const message = `git ${args[0] ?? ''} in ${call.folder}: ${complaint.replace(/^fatal: /, '') || 'failed'}`;
  return nexusError('TOOL_FAILED', message, {
    ...(complaint.includes('not a git repository')
      ? { hint: `Only repositories within the workspaces are read: ${call.roots.join(', ')}.` }
      : {}),
  });
}
