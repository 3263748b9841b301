import { spawn } from 'node:child_process';
import { closeSync, openSync, statSync, truncateSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { isSameProcess, processStart } from '#ops/set-up/process-identity';

/** A process of ours that may outlive us: its id alone could by now be a stranger's, with its start it cannot. */
export interface OwnedProcess {
  readonly pid: number;
  readonly start: string;
}

const largestLogBytes = 10 * 1024 * 1024;

/**
 * Starts a process in a group of its own, so that Ctrl-C reaches us and not it: we stop it after our own
 * work has drained. It writes to a log file because a pipe would die with us.
 */
export function startOwned(command: string, args: readonly string[], logFile: string): OwnedProcess {
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > largestLogBytes) truncateSync(logFile);
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] });
    // Spawning fails at once when the file is not executable; the missing pid says so, the event must be heard.
    child.on('error', () => undefined);
    child.unref();
    const { pid } = child;
    if (pid === undefined) throw new Error(`${command} could not be started`);
    return { pid, start: processStart(pid) ?? 'ended at once' };
  } finally {
    closeSync(log);
  }
}

/** Whether it still runs. */
export function isAlive(owned: OwnedProcess): boolean {
  return isSameProcess(owned);
}

/** Ends it: asks first, insists after the grace. Never touches a process that only inherited the id. */
export async function endOwned(owned: OwnedProcess, graceMs: number): Promise<void> {
  signal(owned, 'SIGTERM');
  if (await hasEnded(owned, graceMs)) return;
  signal(owned, 'SIGKILL');
  if (!(await hasEnded(owned, 5_000)))
    throw new Error(`process ${owned.pid} does not end, not even on SIGKILL`);
}

function signal(owned: OwnedProcess, name: NodeJS.Signals): void {
  if (!isAlive(owned)) return;
  try {
    process.kill(owned.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function hasEnded(owned: OwnedProcess, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  while (isAlive(owned)) {
    if (Date.now() > until) return false;
    await wait(25);
  }
  return true;
}
