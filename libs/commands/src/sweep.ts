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

async function startLate(deps: CommandDeps, run: RunRow): Promise<void> {
  const bound = (await deps.store.runs.bound(run.tenant, run.id)) as BoundPlan | null;
  await dispatch(deps, run, bound);
  // A run that was cancelled before it began has nobody else to tell its workflow.
  if (run.stop === 'cut') await deps.workflows.cancel(run.id, run.stopReason ?? 'cancelled');
}

/** Sweeps now and every few seconds, until stopped. */
export function startSweeper(deps: CommandDeps): { readonly stop: () => Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const round = (): void => {
    running = sweepNeverDispatched(deps).then(
      (count) => {
        if (count > 0) deps.logger.info({ count }, 'started runs that had been left behind');
      },
      (error: unknown) => deps.logger.warn({ error }, 'runs that were never started could not be looked for'),
    );
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
