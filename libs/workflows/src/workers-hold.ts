import type { Pause, PauseSource } from '#contracts';
import { log } from '@temporalio/workflow';
import { activityFailure } from './activity-failure.js';
import type { Outgoing } from './outgoing.js';
import { remote } from './run-activities.js';
import type { PlannedRun } from './run-input.js';

/** The holds of a run where workers and readers see them. */
export interface WorkersHold {
  hold(pause: Pause): void;
  letGo(sources: readonly PauseSource[], by: string): void;
}

/** One after the other: what is lifted last must not be held by a word that comes late. */
export function createWorkersHold({ tenant, runId }: PlannedRun, outgoing: Outgoing): WorkersHold {
  let last: Promise<void> = Promise.resolve();

  /** The run's own workflow keeps to it all the same, so that it must not fail by it. */
  async function afterwards(before: Promise<void>, what: string, tell: () => Promise<void>): Promise<void> {
    await before;
    try {
      await tell();
    } catch (error) {
      log.warn(`${what} could not be kept where workers and readers see it`, {
        runId,
        failure: activityFailure(error),
      });
    }
  }

  function tell(what: string, how: () => Promise<void>): void {
    last = afterwards(last, what, how);
    outgoing.add(last);
  }

  return {
    hold: (pause) =>
      tell(`a pause by ${pause.by} (${pause.source})`, () => remote.holdRun({ tenant, runId, pause })),
    letGo: (sources, by) =>
      tell(`a resume by ${by} (${sources.join(', ')})`, () =>
        remote.releaseRun({ tenant, runId, sources, by }),
      ),
  };
}
