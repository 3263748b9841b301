import { setTimeout as wait } from 'node:timers/promises';
import type { Environment, NexusHome, NexusProcess } from '../../e2e/nexus-process.js';

/** A Nexus that is started again whenever it has ended, as a service manager does it. */
export interface Node {
  readonly name: string;
  /** The process that serves; null while there is none, or it is stopped. */
  readonly serving: () => NexusProcess | null;
  readonly kill: () => void;
  /** Stops it (SIGSTOP) until this has come: it does not know that time has passed. */
  readonly freeze: (thawed: Promise<unknown>) => Promise<void>;
  /** How often it has ended unasked. */
  readonly faults: () => readonly string[];
  readonly stop: () => Promise<void>;
}

export function superviseNode(name: string, home: NexusHome, env: Environment): Node {
  let current: NexusProcess | null = null;
  let frozen = false;
  const stopping = new AbortController();
  let asked = false;
  const faults: string[] = [];

  async function supervise(): Promise<void> {
    while (!stopping.signal.aborted) {
      const started = await home.start(env).catch((error: Error) => {
        // What it needs may be away just now.
        if (!/cannot be reached|ECONN|terminated|starting up|shutting down|vain/.test(error.message))
          faults.push(`${name} did not start: ${error.message}`);
        return null;
      });
      if (started === null) {
        await wait(300);
        continue;
      }
      current = started;
      const { code, stderr } = await started.ended;
      current = null;
      if (!asked && !stopping.signal.aborted)
        faults.push(`${name} ended by itself (${code}): ${stderr.slice(-2_000)}`);
      asked = false;
    }
  }

  const ended = supervise();
  return {
    name,
    serving: () => (frozen ? null : current),
    kill() {
      if (current === null) return;
      asked = true;
      signal(current.pid, 'SIGKILL');
    },
    async freeze(thawed) {
      const process_ = current;
      if (process_ === null) return;
      frozen = true;
      signal(process_.pid, 'SIGSTOP');
      await thawed.finally(() => {
        signal(process_.pid, 'SIGCONT');
        frozen = false;
      });
    },
    faults: () => faults,
    async stop() {
      stopping.abort();
      if (current !== null) signal(current.pid, 'SIGTERM');
      await ended;
    },
  };
}

/** To one that has ended meanwhile there is nobody to tell. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
