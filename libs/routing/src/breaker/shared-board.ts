import type { JsonObject } from '#contracts';
import { breakersChanged, everyTenant } from '#store';
import type { Store } from '#store';
import type { BreakerBoard, BreakerPermit } from './breaker-board.js';
import { breakerDefaults } from './breaker-settings.js';
import type { BreakerSettings } from './breaker-settings.js';
import { createBreakers } from './breakers.js';
import type { BreakerReport, BreakersDeps } from './breakers.js';
import { held, reset, shifted, untouched } from './condition.js';
import type { BreakerChange, BreakerCondition } from './condition.js';

export interface SharedBoardDeps extends Pick<BreakersDeps, 'groups'> {
  readonly store: Pick<Store, 'breakers' | 'changes' | 'kind'>;
  readonly log: (message: string) => void;
  readonly settings?: Partial<BreakerSettings> | undefined;
  readonly random?: (() => number) | undefined;
  readonly now?: (() => number) | undefined;
}

/** A board that also says what its breakers have counted. */
export interface ReportingBoard extends BreakerBoard {
  view(name: string): BreakerReport;
  all(): readonly BreakerReport[];
}

/** The breakers of this process, in step with those of the other workers, and with what was before a restart. */
export interface SharedBoard extends ReportingBoard {
  /** The breakers that only calls of this tenant go through. */
  of(tenant: string): ReportingBoard;
  /** An operator holds it open or closed, or lets go of it. Resolves when it is durable. */
  hold(
    tenant: string,
    name: string,
    to: 'OPEN' | 'CLOSED' | null,
    reason: string | null,
  ): Promise<BreakerReport>;
  /** Closes it, and forgets what was. */
  reset(tenant: string, name: string): Promise<BreakerReport>;
  /** Resolves when what others have changed so far is known here. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/** What is true for all, as this process knows it. */
interface Confirmed {
  /** Null: there is no row yet. */
  readonly version: number | null;
  readonly condition: BreakerCondition;
}

/** The backstop where no notice comes; an embedded database has nobody else to hear of. */
const pollMs = { postgres: 750, pglite: 5_000 };
const mostUnsaved = 100;

/**
 * Each change is made here at once, and then true for all by comparing and swapping the breaker's row: who was slower
 * reads what is true and makes the change to that, if it still means anything. Only a probe waits for its swap, so that
 * all workers together send as many as they should. While the database is away each process goes on alone.
 */
export async function openSharedBoard(deps: SharedBoardDeps): Promise<SharedBoard> {
  const { store, log, now = Date.now } = deps;
  const confirmed = new Map<string, Confirmed>();
  const unsaved = new Map<string, BreakerChange[]>();
  const turns = new Map<string, Promise<unknown>>();
  /** How far the database's clock is ahead of ours: rows are on its time. */
  let ahead = 0;
  const breakers = createBreakers({
    settings: { ...breakerDefaults, ...deps.settings },
    now,
    random: deps.random ?? Math.random,
    groups: deps.groups,
    change(key, change) {
      if (change(breakers.condition(key)) === breakers.condition(key)) return;
      later(key, change);
      void save(key).catch(told(key));
    },
  });

  const told = (key: string) => (error: unknown) =>
    log(
      `breaker ${nameOf(key)} could not be shared yet: ${error instanceof Error ? error.message : String(error)}`,
    );

  function later(key: string, change: BreakerChange): void {
    const changes = unsaved.get(key) ?? [];
    unsaved.set(key, [...changes, change].slice(-mostUnsaved));
    show(key);
  }

  /** What is true for all, with what is not yet. */
  function show(key: string): void {
    const before = breakers.condition(key);
    const changes = unsaved.get(key) ?? [];
    const after = changes.reduce(
      (condition, change) => change(condition) ?? condition,
      trueOf(key).condition,
    );
    breakers.put(key, after);
    if (before.state !== after.state || before.forced !== after.forced) log(lineOf(nameOf(key), after));
  }

  const trueOf = (key: string): Confirmed => confirmed.get(key) ?? { version: null, condition: untouched };

  function confirm(key: string, row: Confirmed): void {
    // A reading that was slow may be older than what was written meanwhile.
    if ((row.version ?? 0) < (trueOf(key).version ?? 0)) return;
    confirmed.set(key, row);
    show(key);
  }

  async function read(): Promise<void> {
    const { now: theirs, rows } = await store.breakers.list();
    ahead = Math.round(theirs - now());
    for (const { tenant, name, version, condition } of rows) {
      const full = { ...untouched, ...(condition as unknown as BreakerCondition) };
      confirm(keyOf(tenant, name), { version, condition: shifted(full, -ahead) });
    }
  }

  /** One after the other for each breaker. */
  function inTurn<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (turns.get(key) ?? Promise.resolve()).then(work, work);
    const settled = turn.then(
      () => undefined,
      () => undefined,
    );
    turns.set(key, settled);
    return turn;
  }

