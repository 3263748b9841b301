import { exitCodes } from './exit-codes.js';

const signals = ['SIGINT', 'SIGTERM'] as const;

/** Runs work that the first Ctrl-C (or SIGTERM) asks to end; a second one ends the process at once. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
  };
  signals.forEach((signal) => process.on(signal, interrupt));
  try {
    return await work(controller.signal);
  } finally {
    signals.forEach((signal) => process.off(signal, interrupt));
  }
}
