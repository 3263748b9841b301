import type { KeptEffect } from '#contracts';
import { failpoint } from '#failpoints';
import type { BoundPlan } from '#plan';
import { nothingToUndo, undoOrder } from '#plan';
import type { RollbackOf } from '#workflows';
import type { CompensateDeps, Compensated } from './compensate.js';
import { compensate } from './compensate.js';
import { createCompensationWriter } from './compensation-writer.js';
import { compensationKey } from './idempotency-key.js';
import { anySignal } from './named-signals.js';
import type { PlanCache } from './plan-cache.js';
import type { StopList } from './stop-list.js';

export interface RollBackDeps extends CompensateDeps {
  readonly plans: PlanCache;
  readonly stops: StopList;
}

export interface RollBackHost {
  /** Aborted when nothing new should begin; what runs goes on to its end. */
  readonly drain: AbortSignal;
  /** Aborted when this worker can wait no longer. */
  readonly leave: AbortSignal;
}

const defaultConcurrency = 16;
/** What a switch stands against is looked at again after this, should nobody tell. */
const switchMs = 1_000;

/**
 * Undoes a run's effects in reverse order of dependency, as many at once as the run did. Each is on record before it
 * begins and when it ends; whoever comes after a crash does again what had not ended, by the same keys.
 */
export async function rollBack(
  deps: RollBackDeps,
  { tenant, runId }: RollbackOf,
  host: RollBackHost,
): Promise<{ compensated: number; failed: number; held: boolean }> {
  const { store, stops } = deps;
  const effects = (await store.effects.all(tenant, runId)).filter(isToUndo);
  if (effects.length === 0) return { compensated: 0, failed: 0, held: false };
  const plans = await plansOf(deps.plans, tenant, runId, effects);
  const order = undoOrder(effects, (at) => plans.get(at));
  const most = plans.get('')?.concurrency ?? defaultConcurrency;
  const writer = createCompensationWriter(store, tenant, runId);
  // The stop that made way for this rollback is lifted; one that was read before is none.
  await stops.refresh();
  const cut = anySignal(stops.cutSignal(runId), host.leave);
  const queue: KeptEffect[] = [];
  const counts = { compensated: 0, failed: 0 };
  let running = 0;
  let left = effects.length;
  let fault: { error: unknown } | null = null;
  let wake: () => void = () => undefined;
  const isStopping = (): boolean => cut.aborted || host.drain.aborted;
  const isHeld = (): boolean => stops.isHeld(tenant, runId);
  const switchedOff = ({ compensating }: KeptEffect): string | undefined =>
    stops.blocked({ tenant, tool: compensating?.tool });
  /** What is being undone, and how it is told to stop by itself. */
  const undoing = new Map<KeptEffect, AbortController>();
  const look = (): void => {
    for (const [effect, one] of undoing) if (switchedOff(effect) !== undefined) one.abort();
    wake();
  };
  for (const signal of [cut, host.drain]) signal.addEventListener('abort', look);
  const unwatch = stops.watch(look);

  async function undo(effect: KeptEffect): Promise<void> {
    const { path, generation } = effect;
    const begun = await writer.begin({ path, generation, key: compensationKey(effect) });
    failpoint('compensation.registered');
    const result = begun ? await undoOnce(effect, begun.before) : null;
    // What was told to stop is done again: it has not ended.
    if (result?.state === 'STOPPED') return void queue.unshift(effect);
    if (result) await writer.end({ path, generation, ...result });
    failpoint('compensation.recorded');
    if (result?.state === 'FAILED') counts.failed++;
    else if (result) counts.compensated++;
    left--;
    order.done(effect);
  }

  async function undoOnce(effect: KeptEffect, begunBefore: boolean): Promise<Compensated> {
    const own = new AbortController();
    const stop = anySignal(cut, stops.interruptSignal(tenant, runId), own.signal);
    const mayGoOn = async (): Promise<boolean> => {
      await stops.fresh();
      return !isStopping() && !isHeld() && switchedOff(effect) === undefined;
    };
    undoing.set(effect, own);
    look();
    return await compensate(deps, effect, begunBefore, { stop, mayGoOn }).finally(() =>
      undoing.delete(effect),
    );
  }

  function begin(effect: KeptEffect): void {
    running++;
    undo(effect)
      .catch((error: unknown) => (fault ??= { error }))
      .finally(() => {
        running--;
        wake();
      });
  }

  /** Starts what may be started. Gives why something may not, if a switch stands against it. */
  function dispatch(): string | undefined {
    queue.push(...order.next());
    let isSwitchedOff: string | undefined;
    for (let n = 0; n < queue.length && running < most;) {
      const effect = queue[n];
      if (!effect || isStopping() || isHeld() || fault) break;
      const why = switchedOff(effect);
      if (why !== undefined) {
        isSwitchedOff = why;
        n++;
        continue;
      }
      queue.splice(n, 1);
      begin(effect);
    }
    return isSwitchedOff;
  }

  let said: string | undefined;
  /** That it waits for a switch, or does not any more. */
  async function sayWaiting(detail: string | undefined): Promise<void> {
    if (detail === said) return;
    said = detail;
    const since = new Date().toISOString();
    const waiting = detail === undefined ? null : ({ kind: 'KILL_SWITCH', detail, since } as const);
    await store.record({ tenant, runId, events: [], tasks: [], run: { waiting } });
  }

  try {
    for (;;) {
      await stops.fresh();
      const isSwitchedOff = dispatch();
      await sayWaiting(running === 0 && !isHeld() ? isSwitchedOff : undefined);
      if (running === 0 && (left === 0 || isStopping() || isHeld() || fault)) break;
      await new Promise<void>((resolve) => {
        const timer = isSwitchedOff !== undefined ? setTimeout(resolve, switchMs) : undefined;
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    if (fault) throw (fault as { error: unknown }).error;
    return { ...counts, held: left > 0 };
  } finally {
    unwatch();
    for (const signal of [cut, host.drain]) signal.removeEventListener('abort', look);
  }
}

/** What has failed for good is a person's, until it is asked for again. */
function isToUndo(effect: KeptEffect): boolean {
  return nothingToUndo(effect) === null && effect.compensation?.state !== 'FAILED';
}

async function plansOf(
  plans: PlanCache,
  tenant: string,
  runId: string,
  effects: readonly KeptEffect[],
): Promise<Map<string, BoundPlan>> {
  const found = new Map([['', await plans.get(tenant, runId, '')]]);
  for (const { plan } of effects) {
    if (plan && !found.has(plan.at)) found.set(plan.at, await plans.get(tenant, runId, plan.at, plan));
  }
  return found;
}
