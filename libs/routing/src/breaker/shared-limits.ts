import { breakersChanged, everyTenant } from '#store';
import type { Store } from '#store';

/** What is not to be called for a time: a quota pool that is used up, a key or a deployment that was refused. */
export interface Limit {
  /** `pool:openai/default`, `key:openai/default`, or a deployment: whoever sets it names it. */
  readonly name: string;
  /** In milliseconds since the epoch; null: until an operator lifts it. */
  readonly until: number | null;
  readonly reason: string;
}

/** Limits of this process, in step with those of the other workers; they end by time alone, without probes. */
export interface SharedLimits {
  /** Of two, the later moment counts. Here it holds at once. */
  limited(name: string, until: number | null, reason: string): void;
  /** Null: it is not limited. Infinity: until it is lifted. */
  until(name: string): number | null;
  all(): readonly Limit[];
  /** False: there was none. Resolves when it is durable. */
  lift(name: string): Promise<boolean>;
  /**
   * Hears of limits that are new or were moved, its own included, and with 0 of those that were lifted: whoever comes
   * late is told of all.
   */
  watch(listener: (limit: Limit) => void): () => void;
  refresh(): Promise<void>;
  close(): Promise<void>;
}

export interface SharedLimitsDeps {
  readonly store: Pick<Store, 'breakers' | 'changes' | 'kind'>;
  readonly log: (message: string) => void;
  readonly now?: (() => number) | undefined;
}

const pollMs = { postgres: 750, pglite: 5_000 };
/** Two readings of one moment differ by what a reading takes. */
const sameMomentMs = 250;

/** The limits that workers share, those included that were set before a restart. */
export async function openSharedLimits({
  store,
  log,
  now = Date.now,
}: SharedLimitsDeps): Promise<SharedLimits> {
  const listeners = new Set<(limit: Limit) => void>();
  let limits = new Map<string, Limit>();
  /** Set here and not durable yet: a reading may not have them. */
  const unsaved = new Map<string, Limit>();
  /** Set here since the last reading began, which may not show them either. */
  const recent = new Map<string, { readonly limit: Limit; readonly reading: number }>();
  let readings = 0;
  let saving: Promise<void> = Promise.resolve();

  function take(next: ReadonlyMap<string, Limit>): void {
    const before = limits;
    limits = new Map(next);
    for (const limit of limits.values()) {
      const known = before.get(limit.name);
      if (known && !isLater(limit, known)) continue;
      for (const listener of listeners) listener(limit);
    }
    for (const gone of before.values()) if (!limits.has(gone.name) && !isOver(gone)) tellLifted(gone);
  }

  function tellLifted(gone: Limit): void {
    for (const listener of listeners) listener({ ...gone, until: 0 });
  }

  function limited(name: string, until: number | null, reason: string): void {
    const limit = { name, until: until === Number.POSITIVE_INFINITY ? null : until, reason };
    const known = limits.get(name);
    if (known && !isLater(limit, known)) return;
    unsaved.set(name, limit);
    recent.set(name, { limit, reading: readings });
    take(new Map([...limits, [name, limit]]));
    void save();
  }

  function save(): Promise<void> {
    saving = saving.then(saveAll).catch((error: unknown) => {
      log(`limits could not be shared yet: ${error instanceof Error ? error.message : String(error)}`);
    });
    return saving;
  }

  async function saveAll(): Promise<void> {
    for (const [name, limit] of unsaved) {
      await store.breakers.cool(name, limit.until === null ? null : limit.until - now(), limit.reason);
      if (unsaved.get(name) === limit) unsaved.delete(name);
    }
  }

  let reading: Promise<void> | null = null;
  let again = false;
  function readSoon(): Promise<void> {
    again = true;
    return (reading ??= readAll().finally(() => (reading = null)));
  }

  async function readAll(): Promise<void> {
    while (again) {
      again = false;
      await save();
      readings += 1;
      const reading = readings;
      try {
        const kept = await store.breakers.cooldowns();
        const rows = kept.map(({ name, leftMs, reason }): [string, Limit] => [
          name,
          { name, until: leftMs === null ? null : now() + leftMs, reason },
        ]);
        for (const [name, own] of recent) if (own.reading < reading) recent.delete(name);
        const next = new Map(rows);
        for (const limit of [...unsaved.values(), ...[...recent.values()].map((own) => own.limit)]) {
          const known = next.get(limit.name);
          if (!known || isLater(limit, known)) next.set(limit.name, limit);
        }
        take(next);
      } catch (error) {
        log(
          `limits of other workers cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }

  const isOver = ({ until }: Limit): boolean => until !== null && until <= now();
  const unsubscribe = store.changes.subscribe(({ tenant, runId }) => {
    if (tenant === everyTenant && runId === breakersChanged) void readSoon();
  });
  const timer = setInterval(() => void readSoon(), pollMs[store.kind]);
  timer.unref();
  await readSoon();

  return {
    limited,
    until(name) {
      const limit = limits.get(name);
      if (!limit || isOver(limit)) return null;
      return limit.until ?? Number.POSITIVE_INFINITY;
    },
    all: () => [...limits.values()].filter((limit) => !isOver(limit)),
    async lift(name) {
      await save();
      unsaved.delete(name);
      recent.delete(name);
      const wasThere = await store.breakers.warm(name);
      take(new Map([...limits].filter(([each]) => each !== name)));
      return wasThere;
    },
    watch(listener) {
      const own = (limit: Limit): void => listener(limit);
      listeners.add(own);
      limits.forEach(own);
      return () => void listeners.delete(own);
    },
    refresh: readSoon,
    async close() {
      clearInterval(timer);
      unsubscribe();
      await reading;
      await saving;
    },
  };
}

function isLater(limit: Limit, than: Limit): boolean {
  const moment = ({ until }: Limit): number => until ?? Number.POSITIVE_INFINITY;
  return moment(limit) > moment(than) + sameMomentMs;
}
