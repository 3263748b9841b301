import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

export type OutputStream = 'stdout' | 'stderr';

export interface ProcessSpec {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string | Uint8Array | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal: AbortSignal;
  /** Gets every chunk as it comes; `stop` ends the process, for who has seen enough. */
  readonly onChunk: (stream: OutputStream, chunk: Buffer, stop: () => void) => void;
}

export interface ProcessEnd {
  /** As a shell tells it: 128 + n for one that died of signal n. */
  readonly exitCode: number;
  readonly why: 'exited' | 'timed-out' | 'aborted' | 'stopped';
}

/** Milliseconds between asking a process group to end and ending it. */
export const killGraceMs = 1000;

/**
 * Leads the process group of a command. The first line waits for the end of file on descriptor 3, which
 * comes when Nexus dies in whatever way, and then kills the group; it ignores what ends the others
 * politely, so that it also outlives a SIGTERM to the group.
 */
const groupLeader = `(trap '' TERM INT HUP; read -r _ <&3; kill -s KILL -- -$$) >/dev/null 2>&1 &
exec 3<&-
trap : TERM
(exec "$@")`;

/**
 * Runs a command in a process group of its own, of which nothing is left afterwards. Rejects only when
 * it cannot be started.
 */
export async function runProcess(spec: ProcessSpec): Promise<ProcessEnd> {
  spec.signal.throwIfAborted();
  const child = spawn('/bin/sh', ['-c', groupLeader, 'nexus', ...spec.argv], {
    cwd: spec.cwd,
    env: spec.env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  let why: ProcessEnd['why'] = 'exited';
  let grace: NodeJS.Timeout | undefined;
  const end = (reason: ProcessEnd['why']): void => {
    if (why !== 'exited') return;
    why = reason;
    signalGroup(child, 'SIGTERM');
    grace = setTimeout(() => signalGroup(child, 'SIGKILL'), killGraceMs);
  };
  const onAbort = (): void => end('aborted');
  spec.signal.addEventListener('abort', onAbort, { once: true });
  const limit = spec.timeoutMs === undefined ? undefined : setTimeout(() => end('timed-out'), spec.timeoutMs);
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => spec.onChunk(stream, chunk, () => end('stopped')));
  }
  feed(child, spec.stdin);
  try {
    const exitCode = await exitOf(child);
    return { exitCode, why };
  } finally {
    clearTimeout(limit);
    clearTimeout(grace);
    spec.signal.removeEventListener('abort', onAbort);
  }
}

/** Waits for the leader, ends whatever it left behind, then for the rest of the output. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      // The leader's waiter is still in the group, so the group's id cannot be another's by now.
      signalGroup(child, 'SIGKILL');
      const exitCode = code ?? 137;
      // A process that left the group may hold the output open for ever.
      const late = setTimeout(() => {
        for (const stream of child.stdio) stream?.destroy();
      }, killGraceMs);
      child.once('close', () => {
        clearTimeout(late);
        resolve(exitCode);
      });
    });
  });
}

function feed(child: ChildProcess, input: string | Uint8Array | undefined): void {
  // EPIPE: the command does not read its input, which is its own affair.
  child.stdin?.on('error', () => {});
  child.stdio[3]?.on('error', () => {});
  child.stdin?.end(input ?? '');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: all have ended. EPERM: what is left runs as somebody else, who alone may end it.
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
