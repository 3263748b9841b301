import type { Labels } from '#contracts';
import type { Store } from '#store';

const everyMs = 2_000;

/** Says every two seconds that the worker is there and what it offers; at the end, that it has left. */
export function startWorkerBeats(
  workers: Store['workers'],
  worker: { readonly id: string; readonly labels: Labels; readonly queues: readonly string[] },
  log: (message: string) => void,
): { readonly stop: () => Promise<void> } {
  const since = Date.now();
  let stopped = false;
  let beating: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const said = (what: string) => (error: unknown) => {
    log(`${what}: ${error instanceof Error ? error.message : String(error)}`);
  };

  async function beat(): Promise<void> {
    await workers.heartbeat({ ...worker, since }).catch(said('this worker could not say that it is there'));
    if (!stopped) timer = setTimeout(next, everyMs).unref();
  }
  function next(): void {
    beating = beat();
  }
  next();

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await beating;
      await workers.remove(worker.id).catch(said('this worker could not say that it leaves'));
    },
  };
}
