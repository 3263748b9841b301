import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

/** What the outside world sees of a step, and when. */
export interface Effect {
  readonly runId: string;
  readonly kind: 'begun' | 'done';
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface Effects {
  mark(runId: string, kind: Effect['kind']): void;
  close(): void;
}

/** Effects are lines of a file, to which several processes may add. */
export function createEffects(file: string): Effects {
  const lines = openSync(file, 'a');
  return {
    mark: (runId, kind) => void writeSync(lines, `${runId} ${kind} ${Date.now()}\n`),
    close: () => closeSync(lines),
  };
}

/** All effects of all runs so far. */
export function readEffects(file: string): Effect[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [runId = '', kind = '', at = ''] = line.split(' ');
      return { runId, kind: kind as Effect['kind'], at: Number(at) };
    });
}
