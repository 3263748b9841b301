import { isNexusError } from '#contracts';
import type { BoundPlan } from '#plan';
import type { RunRow } from '#store';
import type { CommandDeps } from './command-deps.js';
import { dispatch } from './dispatch.js';

/** Younger ones are still in the hands of the command that made them. */
const olderThanMs = 2_000;
const everyMs = 3_000;

/**
 * Starts runs that were stored but whose workflow was never started: the process died, or Temporal was away. Gives
 * the number of those it started.
 */
export async function sweepNeverDispatched(deps: CommandDeps): Promise<number> {
  let started = 0;
  for (const run of await deps.store.runs.neverDispatched(olderThanMs)) {
    try {
      await startLate(deps, run);
      started += 1;
    } catch (error) {
      deps.logger.warn({ error, runId: run.id }, 'a run that was never started still cannot be started');
      // Temporal is away: the others would only wait for it one after the other.
      if (isNexusError(error) && error.code === 'UNAVAILABLE') break;
    }
  }
  return started;
}

/**
 * Tells the workflows of all runs that are to be cut, and have not ended, to cancel: who wanted it may have died
 * between the stop list and Temporal. A workflow that knows already is not bothered.
 */
export async function sweepCancelled({ store, workflows }: CommandDeps): Promise<void> {
  for (const { runId, stop } of await store.runs.stopped()) {
    if (stop === 'cut') await workflows.cancel(runId, 'the run is on the stop list');
  }
}

async function startLate(deps: CommandDeps, run: RunRow): Promise<void> {
  const bound = (await deps.store.runs.bound(run.tenant, run.id)) as BoundPlan | null;
  await dispatch(deps, run, bound);
}

/** Sweeps now and every few seconds, until stopped. */
export function startSweeper(deps: CommandDeps): { readonly stop: () => Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const round = (): void => {
    running = sweep(deps);
    void running.then(() => {
      if (!stopped) timer = setTimeout(round, everyMs);
    });
  };
  round();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

/** One round: what was left behind is started, and what was cancelled on the way is cancelled. */
async function sweep(deps: CommandDeps): Promise<void> {
  try {
    const count = await sweepNeverDispatched(deps);
    if (count > 0) deps.logger.info({ count }, 'started runs that had been left behind');
    await sweepCancelled(deps);
  } catch (error) {
    deps.logger.warn({ error }, 'what was left behind could not be swept up');
  }
}
