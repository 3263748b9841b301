import { writeSync } from 'node:fs';
import type { FailpointName } from './failpoint-names.js';

/** Where the process is to die, and at which hit of that place. */
export interface Failpoint {
  readonly name: FailpointName;
  readonly hit: number;
  /** Hits count from SIGUSR2 on, so that what a start recovers does not count. */
  readonly onSignal?: boolean | undefined;
}

let armed: { readonly name: FailpointName; left: number } | null = null;

/** Arms one place of this process; without an argument none is. */
export function armFailpoint(at?: Failpoint): void {
  if (at?.onSignal) process.once('SIGUSR2', () => armFailpoint({ ...at, onSignal: false }));
  else armed = at === undefined ? null : { name: at.name, left: at.hit };
}

/** A named place: the process ends here at once, with no chance to react, when it was told to. */
export function failpoint(name: FailpointName): void {
  if (armed === null || armed.name !== name) return;
  armed.left -= 1;
  if (armed.left > 0) return;
  // Past every buffer: nothing of this process will be there to flush one.
  writeSync(2, `failpoint ${name}: this process ends itself\n`);
  process.kill(process.pid, 'SIGKILL');
}
