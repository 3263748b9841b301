import type { RunHold, Store } from '#store';
import { reachedSwitch, sameSwitch, switchDetail, tenantSwitch } from './kill-switch.js';
import type { KillSwitch, Reach } from './kill-switch.js';
import { anySignal, createNamedSignals } from './named-signals.js';

/** Which runs this process must stop working for, or leave alone for a while. */
export interface StopList {
  /** Aborted as soon as the run is to be cut; the same signal for all steps of a run. */
  readonly cutSignal: (runId: string) => AbortSignal;
  /** Aborted when what runs is to be left, and done again later. Once the run goes on there is another. */
  readonly interruptSignal: (tenant: string, runId: string) => AbortSignal;
  /** Whether no new step of the run may begin. */
  readonly isHeld: (tenant: string, runId: string) => boolean;
  /** Why a step may not run, when something that it reaches is switched off. */
  readonly blocked: (reach: Reach) => string | undefined;
  /** Calls whenever any of this has changed. Returns how to stop it. */
  readonly watch: (listener: () => void) => () => void;
  /** Resolves when the list has been read once more. */
  readonly refresh: () => Promise<void>;
  /** Resolves when the list is known to be fresh: with it out of reach nothing new may start. */
  readonly fresh: () => Promise<void>;
  readonly close: () => void;
}

const pollMs = 500;
const staleMs = 1_500;
/** Runs that are at work change all the time; reading for each change would be all that the database does. */
const pauseMs = 50;

/** Follows stops, pauses and switches in the database: those of this process at once, others within half a second. */
export function createStopList(store: Store, log: (message: string) => void): StopList {
  const cuts = createNamedSignals();
  const interrupts = createNamedSignals();
  const tenants = createNamedSignals();
  const listeners = new Set<() => void>();
  let cut = new Set<string>();
  let held = new Map<string, 'hold' | 'interrupt'>();
  let switches: readonly KillSwitch[] = [];
  /** Told by this process. A reading that began before may not show it. */
  let told: readonly { readonly of: KillSwitch; readonly engaged: boolean; readonly reading: number }[] = [];
  let readings = 0;
  let seen = '';
  let lastRead = Date.now();
  let reading: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  /** What is asked for during a reading may not be in it: another follows. */
  function read(): Promise<void> {
    if (reading === null) return (reading = readOnce().finally(() => (reading = null)));
    return (next ??= reading.then(() => {
      next = null;
      return read();
    }));
  }

  async function readOnce(): Promise<void> {
    const number = ++readings;
    try {
      const [holds, engaged] = await Promise.all([store.runs.holds(), store.killSwitches.active()]);
      lastRead = Date.now();
      takeHolds(holds);
      told = told.filter((change) => change.reading >= number);
      takeSwitches(engaged);
      for (const signals of [cuts, interrupts, tenants]) signals.tidy();
    } catch (error) {
      log(`the stop list cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  function takeHolds(holds: readonly RunHold[]): void {
    held = new Map();
    cut = new Set();
    for (const { runId, stop, hold } of holds) {
      if (stop === 'cut' || stop === 'kill') cut.add(runId);
      if (hold !== null) held.set(runId, hold);
      if (hold === 'interrupt') interrupts.abort(runId);
    }
    for (const runId of cut) cuts.abort(runId);
  }

  function takeSwitches(engaged: readonly KillSwitch[]): void {
    switches = told.reduce<readonly KillSwitch[]>((list, { of, engaged: on }) => {
      const others = list.filter((each) => !sameSwitch(each, of));
      return on ? [...others, of] : others;
    }, engaged);
    for (const tenant of tenants.names()) if (tenantSwitch(switches, tenant)) tenants.abort(tenant);
    const now = JSON.stringify([[...cut], [...held], switches]);
    if (now === seen) return;
    seen = now;
    for (const listener of listeners) listener();
  }

  const timer = setInterval(() => void (reading ?? read()), pollMs);
  timer.unref();
  let soon: NodeJS.Timeout | undefined;
  const readSoon = (): void => {
    soon ??= setTimeout(
      () => {
        soon = undefined;
        void read();
      },
      Math.max(0, lastRead + pauseMs - Date.now()),
    );
    soon.unref();
  };
  const unsubscribe = store.changes.subscribe(({ runId }) => {
    if (runId === '' || cuts.has(runId) || held.has(runId)) readSoon();
  });
  const unwatch = store.killSwitches.watch(({ of, engaged }) => {
    told = [...told, { of, engaged, reading: readings }];
    takeSwitches(switches);
  });

  return {
    cutSignal: (runId) => (cut.has(runId) ? AbortSignal.abort() : cuts.of(runId)),
    interruptSignal(tenant, runId) {
      const byRun = held.get(runId) === 'interrupt' ? AbortSignal.abort() : interrupts.of(runId);
      const byTenant = tenantSwitch(switches, tenant) ? AbortSignal.abort() : tenants.of(tenant);
      return anySignal(byRun, byTenant);
    },
    isHeld: (tenant, runId) => held.has(runId) || tenantSwitch(switches, tenant) !== undefined,
    blocked(reach) {
      const found = reachedSwitch(switches, reach);
      return found && switchDetail(found);
    },
    watch(listener) {
      const own = (): void => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    refresh: read,
    async fresh() {
      while (Date.now() - lastRead > staleMs) {
        await read();
        if (Date.now() - lastRead > staleMs) await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    close() {
      clearInterval(timer);
      clearTimeout(soon);
      unsubscribe();
      unwatch();
    },
  };
}
