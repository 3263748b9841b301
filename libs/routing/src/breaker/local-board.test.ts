import { beforeEach, describe, expect, it } from '@jest/globals';
import type { BreakerPermit } from './breaker-board.js';
import { createLocalBoard } from './local-board.js';
import type { LocalBoard } from './local-board.js';

const name = 'model:a';
const start = 1_000_000;
let now = start;
let draw = 1;
let board: LocalBoard;

beforeEach(() => {
  [now, draw] = [start, 1];
  board = boardWith({});
});

function boardWith(settings: object, groups: readonly (readonly string[])[] = []): LocalBoard {
  return createLocalBoard({
    settings,
    now: () => now,
    random: () => draw,
    groups: (of) => groups.filter((group) => group.includes(of)),
  });
}

function enter(of = name): BreakerPermit {
  const permit = board.enterNow(of, now);
  if (permit === null) throw new Error(`${of} lets nothing through`);
  return permit;
}
const fail = (of = name, retryAfterMs?: number): void =>
  enter(of).end({ kind: 'failed', reason: 'HTTP 503', retryAfterMs });
const ok = (of = name): void => enter(of).end({ kind: 'ok' });
const open = (of = name): void => {
  while (board.view(of).state === 'CLOSED') fail(of);
};
/** How long it stays open from now on. */
const patience = (of = name): number => (board.view(of).availableAt ?? Number.NaN) - now;
const toProbe = (of = name): void => {
  now = board.view(of).availableAt ?? Number.NaN;
};

describe('a breaker opens', () => {
  it('when more than half of at least five calls have failed', () => {
    for (const isOk of [true, false, true, false, false]) {
      expect(board.view(name).state).toBe('CLOSED');
      if (isOk) ok();
      else fail();
    }
    expect(board.view(name)).toMatchObject({ state: 'OPEN', calls: 5, failures: 3, since: start });
    expect(board.enterNow(name, now)).toBeNull();
    expect(board.all()).toMatchObject([{ name, refusals: 1, openings: 1 }]);
  });

  it('not for half of them, nor for answers that say nothing', () => {
    for (let count = 0; count < 20; count += 1) {
      ok();
      fail();
      enter().end({ kind: 'neutral' });
    }
    expect(board.view(name)).toMatchObject({ state: 'CLOSED', calls: 40, failures: 20 });
  });

  it('after five failures in a row, however many went well before and however far apart', () => {
    for (let count = 0; count < 1_000; count += 1) ok();
    for (let count = 0; count < 4; count += 1) fail();
    expect(board.view(name).state).toBe('CLOSED');
    fail();
    expect(board.view(name).state).toBe('OPEN');
    for (let count = 0; count < 5; count += 1) {
      now += 600_000;
      fail('model:rare');
    }
    expect(board.view('model:rare').state).toBe('OPEN');
  });

  it('not for what is out of the window', () => {
    board = boardWith({ failuresInARow: 100 });
    for (let count = 0; count < 4; count += 1) fail();
    now += 180_000;
    for (let count = 0; count < 4; count += 1) fail();
    expect(board.view(name)).toMatchObject({ state: 'CLOSED', calls: 4 });
  });

  it('for streams that break off after a good beginning, as for calls that fail at once', () => {
    for (let count = 0; count < 5; count += 1) {
      expect(board.view(name).state).toBe('CLOSED');
      const permit = enter();
      permit.end({ kind: 'ok' });
      permit.failedLater('the stream broke off');
    }
    const calls = { calls: 5, failures: 5 };
    expect(board.view(name)).toMatchObject({ state: 'OPEN', reason: 'the stream broke off', ...calls });
  });

  it('for five streams in a row that break off, however many calls went well before', () => {
    for (let count = 0; count < 1_000; count += 1) ok();
    for (let count = 0; count < 5; count += 1) {
      expect(board.view(name).state).toBe('CLOSED');
      const permit = enter();
      permit.end({ kind: 'ok' });
      permit.failedLater('broke off');
    }
    expect(board.view(name).state).toBe('OPEN');
  });

  it('not for fewer than five calls, though one that broke off weighs more', () => {
    const permit = enter();
    permit.end({ kind: 'ok' });
    permit.failedLater('broke off');
    for (let count = 0; count < 3; count += 1) fail();
    expect(board.view(name)).toMatchObject({ state: 'CLOSED', calls: 4, failures: 4 });
  });

  it('for streams that break off more often than not, also when none do so in a row', () => {
    board = boardWith({ failuresInARow: Number.POSITIVE_INFINITY, volume: 10 });
    const permits = Array.from({ length: 20 }, () => enter());
    permits.forEach((permit) => permit.end({ kind: 'ok' }));
    permits.slice(0, 10).forEach((permit) => permit.failedLater('broke off'));
    expect(board.view(name).state).toBe('CLOSED');
    permits.slice(10, 11).forEach((permit) => permit.failedLater('broke off'));
    expect(board.view(name).state).toBe('OPEN');
  });

  it('counting each call once, and late failures of good calls only', () => {
    const permit = enter();
    permit.end({ kind: 'failed', reason: 'x' });
    permit.end({ kind: 'failed', reason: 'x' });
    permit.end({ kind: 'ok' });
    permit.failedLater('x');
    expect(board.view(name)).toMatchObject({ calls: 1, failures: 1 });
  });
});