  const save = (key: string): Promise<void> => inTurn(key, () => saveAll(key));

  async function saveAll(key: string): Promise<void> {
    for (let next = unsaved.get(key)?.[0]; next; next = unsaved.get(key)?.[0]) {
      const change = next;
      await makeTrue(key, change);
      unsaved.set(
        key,
        (unsaved.get(key) ?? []).filter((other) => other !== change),
      );
      show(key);
    }
    unsaved.delete(key);
  }

  /** Whether it may happen, in view of all that has happened. */
  async function makeTrue(key: string, change: BreakerChange): Promise<boolean> {
    for (;;) {
      const { version, condition } = trueOf(key);
      const next = change(condition);
      if (next === null) return false;
      if (next === condition) return true;
      const kept = shifted(next, ahead) as unknown as JsonObject;
      const swapped = await store.breakers.swap(...partsOf(key), version, kept);
      if (swapped) {
        confirm(key, { version: (version ?? 0) + 1, condition: next });
        return true;
      }
      await read();
    }
  }

  async function enter(key: string, at: number): Promise<BreakerPermit | null> {
    const entry = breakers.enter(key, at);
    if (entry === null || 'permit' in entry) return entry?.permit ?? null;
    try {
      await save(key);
      const granted = await inTurn(key, () => makeTrue(key, entry.probe));
      if (granted) return breakers.probing(key, entry.name);
      breakers.refused(key);
      return null;
    } catch (error) {
      told(key)(error);
    }
    if (entry.probe(breakers.condition(key)) === null) return null;
    later(key, entry.probe);
    return breakers.probing(key, entry.name);
  }

  async function operate(tenant: string, name: string, change: BreakerChange): Promise<BreakerReport> {
    const key = keyOf(tenant, name);
    await save(key);
    await read();
    await inTurn(key, () => makeTrue(key, change));
    return viewOf(key);
  }

  const viewOf = (key: string): BreakerReport => breakers.view(key, nameOf(key));

  let reading: Promise<void> | null = null;
  let again = false;
  function readSoon(): Promise<void> {
    again = true;
    return (reading ??= readAll().finally(() => (reading = null)));
  }

  async function readAll(): Promise<void> {
    while (again) {
      again = false;
      try {
        await read();
        await Promise.all([...unsaved.keys()].map(save));
      } catch (error) {
        log(
          `breakers of other workers cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }

  const unsubscribe = store.changes.subscribe(({ tenant, runId }) => {
    if (tenant === everyTenant && runId === breakersChanged) void readSoon();
  });
  const timer = setInterval(() => void readSoon(), pollMs[store.kind]);
  timer.unref();
  await readSoon();

  const boardOf = (tenant: string): ReportingBoard => ({
    view: (name) => viewOf(keyOf(tenant, name)),
    all: () =>
      breakers
        .names()
        .filter((key) => partsOf(key)[0] === tenant)
        .map(viewOf),
    enter: (name, at) => enter(keyOf(tenant, name), at),
  });

  return {
    ...boardOf(everyTenant),
    of: boardOf,
    hold: (tenant, name, to, reason) => operate(tenant, name, held(to, now(), reason)),
    reset: (tenant, name) => operate(tenant, name, reset(now())),
    refresh: readSoon,
    async close() {
      clearInterval(timer);
      unsubscribe();
      await reading;
      await Promise.all(turns.values());
    },
  };
}

/** Of a breaker that serves all tenants the key is its name: groups are told in names. */
const separator = '\n';

function keyOf(tenant: string, name: string): string {
  return tenant === everyTenant ? name : `${name}${separator}${tenant}`;
}

function partsOf(key: string): [tenant: string, name: string] {
  const at = key.indexOf(separator);
  return at < 0 ? [everyTenant, key] : [key.slice(at + 1), key.slice(0, at)];
}

function nameOf(key: string): string {
  return partsOf(key)[1];
}

function lineOf(name: string, { state, forced, reason }: BreakerCondition): string {
  const by = forced === null ? '' : ', held so by an operator';
  return `breaker ${name} is ${state}${by}${reason === null ? '' : `: ${reason}`}`;
}
