import { isNexusError } from '#contracts';
import type { BoundPlan } from '#plan';
import type { RunRow } from '#store';
import { bounded } from './bounded.js';
import type { CommandDeps } from './command-deps.js';
import { deliverSignals } from './deliver-signals.js';
import { dispatch } from './dispatch.js';
import { finishKill, killGraceMs } from './finish-kill.js';
import { isKilling, killAll } from './kill-switches.command.js';
import { secondTrySignal } from './start-again.js';
import { createBudgetSweep } from './sweep-budgets.js';
import { sweepRollbacks } from './sweep-rollbacks.js';
import { createStuckCheck } from './sweep-stuck.js';

/** Younger ones are still in the hands of the command that made them. */
const olderThanMs = 2_000;
const everyMs = 3_000;
const killedAtOnce = 64;

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
  if (started > 0) deps.logger.info({ count: started }, 'started runs that had been left behind');
  return started;
}

/**
 * Tells the workflows of all runs that are to be cut, and have not ended, to cancel: who wanted it may have died
 * between the stop list and Temporal. A workflow that knows already is not bothered.
 */
export async function sweepCancelled({ store, workflows }: CommandDeps): Promise<void> {
  const cut = (await store.runs.holds()).filter(({ stop }) => stop === 'cut');
  if (cut.length === 0) return;
  // What is cut to make way for a rollback has its signal; a cancel would end the rollback that follows. Once that runs
  // the stop is lifted: another is a cancel of it.
  const open = await store.rollbacks.open();
  const rollingBack = new Set(open.filter((one) => one.rollback === 'REQUESTED').map(({ id }) => id));
  for (const { runId } of cut) {
    if (!rollingBack.has(runId)) await workflows.cancel(runId, 'the run is on the stop list');
  }
}

/** Ends kills whose process died, and kills what slipped in beside a switch that was being engaged. */
export async function sweepKilled(deps: CommandDeps): Promise<void> {
  const { store, now } = deps;
  for (const { scope, target, tenant, reason, engagedBy } of await store.killSwitches.list()) {
    if (isKilling(scope))
      await killAll(deps, { scope, target, tenant }, reason, engagedBy, performance.now());
  }
  const overdue = (await store.runs.killing()).filter(
    ({ askedAt }) => now() - askedAt > killGraceMs + olderThanMs,
  );
  await bounded(overdue, killedAtOnce, (run) =>
    finishKill(deps, run, performance.now() - (now() - run.askedAt), 'RUN'),
  );
}

/** Tells workflows what was decided while Temporal, or the process that decided it, was away. */
export async function sweepSignals(deps: CommandDeps): Promise<void> {
  for (const { tenant, runId } of await deps.store.signals.overdue(olderThanMs))
    await deliverSignals(deps, tenant, runId);
}

async function startLate(deps: CommandDeps, run: RunRow): Promise<void> {
  // One that had ended goes on from where it stood.
  const decided = await deps.store.signals.of(run.id);
  if (decided.some(({ name }) => name === secondTrySignal))
    return await deliverSignals(deps, run.tenant, run.id);
  const bound = (await deps.store.runs.bound(run.tenant, run.id)) as BoundPlan | null;
  await dispatch(deps, run, bound);
}

/** Sweeps now and every few seconds, until stopped. */
export function startSweeper(deps: CommandDeps): { readonly stop: () => Promise<void> } {
  const sweepStuck = createStuckCheck(deps);
  const sweeps = [
    () => sweepKilled(deps),
    () => sweepNeverDispatched(deps),
    () => sweepSignals(deps),
    () => sweepCancelled(deps),
    () => sweepRollbacks(deps),
    createBudgetSweep(deps),
    sweepStuck,
  ];
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const round = (): void => {
    running = sweepAll();
    void running.then(() => {
      if (!stopped) timer = setTimeout(round, everyMs);
    });
  };

  /** What one of them cannot do keeps none of the others from doing theirs. */
  async function sweepAll(): Promise<void> {
    for (const sweep of sweeps) {
      if (stopped) return;
      try {
        await sweep();
      } catch (error) {
        deps.logger.warn({ error }, 'what was left behind could not be swept up');
      }
    }
  }

  round();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
