import type { Store } from '#store';

/** Which runs this process must stop working for. */
export interface StopList {
  /** Aborted as soon as the run is to be cut; the same signal for all steps of a run. */
  readonly cutSignal: (runId: string) => AbortSignal;
  /** Resolves when the list is known to be fresh: with it out of reach nothing new may start. */
  readonly fresh: () => Promise<void>;
  readonly close: () => void;
}

const sources = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/** Aborted when any of these is. It keeps them alive: `AbortSignal.any` alone lets them be collected, and is deaf then. */
export function anySignal(...signals: AbortSignal[]): AbortSignal {
  const any = AbortSignal.any(signals);
  sources.set(any, signals);
  return any;
}

const pollMs = 500;
const staleMs = 5_000;

/** Follows the stops in the database: at once for those made in this process, else within half a second. */
export function createStopList(store: Store, log: (message: string) => void): StopList {
  const controllers = new Map<string, WeakRef<AbortController>>();
  const held = new WeakMap<AbortSignal, AbortController>();
  let lastRead = Date.now();
  let reading: Promise<void> | null = null;
  const read = (): Promise<void> => (reading ??= readOnce().finally(() => (reading = null)));
  const timer = setInterval(() => void read(), pollMs);
  timer.unref();
  const unsubscribe = store.changes.subscribe(({ runId }) => {
    if (controllers.has(runId)) void read();
  });

  async function readOnce(): Promise<void> {
    try {
      for (const { runId, stop } of await store.runs.stopped()) {
        if (stop === 'cut') controllers.get(runId)?.deref()?.abort();
      }
      lastRead = Date.now();
      for (const [runId, controller] of controllers) if (!controller.deref()) controllers.delete(runId);
    } catch (error) {
      log(`the stop list cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  return {
    cutSignal(runId) {
      const known = controllers.get(runId)?.deref();
      if (known) return known.signal;
      const controller = new AbortController();
      controllers.set(runId, new WeakRef(controller));
      held.set(controller.signal, controller);
      return controller.signal;
    },
    async fresh() {
      while (Date.now() - lastRead > staleMs) {
        await read();
        if (Date.now() - lastRead > staleMs) await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    close() {
      clearInterval(timer);
      unsubscribe();
    },
  };
}
