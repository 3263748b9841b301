import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { repositoryRoot } from '#ops/set-up/paths';

/** Something that reached the world outside: it happened, it was a known key's repeat, or it was refused. */
export interface Outside {
  readonly line: number;
  readonly at: number;
  readonly kind: 'effect' | 'repeat' | 'refused';
  readonly run: string;
  readonly path: string;
  /** Null where the caller gave none. */
  readonly key: string | null;
  readonly attempt: number;
  /** The key of what it undoes; null where it makes something. */
  readonly undoes: string | null;
}

export interface OutsideLedger {
  readonly url: string;
  readonly entries: () => readonly Outside[];
  readonly stop: () => Promise<void>;
}

/** Starts the world outside, in a process of its own. */
export async function startLedger(file: string): Promise<OutsideLedger> {
  const program = join(repositoryRoot, 'test/chaos/outside/ledger-server.ts');
  const { NODE_OPTIONS: _, ...env } = process.env;
  const server = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, file], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  const port = await Promise.race([
    once(server.stdout, 'data').then(([text]) => Number(String(text).trim())),
    ended.then(([code]) => {
      throw new Error(`the ledger ended with exit code ${String(code)}`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    entries: () => readEntries(file),
    stop: async () => {
      server.stdin.end();
      await ended;
    },
  };
}

function readEntries(file: string): readonly Outside[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Outside);
}
