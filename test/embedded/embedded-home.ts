import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { processStart } from '#ops/set-up/process-identity';

/** What the process under test reports once it serves. */
export interface Started {
  readonly process: ChildProcess;
  readonly address: string;
  readonly adopted: boolean;
  readonly pids: readonly number[];
}

export interface Refused {
  readonly refused: string;
}

/**
 * Runs the embedded Temporal in a process of its own, as `nexus up` does: only a process can be killed, and
 * only the operating system's locks are worth testing.
 */
export async function startInProcess(
  home: string,
  ports: { temporal: number; ui: number },
): Promise<Started | Refused> {
  const loader = new URL('../support/source-loader.mjs', import.meta.url).pathname;
  const script = new URL('./hold-home.ts', import.meta.url).pathname;
  const args = ['--disable-warning=ExperimentalWarning', '--import', loader, script];
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(process.execPath, [...args, home, String(ports.temporal), String(ports.ui)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const report = JSON.parse(line) as Refused | Omit<Started, 'process'>;
  return 'refused' in report ? report : { ...report, process: child };
}

/** Sends the signal and waits for the end; returns the exit code, undefined when the signal itself was the end. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | undefined> {
  const ended = once(child, 'exit') as Promise<[number | null]>;
  child.kill(signal);
  return (await ended)[0] ?? undefined;
}

/** Whether the process lives; one that has ended and waits for its parent to notice does not. */
export function lives(pid: number): boolean {
  return processStart(pid) !== undefined;
}
