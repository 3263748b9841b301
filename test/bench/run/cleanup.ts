type Ending = () => unknown;

const endings: Ending[] = [];
let ending: Promise<void> | undefined;

/** Remembers what must be undone when the benchmark ends; the last started is ended first. */
export function onEnd(undo: Ending): void {
  endings.push(undo);
}

/** The same for what takes a while to start: an end that comes meanwhile waits for it, and leaves nothing behind. */
export async function startForNow<Started>(
  start: () => Promise<Started>,
  undo: (started: Started) => unknown,
): Promise<Started> {
  if (ending) throw new Error('the benchmark is being ended: nothing more is started');
  const starting = start();
  onEnd(async () => {
    const [outcome] = await Promise.allSettled([starting]);
    if (outcome.status === 'fulfilled') await undo(outcome.value);
  });
  return starting;
}

/** Ends all that was started. Each is tried, whatever the others do. */
export function endAll(): Promise<void> {
  ending ??= (async () => {
    for (let undo = endings.pop(); undo; undo = endings.pop()) {
      try {
        await undo();
      } catch (error) {
        process.stderr.write(`bench: could not be ended: ${(error as Error).message}\n`);
      }
    }
  })();
  return ending;
}

/** Whether what fails now fails because it is being ended. */
export function isEnding(): boolean {
  return ending !== undefined;
}

/** On Ctrl-C, or when whoever started us goes away, nothing is left behind. */
export function endOnSignals(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    // Not only once: the second, of whoever passes Ctrl-C on, would end us in the middle of ending.
    process.on(signal, () => {
      process.exitCode = code;
      void endAll().finally(() => process.exit());
    });
  }
}
