import type { Trigger } from '#contracts';
import type { EngineState } from './state.js';

const nanosPerUsd = 1_000_000_000;
/** Below this many tasks a share of failures says little. */
const fewTasks = 5;

/** The triggers, by their place in the list, whose threshold the run has reached and that have not acted yet. */
export function reachedTriggers(
  state: EngineState,
  triggers: readonly Trigger[],
  fired: readonly number[],
  now: number,
): number[] {
  if (state.outcome || state.cancelling) return [];
  return triggers.flatMap((trigger, place) =>
    !fired.includes(place) && measured(state, trigger, now) >= trigger.threshold ? [place] : [],
  );
}

/** When the next trigger on time is due; undefined when none is. */
export function nextWallTrigger(
  state: EngineState,
  triggers: readonly Trigger[],
  fired: readonly number[],
): number | undefined {
  const dues = triggers.flatMap(({ on, threshold }, place) =>
    on === 'WALL_SECONDS' && !fired.includes(place) ? [state.startedAt + threshold * 1_000] : [],
  );
  return dues.length === 0 ? undefined : Math.min(...dues);
}

function measured(state: EngineState, { on }: Trigger, now: number): number {
  const { started, ended, failed } = state.counts ?? { started: 0, ended: 0, failed: 0 };
  switch (on) {
    case 'COST':
      return state.usage.costNanos / nanosPerUsd;
    case 'WALL_SECONDS':
      return (now - state.startedAt) / 1_000;
    case 'FAILED_TASKS':
      return failed;
    case 'ERROR_RATE':
      return ended < fewTasks ? 0 : failed / ended;
    case 'TASKS':
      return started;
    case 'REPEATED_CALLS':
      return Math.max(0, ...Object.values(state.calls ?? {}));
  }
}
