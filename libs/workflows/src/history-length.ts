import { patched, sleep, workflowInfo } from '@temporalio/workflow';
import type { RunInput } from './run-input.js';

/** Replay of a run that opened with a local segment must stay far under its workflow task's time-out. */
const continueAfterEvents = 2_000;

/** Longer than this no history grows, whatever it waits for: Temporal ends one at 51,200. */
const mostEvents = 30_000;
const patienceMs = 20_000;

/** How long the history of an execution has become. */
export interface HistoryLength {
  /** Whether the run should continue as new. */
  isLong(): boolean;
  /**
   * Whether it goes on all the same. A long history waits for a quiet moment, but not for ever: where something
   * takes long, the rest goes on for a while before it waits again.
   */
  isHeldUp(): boolean;
}

export function createHistoryLength(
  input: RunInput,
  isQuiet: () => boolean,
  wake: () => void,
): HistoryLength {
  const enough = input.continueAfterEvents ?? continueAfterEvents;
  let quietBy: number | undefined;
  let waitedFor: number | undefined;
  let goesOnUntil: number | undefined;

  function isHeldUp(): boolean {
    const { historyLength } = workflowInfo();
    if (historyLength > mostEvents || isQuiet() || !patched('long-wait')) return false;
    const now = Date.now();
    quietBy ??= now + patienceMs;
    if (now < quietBy) {
      if (waitedFor !== quietBy) {
        waitedFor = quietBy;
        void sleep(patienceMs).then(wake);
      }
      return false;
    }
    goesOnUntil ??= historyLength + enough;
    if (historyLength < goesOnUntil) return true;
    [quietBy, goesOnUntil] = [now + patienceMs, undefined];
    return isHeldUp();
  }

  return {
    isLong: () => workflowInfo().historyLength > enough || workflowInfo().continueAsNewSuggested,
    isHeldUp,
  };
}
