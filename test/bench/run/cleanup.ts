type Ending = () => unknown;

const endings: Ending[] = [];
let ending: Promise<void> | undefined;

/** Remembers what must be undone when the benchmark ends; the last started is ended first. */
export function onEnd(undo: Ending): void {
  endings.push(undo);
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

/** On Ctrl-C, or when whoever started us goes away, nothing is left behind. */
export function endOnSignals(): void {
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => void endAll().finally(() => process.exit(code)));
  }
}
