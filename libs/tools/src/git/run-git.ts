import { dirname } from 'node:path';
import { isNexusError, nexusError } from '#contracts';
import { cleanEnvironment } from '../process/environment.js';
import { abortError } from '../process/captured-process.js';
import type { ProcessEnd, ProcessSpec } from '../process/run-process.js';
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

type Setting = readonly [key: string, value: string];

/**
 * Settings under which a repository cannot make git run its programs: hooks, monitors, pagers, signature
 * checks, transports of a partial clone. And it may be another user's.
 */
const settings: readonly Setting[] = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.pager', 'cat'],
  ['core.quotePath', 'false'],
  ['core.attributesFile', '/dev/null'],
  ['log.showSignature', 'false'],
  ['protocol.allow', 'never'],
  ['submodule.recurse', 'false'],
  ['color.ui', 'false'],
  ['safe.directory', '*'],
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
  const end = await start(call, args, await filtersOff(call, args), (stream, chunk, stop) => {
    if (stream === 'stderr') {
      complaint = (complaint + chunk.toString('utf8')).slice(0, 2000);
      return;
    }
    if (room > 0) onChunk(chunk.subarray(0, room));
    room -= chunk.length;
    if (room < 0) stop();
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

async function start(
  call: GitCall,
  args: readonly string[],
  more: readonly Setting[],
  onChunk: ProcessSpec['onChunk'],
): Promise<ProcessEnd> {
  try {
    return await runProcess({
      argv: ['git', '--no-pager', ...args],
      cwd: call.folder,
      env: gitEnvironment(call, [...settings, ...more]),
      timeoutMs: call.timeoutMs,
      signal: call.signal,
      onChunk,
    });
  } catch (error) {
    throw call.signal.aborted ? abortError(call.signal) : gitError(call, args, (error as Error).message);
  }
}

/**
 * Comparing the work tree runs the clean filters that a repository's own configuration names. They are
 * emptied; no option turns all of them off.
 */
async function filtersOff(call: GitCall, args: readonly string[]): Promise<Setting[]> {
  if (!['diff', 'status'].includes(args[0] ?? '')) return [];
  const names: Buffer[] = [];
  const list = ['config', '--null', '--name-only', '--get-regexp', '^filter\\.'];
  await start(call, list, [], (stream, chunk) => void (stream === 'stdout' && names.push(chunk)));
  return Buffer.concat(names)
    .toString('utf8')
    .split('\0')
    .flatMap((name): Setting[] => (name === '' ? [] : [[name, name.endsWith('.required') ? 'false' : '']]));
}

/** Settings go by environment: on the command line a `=` in a filter's name would end the key. */
function gitEnvironment(call: GitCall, configured: readonly Setting[]): Record<string, string> {
  const pairs = configured.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return cleanEnvironment({
    ...(Object.fromEntries(pairs) as Record<string, string>),
    GIT_CONFIG_COUNT: String(configured.length),
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
  const roots = call.roots.join(', ');
  const outside = complaint.includes('not a git repository');
  return nexusError('TOOL_FAILED', message, {
    hint: outside ? `Only repositories within the workspaces are read: ${roots}.` : undefined,
  });
}
