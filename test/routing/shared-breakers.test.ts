import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openSharedBoard, openSharedLimits } from '#routing';
import type { BreakerPermit, BreakerSettings, SharedBoard, SharedBoardDeps } from '#routing';
import { everyTenant, openStore } from '#store';
import type { Store } from '#store';
import { databases } from '../store/databases.js';

const backoffMs = 300;
const settings: Partial<BreakerSettings> = { backoffMs, longestBackoffMs: backoffMs };

async function until(what: string, reached: () => boolean): Promise<number> {
  const begun = performance.now();
  while (!reached()) {
    if (performance.now() - begun > 20_000) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - begun;
}

describe.each(databases)('breakers that workers share on $name', ({ name: kind, provide }) => {
  const stores: Store[] = [];
  const open: { close(): Promise<void> }[] = [];
  let release: () => Promise<void>;
  let names = 0;
  const newName = (): string => `model:${++names}`;

  beforeAll(async () => {
    const provided = await provide();
    release = provided.release;
    stores.push(await openStore(provided.options));
    // The embedded database belongs to one process, and all that is in it.
    if (kind === 'PostgreSQL') stores.push(await openStore(provided.options));
  }, 120_000);

  afterEach(async () => {
    for (const each of open.splice(0)) await each.close();
  });

  afterAll(async () => {
    for (const store of stores) await store.close();
    await release();
  });

  const storeOf = (worker: number): Store => stores[worker % stores.length] as Store;

  async function worker(number: number, more: Partial<SharedBoardDeps> = {}): Promise<SharedBoard> {
    const board = await openSharedBoard({ store: storeOf(number), log: () => undefined, settings, ...more });
    open.push(board);
    return board;
  }

  async function enter(board: SharedBoard, name: string): Promise<BreakerPermit> {
    const permit = await board.enter(name, Date.now());
    if (permit === null) throw new Error(`${name} lets nothing through`);
    return permit;
  }

  async function trip(board: SharedBoard, name: string, retryAfterMs?: number): Promise<void> {
    for (let count = 0; count < 5; count += 1)
      (await enter(board, name)).end({ kind: 'failed', reason: 'HTTP 503', retryAfterMs });
  }
  const hasCome = (board: SharedBoard, name: string) =>
    until('a probe may begin', () => (board.view(name).availableAt ?? Infinity) <= Date.now());

  it('one opens, and all have it within a second', async () => {
    const name = newName();
    const [left, right] = [await worker(0), await worker(1)];
    await trip(left, name);
    expect(left.view(name).state).toBe('OPEN');
    expect(await until('the other knows', () => right.view(name).state === 'OPEN')).toBeLessThan(1_000);
    expect(right.view(name)).toMatchObject({ reason: 'HTTP 503', failures: 5, calls: 5, openings: 1 });
    expect(Math.abs((right.view(name).availableAt ?? 0) - (left.view(name).availableAt ?? 0))).toBeLessThan(
      100,
    );
    expect(await right.enter(name, Date.now())).toBeNull();
  });

  it('also where no notice comes', async () => {
    if (kind !== 'PostgreSQL') return;
    const name = newName();
    const deaf = { ...storeOf(1), changes: { subscribe: () => () => undefined } };
    const [left, right] = [await worker(0), await worker(1, { store: deaf })];
    await trip(left, name);
    expect(await until('the other knows', () => right.view(name).state === 'OPEN')).toBeLessThan(1_000);
  });

  it('many open it at once: it is opened once, for as long as the most patient one says', async () => {
    const name = newName();
    const boards = await Promise.all([0, 1, 2, 3].map((number) => worker(number)));
    await Promise.all(boards.map((board, index) => trip(board, name, index === 2 ? 60_000 : undefined)));
    await until('all agree', () =>
      boards.every((board) => (board.view(name).availableAt ?? 0) > Date.now() + 50_000),
    );
    expect(boards.map((board) => board.view(name).openings)).toEqual([1, 1, 1, 1]);
  });

  it('all together send one probe, and close it when two went well', async () => {
    const name = newName();
    const boards = await Promise.all(Array.from({ length: 6 }, (_, number) => worker(number)));
    await trip(boards[0] as SharedBoard, name);
    await until('all know', () => boards.every((board) => board.view(name).state === 'OPEN'));
    await hasCome(boards[0] as SharedBoard, name);
    await hasCome(boards[1] as SharedBoard, name);
    for (const round of [1, 2]) {
      const asked = boards.flatMap((board) => [board, board]);
      const given = (await Promise.all(asked.map((board) => board.enter(name, Date.now() + 50)))).filter(
        (permit) => permit !== null,
      );
      expect({ round, probes: given.length }).toEqual({ round, probes: 1 });
      given[0]?.end({ kind: 'ok' });
      const wanted = round === 2 ? 'CLOSED' : 'HALF_OPEN';
      await until(`${wanted} everywhere`, () => boards.every((board) => board.view(name).state === wanted));
      for (const board of boards) await board.refresh();
    }
    for (const board of boards) (await enter(board, name)).end({ kind: 'ok' });
  });

  it('a restart forgets nothing', async () => {
    const name = newName();
    const before = await worker(0);
    await trip(before, name, 60_000);
    await before.close();
    const after = await worker(1);
    expect(after.view(name)).toMatchObject({ state: 'OPEN', reason: 'HTTP 503' });
    expect(await after.enter(name, Date.now())).toBeNull();
  });

  it('a worker that lags behind does not open again what others have closed since', async () => {
    const name = newName();
    const deaf = { ...storeOf(1), changes: { subscribe: () => () => undefined }, kind: 'pglite' } as const;
    const [left, late] = [await worker(0), await worker(1, { store: deaf })];
    const calls = await Promise.all(Array.from({ length: 5 }, () => enter(late, name)));
    await trip(left, name);
    await left.reset(everyTenant, name);
    calls.forEach((call) => call.end({ kind: 'failed', reason: 'of yesterday' }));
    await until('it has heard', () => late.view(name).openings === 1);
    await late.refresh();
    await left.refresh();
    expect([left.view(name).state, late.view(name).state]).toEqual(['CLOSED', 'CLOSED']);
    expect(left.view(name).openings).toBe(1);
  });

  it('an operator holds it open or closed, and lets go of it, for all', async () => {
    const name = newName();
    const [left, right] = [await worker(0), await worker(1)];
    const everywhere = (state: string) =>
      until(`${state} everywhere`, () => [left, right].every((board) => board.view(name).state === state));
    await left.hold(everyTenant, name, 'OPEN', 'they bill twice');
    await everywhere('OPEN');
    expect(right.view(name)).toMatchObject({ forced: 'OPEN', availableAt: null, reason: 'they bill twice' });
    expect(await right.enter(name, Date.now() + 1e9)).toBeNull();
    await right.hold(everyTenant, name, 'CLOSED', 'we need it');
    await everywhere('CLOSED');
    for (let count = 0; count < 10; count += 1)
      (await enter(left, name)).end({ kind: 'failed', reason: 'HTTP 500' });
    expect(left.view(name)).toMatchObject({ state: 'CLOSED', forced: 'CLOSED' });
    await right.hold(everyTenant, name, null, null);
    await until('it is let go', () => left.view(name).forced === null);
    await trip(left, name);
    await everywhere('OPEN');
    await right.reset(everyTenant, name);
    await everywhere('CLOSED');
    expect(left.view(name)).toMatchObject({ forced: null, reason: null, calls: 0 });
  });

  it('what was held open is probed before it is closed', async () => {
    const name = newName();
    const board = await worker(0);
    await board.hold(everyTenant, name, 'OPEN', 'x');
    expect(await board.hold(everyTenant, name, null, null)).toMatchObject({ state: 'OPEN', forced: null });
    (await enter(board, name)).end({ kind: 'failed', reason: 'still bad' });
    expect(board.view(name)).toMatchObject({ state: 'OPEN', reason: 'still bad' });
  });

  it('of a tenant concern that tenant alone', async () => {
    const name = 'tool:http.request';
    const [left, right] = [await worker(0), await worker(1)];
    await left.hold('acme', name, 'OPEN', 'x');
    await until('the other knows', () => right.of('acme').view(name).state === 'OPEN');
    expect(right.of('acme').all()).toMatchObject([{ name, forced: 'OPEN' }]);
    expect(await right.of('acme').enter(name, Date.now())).toBeNull();
    expect(await right.of('other').enter(name, Date.now())).not.toBeNull();
    expect(right.view(name).state).toBe('CLOSED');
    expect(right.all().filter((view) => view.state !== 'CLOSED' && view.name === name)).toEqual([]);
  });

  it('while the database is away each goes on alone, and tells what happened when it is back', async () => {
    const name = newName();
    const store = storeOf(0);
    let isAway = false;
    const refused = () => Promise.reject(new Error('away'));
    const breakers = {
      ...store.breakers,
      list: () => (isAway ? refused() : store.breakers.list()),
      swap: (...given: Parameters<typeof store.breakers.swap>) =>
        isAway ? refused() : store.breakers.swap(...given),
    };
    const logged: string[] = [];
    const alone = await worker(0, { store: { ...store, breakers }, log: (line) => logged.push(line) });
    const other = await worker(1);
    isAway = true;
    await trip(alone, name);
    expect(alone.view(name).state).toBe('OPEN');
    await hasCome(alone, name);
    (await enter(alone, name)).end({ kind: 'failed', reason: 'still bad' });
    expect(alone.view(name)).toMatchObject({ state: 'OPEN', reason: 'still bad', openings: 2 });
    expect(logged.join('\n')).toContain('away');
    isAway = false;
    await alone.refresh();
    await until('the other knows', () => other.view(name).openings === 2);
    expect(other.view(name).reason).toBe('still bad');
  });

  describe('limits', () => {
    it('hold here at once, for all within a second, and after a restart; the later moment counts', async () => {
      const name = `pool:${newName()}`;
      const both = await Promise.all(
        [0, 1].map((n) => openSharedLimits({ store: storeOf(n), log: () => undefined })),
      );
      open.push(...both);
      const [left, right] = both as [(typeof both)[0], (typeof both)[0]];
      const told: [string, number | null][] = [];
      right.watch(({ name: of, until: at }) => void (of === name && told.push([of, at])));
      const at = Date.now() + 60_000;
      left.limited(name, at, 'HTTP 429');
      left.limited(name, at - 50_000, 'HTTP 429');
      expect(left.until(name)).toBe(at);
      expect(await until('the other knows', () => right.until(name) !== null)).toBeLessThan(1_000);
      expect(Math.abs((right.until(name) ?? 0) - at)).toBeLessThan(1_000);
      expect(told).toHaveLength(1);
      const after = await openSharedLimits({ store: storeOf(1), log: () => undefined });
      open.push(after);
      expect(after.all().filter((limit) => limit.name === name)).toMatchObject([{ reason: 'HTTP 429' }]);
      expect(await after.lift(name)).toBe(true);
      await until('it is lifted for all', () => left.until(name) === null && right.until(name) === null);
      expect(told.at(-1)).toEqual([name, 0]);
    });

    it('hold also when they are set while those of others are being read', async () => {
      const name = `pool:${newName()}`;
      const store = storeOf(0);
      let limits: Awaited<ReturnType<typeof openSharedLimits>> | null = null;
      const cooldowns = async () => {
        const rows = await store.breakers.cooldowns();
        if (limits?.until(name) === null) {
          limits.limited(name, Date.now() + 60_000, 'HTTP 429');
          await until('it is durable', () => saved > 0);
        }
        return rows;
      };
      let saved = 0;
      const cool = async (...given: Parameters<typeof store.breakers.cool>) => {
        await store.breakers.cool(...given);
        saved += 1;
      };
      const deaf = { ...store, changes: { subscribe: () => () => undefined } };
      limits = await openSharedLimits({
        store: { ...deaf, breakers: { ...store.breakers, cooldowns, cool } },
        log: () => undefined,
      });
      open.push(limits);
      await limits.refresh();
      expect([saved, limits.until(name)]).toEqual([1, expect.any(Number)]);
    });

    it('without an end stay until they are lifted; those that are over are gone', async () => {
      const [key, pool] = [`key:${newName()}`, `pool:${newName()}`];
      let now = Date.now();
      const limits = await openSharedLimits({ store: storeOf(0), log: () => undefined, now: () => now });
      open.push(limits);
      limits.limited(key, null, 'HTTP 401');
      limits.limited(pool, now + 1_000, 'HTTP 429');
      now += 1_000;
      expect([limits.until(key), limits.until(pool)]).toEqual([Infinity, null]);
      await limits.refresh();
      expect(limits.all().map((limit) => limit.name)).toContain(key);
      expect(await limits.lift(key)).toBe(true);
      expect([limits.until(key), await limits.lift(key)]).toEqual([null, false]);
    });
  });
});
