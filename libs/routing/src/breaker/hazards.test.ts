import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import CircuitBreaker from 'opossum';
import type { BreakerPermit } from './breaker-board.js';
import { createLocalBoard } from './local-board.js';
import type { LocalBoard } from './local-board.js';

/** What plain opossum does, reproduced, and that no breaker of ours does it. */
const name = 'model:openai:gpt-6-sol';
const quiet = { enableSnapshots: false, rollingPercentilesEnabled: false, timeout: false } as const;
const limited = Object.assign(new Error('429'), { status: 429 });

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

const board = (settings: object = {}): LocalBoard => createLocalBoard({ settings, random: () => 0.5 });
const enter = (of: LocalBoard): BreakerPermit => {
  const permit = of.enterNow(name, Date.now());
  if (permit === null) throw new Error('it is not let through');
  return permit;
};
const fail = (of: LocalBoard, times: number): void => {
  for (let count = 0; count < times; count += 1) enter(of).end({ kind: 'failed', reason: 'HTTP 500' });
};
const untilProbe = (of: LocalBoard): void => jest.setSystemTime(of.view(name).availableAt ?? Number.NaN);

describe('a probe that meets a rate limit', () => {
  it('closes a circuit of plain opossum', async () => {
    const answers = [new Error('500'), limited];
    const circuit = new CircuitBreaker(() => Promise.reject(answers.shift()), {
      ...quiet,
      resetTimeout: 100,
      errorFilter: (error: { status?: number }) => error.status === 429,
    });
    await expect(circuit.fire()).rejects.toThrow('500');
    await jest.advanceTimersByTimeAsync(100);
    expect(circuit.halfOpen).toBe(true);
    await expect(circuit.fire()).rejects.toThrow('429');
    expect(circuit.closed).toBe(true);
    circuit.shutdown();
  });

  it('closes no breaker: another probe follows soon', () => {
    const of = board();
    fail(of, 5);
    untilProbe(of);
    enter(of).end({ kind: 'neutral' });
    expect(of.view(name)).toMatchObject({ state: 'HALF_OPEN', availableAt: Date.now() + 1_000 });
    expect(of.enterNow(name, Date.now() + 999)).toBeNull();
    expect(of.enterNow(name, Date.now() + 1_000)).not.toBeNull();
  });
});

describe('calls that take longer than the window', () => {
  it('never open a circuit of plain opossum, though all fail', async () => {
    let rejected = 0;
    const late = () => new Promise((_, reject) => setTimeout(() => reject(new Error('500')), 300));
    const circuit = new CircuitBreaker(late, {
      ...quiet,
      rollingCountTimeout: 100,
      rollingCountBuckets: 10,
      volumeThreshold: 5,
    });
    circuit.on('reject', () => (rejected += 1));
    for (let round = 0; round < 4; round += 1) {
      const calls = Array.from({ length: 10 }, () => circuit.fire().catch(() => 'failed'));
      await jest.advanceTimersByTimeAsync(300);
      await Promise.all(calls);
    }
    expect([circuit.opened, rejected]).toEqual([false, 0]);
    circuit.shutdown();
  });

  it('open a breaker as soon as enough of them have failed', () => {
    const of = board({ windowMs: 100, buckets: 10, failuresInARow: Number.POSITIVE_INFINITY });
    const calls = Array.from({ length: 10 }, () => enter(of));
    jest.setSystemTime(Date.now() + 300);
    calls.slice(0, 4).forEach((call) => call.end({ kind: 'failed', reason: 'HTTP 500' }));
    expect(of.view(name)).toMatchObject({ state: 'CLOSED', calls: 4, failures: 4 });
    calls[4]?.end({ kind: 'failed', reason: 'HTTP 500' });
    expect(of.view(name)).toMatchObject({ state: 'OPEN', calls: 5, failures: 5, reason: 'HTTP 500' });
  });
});

describe('a success of a call that began before the opening', () => {
  it('closes a half-open circuit of plain opossum', async () => {
    let answer: (value: string) => void = () => undefined;
    const slow = new Promise<string>((resolve) => (answer = resolve));
    const circuit = new CircuitBreaker(
      (isSlow: boolean) => (isSlow ? slow : Promise.reject(new Error('500'))),
      { ...quiet, resetTimeout: 100 },
    );
    const before = circuit.fire(true);
    for (const fires of [1, 2]) await expect(circuit.fire(false)).rejects.toThrow(fires ? '500' : '');
    expect(circuit.opened).toBe(true);
    await jest.advanceTimersByTimeAsync(100);
    answer('late');
    await before;
    expect(circuit.closed).toBe(true);
    circuit.shutdown();
  });

  it('counts neither for a breaker that is open, nor for one that is probed', () => {
    const of = board();
    const before = [enter(of), enter(of)];
    fail(of, 5);
    before[0]?.end({ kind: 'ok' });
    expect(of.view(name).state).toBe('OPEN');
    untilProbe(of);
    const probe = enter(of);
    before[1]?.end({ kind: 'ok' });
    expect(of.view(name).state).toBe('HALF_OPEN');
    // Two have to go well, and only one has.
    probe.end({ kind: 'ok' });
    expect(of.view(name).state).toBe('HALF_OPEN');
    enter(of).end({ kind: 'ok' });
    expect(of.view(name).state).toBe('CLOSED');
  });

  it('of a failure neither opens it again nor makes it wait for longer', () => {
    const of = board();
    const before = [enter(of), enter(of)];
    fail(of, 5);
    untilProbe(of);
    const probe = enter(of);
    before[0]?.end({ kind: 'failed', reason: 'old' });
    expect(of.view(name).state).toBe('HALF_OPEN');
    probe.end({ kind: 'ok' });
    enter(of).end({ kind: 'ok' });
    before[1]?.end({ kind: 'failed', reason: 'old' });
    expect(of.view(name)).toMatchObject({ state: 'CLOSED', failures: 0 });
  });
});

describe('a time-out of one call', () => {
  it('cuts the others that go through the same circuit of plain opossum', async () => {
    const controller = new AbortController();
    const circuit = new CircuitBreaker(
      (ms: number, signal: AbortSignal) =>
        new Promise((resolve, reject) => {
          setTimeout(() => resolve('answered'), ms);
          signal.addEventListener('abort', () => reject(new Error('cut')));
        }),
      { ...quiet, timeout: 100, abortController: controller },
    );
    const { signal } = controller;
    const first = circuit.fire(150, signal).catch((error: Error) => error.message);
    await jest.advanceTimersByTimeAsync(60);
    const second = circuit.fire(50, signal).catch((error: Error) => error.message);
    await jest.advanceTimersByTimeAsync(100);
    expect([await first, await second]).toEqual(['Timed out after 100ms', 'cut']);
    circuit.shutdown();
  });

  it('is of no concern to the others: a breaker holds no signal, and runs no timer', () => {
    const of = board();
    const [first, second] = [enter(of), enter(of)];
    first.end({ kind: 'failed', reason: 'no first token' });
    second.end({ kind: 'ok' });
    expect(of.view(name)).toMatchObject({ state: 'CLOSED', calls: 2, failures: 1 });
    fail(of, 3);
    expect(of.view(name).state).toBe('OPEN');
    expect(jest.getTimerCount()).toBe(0);
  });
});