describe('a breaker stays open', () => {
  it('for 5 s, doubled each time that a probe fails, up to 300 s', () => {
    open();
    const waits = [patience()];
    for (let count = 0; count < 8; count += 1) {
      toProbe();
      fail();
      waits.push(patience());
    }
    expect(waits.map((ms) => ms / 1_000)).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('for a fifth less at most, as the dice fall', () => {
    draw = 0;
    open();
    expect(patience()).toBe(4_000);
  });

  it('for at least as long as the provider asked, which it may do up to a quarter of an hour', () => {
    draw = 0;
    fail(name, 60_000);
    now += 1_000;
    for (let count = 0; count < 4; count += 1) fail();
    expect(patience()).toBe(59_000);
    for (let count = 0; count < 5; count += 1) fail('model:b', 86_400_000);
    expect(patience('model:b')).toBe(900_000);
  });

  it('for longer when a call that was under way brings a longer Retry-After, and not for a shorter one', () => {
    const [first, second] = [enter(), enter()];
    open();
    first.end({ kind: 'failed', reason: 'HTTP 503', retryAfterMs: 40_000 });
    second.end({ kind: 'failed', reason: 'HTTP 503', retryAfterMs: 1_000 });
    expect(patience()).toBe(40_000);
  });

  it('for longer when it relapses, unless it was well for a minute', () => {
    const recover = (): void => {
      toProbe();
      ok();
      ok();
    };
    open();
    recover();
    now += 59_000;
    open();
    expect(patience()).toBe(10_000);
    recover();
    now += 60_000;
    open();
    expect(patience()).toBe(5_000);
  });
});

describe('a breaker is probed', () => {
  it('by one call at a time, and closes when two went well', () => {
    open();
    toProbe();
    const probe = enter();
    expect(board.view(name).state).toBe('HALF_OPEN');
    expect(board.enterNow(name, now)).toBeNull();
    probe.end({ kind: 'ok' });
    expect(board.view(name).state).toBe('HALF_OPEN');
    ok();
    expect(board.view(name)).toMatchObject({ state: 'CLOSED', availableAt: null, calls: 1, reason: null });
  });

  it('by several at a time where that is allowed', () => {
    board = boardWith({ probesAtOnce: 3, probesRequired: 4 });
    open();
    toProbe();
    const probes = [enter(), enter(), enter()];
    expect(board.enterNow(name, now)).toBeNull();
    probes.forEach((probe) => probe.end({ kind: 'ok' }));
    expect(board.view(name).state).toBe('HALF_OPEN');
    ok();
    expect(board.view(name).state).toBe('CLOSED');
  });

  it('anew when the one that probed is lost', () => {
    open();
    toProbe();
    enter();
    now += 119_999;
    expect(board.enterNow(name, now)).toBeNull();
    now += 1;
    expect(board.enterNow(name, now)).not.toBeNull();
  });

  it('and opens again when the stream of a probe breaks off, before and after it closed', () => {
    open();
    toProbe();
    const early = enter();
    early.end({ kind: 'ok' });
    early.failedLater('broke off');
    expect(board.view(name)).toMatchObject({ state: 'OPEN', reason: 'broke off' });
    toProbe();
    ok();
    const last = enter();
    last.end({ kind: 'ok' });
    expect(board.view(name).state).toBe('CLOSED');
    last.failedLater('broke off');
    expect(board.view(name)).toMatchObject({ calls: 1, failures: 1 });
  });
});

describe('of what serves the same calls', () => {
  const group = ['model:a', 'model:b', 'model:c', 'model:d'];

  it('half may be out for as long as they need', () => {
    board = boardWith({}, [group]);
    for (const of of group.slice(0, 2)) {
      for (let count = 0; count < 5; count += 1) fail(of, 100_000);
      open(of);
    }
    open('model:a');
    expect(patience('model:a')).toBeGreaterThanOrEqual(100_000);
  });

  it('the last is probed every five seconds, by one call, instead of being given up', () => {
    board = boardWith({ probesAtOnce: 3, backoffMs: 100_000 }, [[name]]);
    open();
    for (let count = 0; count < 6; count += 1) {
      expect(patience()).toBeLessThanOrEqual(5_000);
      toProbe();
      const probe = enter();
      expect(board.enterNow(name, now)).toBeNull();
      probe.end({ kind: 'failed', reason: 'HTTP 500' });
      expect(board.enterNow(name, now + 4_999)).toBeNull();
    }
    toProbe();
    ok();
    ok();
    expect(board.view(name).state).toBe('CLOSED');
  });

  it('too few are left: those that wait for long are probed soon, though not before their Retry-After', () => {
    board = boardWith({ backoffMs: 100_000 }, [group.slice(0, 3)]);
    open('model:a');
    expect(patience('model:a')).toBe(100_000);
    for (let count = 0; count < 5; count += 1) fail('model:b', 30_000);
    expect(patience('model:a')).toBe(5_000);
    expect(patience('model:b')).toBe(30_000);
    toProbe('model:a');
    fail('model:a');
    expect(patience('model:a')).toBe(5_000);
    ok('model:c');
  });
});

it('takes no time that a router would notice: a hundred views in a few microseconds', () => {
  const names = Array.from({ length: 100 }, (_, index) => `model:${index}`);
  names.forEach((of) => ok(of));
  const round = (): number => {
    const begun = performance.now();
    for (const of of names) if (board.view(of).state !== 'CLOSED') throw new Error('open');
    return performance.now() - begun;
  };
  const best = Math.min(...Array.from({ length: 200 }, round));
  expect(best).toBeLessThan(0.1);
});
