import type { CompensationBegin, CompensationBegun, CompensationEnd, EffectPlace, Store } from '#store';

/** Writes what compensations come to, many at once: who comes while a write is under way shares the next. */
export interface CompensationWriter {
  /** Resolves once it is on record; with null when it is not to be undone now. */
  begin(given: CompensationBegin): Promise<CompensationBegun | null>;
  /** Resolves once it is on record. */
  end(given: CompensationEnd): Promise<void>;
}

export function createCompensationWriter(store: Store, tenant: string, runId: string): CompensationWriter {
  const begin = inBatches<CompensationBegin, CompensationBegun | null>(async (batch) => {
    const admitted = await store.effects.beginCompensation(tenant, runId, batch);
    const begun = new Map(admitted.map((one) => [nameOf(one), one]));
    return batch.map((one) => begun.get(nameOf(one)) ?? null);
  });
  const end = inBatches<CompensationEnd, void>(async (batch) => {
    await store.effects.endCompensation(tenant, runId, batch);
    return batch.map(() => undefined);
  });
  return { begin, end };
}

function nameOf({ path, generation }: EffectPlace): string {
  return `${generation}:${path}`;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

function inBatches<Item, Result>(write: (batch: readonly Item[]) => Promise<Result[]>) {
  let waiting: Waiting<Item, Result>[] = [];
  let isWriting = false;

  async function writeAll(): Promise<void> {
    isWriting = true;
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const results = await write(batch.map(({ item }) => item));
        batch.forEach(({ resolve }, n) => resolve(results[n] as Result));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  return async (item: Item): Promise<Result> =>
    new Promise<Result>((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // Those that come in the same moment go together.
      if (!isWriting) queueMicrotask(() => void (isWriting || writeAll()));
    });
}
