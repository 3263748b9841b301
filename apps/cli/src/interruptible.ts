import { onStopSignal } from './embedded/stop-signals.js';

/** Runs work that the first Ctrl-C (or SIGTERM) asks to end; a second one ends the process at once. */
export function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  onStopSignal(() => controller.abort());
  return work(controller.signal);
}
