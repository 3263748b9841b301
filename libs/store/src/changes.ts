/** Something of a run has changed; what it is, is in the database. */
export interface RunChange {
  readonly tenant: string;
  readonly runId: string;
}

export interface Changes {
  /** Hears of every change soon after it is durable, now and then twice. Returns how to stop it. */
  subscribe(listener: (change: RunChange) => void): () => void;
}

/** The changes of this process, and the way to tell of them. */
export interface ChangeFeed extends Changes {
  publish(changes: readonly RunChange[]): void;
  close(): Promise<void>;
}

/** A feed within this process. A listener's fault is logged: it is not the fault of who wrote. */
export function createLocalFeed(log: (message: string) => void): ChangeFeed {
  const listeners = new Set<(change: RunChange) => void>();

  function subscribe(listener: (change: RunChange) => void): () => void {
    const own = (change: RunChange): void => listener(change);
    listeners.add(own);
    return () => void listeners.delete(own);
  }

  function publish(changes: readonly RunChange[]): void {
    for (const change of changes) {
      for (const listener of listeners) {
        try {
          listener(change);
        } catch (error) {
          log(`a listener to changes failed for ${change.runId}: ${String(error)}`);
        }
      }
    }
  }

  function close(): Promise<void> {
    listeners.clear();
    return Promise.resolve();
  }

  return { subscribe, publish, close };
}
