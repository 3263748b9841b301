/** A stream that can be told to end while it waits for its next value. */
export interface AbortableStream<Value> extends AsyncIterableIterator<Value> {
  readonly return: () => Promise<IteratorResult<Value>>;
}

/**
 * A generator's values. A generator that waits hears of `return` only when its wait is over; this one's signal is
 * aborted at once.
 */
export function abortableStream<Value>(
  generate: (signal: AbortSignal) => AsyncGenerator<Value, void>,
): AbortableStream<Value> {
  const controller = new AbortController();
  const generator = generate(controller.signal);
  const stream: AbortableStream<Value> = {
    next: () => generator.next(),
    return: () => {
      controller.abort();
      return generator.return();
    },
    throw: (error) => {
      controller.abort();
      return generator.throw(error);
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

/** Something to sleep on. */
export interface Wake {
  /** Ends the sleep, or the next one when nobody sleeps. */
  readonly now: () => void;
  /** Sleeps until woken, or for so long, or until the signal is aborted. */
  readonly within: (ms: number) => Promise<void>;
}

/** A sleep that misses no call that comes before it begins. */
export function createWake(signal: AbortSignal): Wake {
  let called = false;
  let end: (() => void) | null = null;
  const now = (): void => {
    called = true;
    end?.();
  };
  signal.addEventListener('abort', now, { once: true });
  return {
    now,
    within: async (ms) => {
      if (!called && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      end = null;
      called = false;
    },
  };
}
