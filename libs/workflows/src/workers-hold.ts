import type { Pause, PauseSource } from '#contracts';
import { remote } from './run-activities.js';
import type { PlannedRun } from './run-input.js';

/** The holds of a run where workers and readers see them. */
export interface WorkersHold {
  hold(pause: Pause): void;
  letGo(sources: readonly PauseSource[], by: string): void;
}

/** One after the other: what is lifted last must not be held by a word that comes late. */
export function createWorkersHold({ tenant, runId }: PlannedRun): WorkersHold {
  let last: Promise<void> = Promise.resolve();
  const afterwards = async (before: Promise<void>, tell: () => Promise<void>): Promise<void> => {
    await before;
    await tell().catch(() => undefined);
  };
  return {
    hold(pause) {
      last = afterwards(last, () => remote.holdRun({ tenant, runId, pause }));
    },
    letGo(sources, by) {
      last = afterwards(last, () => remote.releaseRun({ tenant, runId, sources, by }));
    },
  };
}
