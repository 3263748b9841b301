import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Failure, JsonValue, Tool, ToolBreaker, ToolEffect } from '#contracts';
import { nexusError, noUsage } from '#contracts';
import { claim, fold } from '#plan';
import { createLocalBoard, openSharedBoard } from '#routing';
import type { BreakerBoard, LocalBoard } from '#routing';
import type { Store } from '#store';
import { openStore } from '#store';
import { createToolRegistry } from '#tools';
import { prepareSegment, tool } from './testing/segment-fixture.js';
import { createToolBreakers, healthOf } from './tool-breakers.js';

let store: Store;
const open: { stops: { close(): void } }[] = [];
beforeAll(async () => {
  store = await openStore({});
}, 60_000);
afterEach(() => open.splice(0).forEach(({ stops }) => stops.close()));
afterAll(() => store.close());

const backoffMs = 60_000;
const boards = () => {
  const made = new Map<string, LocalBoard>();
  const of = (tenant: string): LocalBoard => {
    const board = made.get(tenant) ?? createLocalBoard({ settings: { backoffMs }, random: () => 1 });
    made.set(tenant, board);
    return board;
  };
  return { of, board: of('default') };
};

/** A tool with a breaker, that does what it is told to. */
function service(name: string, effect: ToolEffect, run: () => JsonValue, breaker: ToolBreaker = {}): Tool {
  return { ...tool(name, effect, async () => run()), breaker };
}

const failing = (): never => {
  throw nexusError('TOOL_FAILED', 'HTTP 503', { retryable: true });
};

async function segment(tasks: object[], tools: Tool[], board: { of: (tenant: string) => BreakerBoard }) {
  const prepared = await prepareSegment(store, { tasks }, tools);
  open.push(prepared.deps);
  Object.assign(prepared.deps, { breakers: createToolBreakers(board, createToolRegistry(tools)) });
  return prepared;
}

function trip(board: LocalBoard, name: string): void {
  for (let count = 0; count < 5; count += 1)
    board.enterNow(`tool:${name}`, Date.now())?.end({ kind: 'failed', reason: 'HTTP 503' });
}

const rowOf = (runId: string, path: string) => store.tasks.get('default', runId, path);

describe('a tool with a breaker (C4)', () => {
  it('opens it when calls keep failing; then they wait, and no attempt counts as failed', async () => {
    const { of, board } = boards();
    let calls = 0;
    const task = {
      id: 'a',
      kind: 'tool',
      tool: 'mail',
      retry: { maxAttempts: 9, initial: '1ms', factor: 1 },
    };
    const mail = service('mail', 'keyed', () => ((calls += 1), failing()));
    const { run, runId, plan, state, slice } = await segment([task], [mail], { of });
    const result = await run();
    expect(calls).toBe(5);
    const wait = { kind: 'DEPENDENCY', detail: 'tool mail keeps failing: TOOL_FAILED: HTTP 503' };
    const until = board.view('tool:mail').availableAt ?? 0;
    const waiting = { ...wait, until: new Date(until).toISOString() };
    expect(result.events.at(-1)).toMatchObject({ type: 'blocked', path: 'a', wait: waiting });
    expect(await rowOf(runId, 'a')).toMatchObject({
      status: 'WAITING',
      waiting,
    });
    const home = fold(plan, claim(plan, state, '#1', slice.only ?? []), {
      slice,
      events: result.events,
      at: result.at,
    });
    expect(home.fingerprint).toBe(result.fingerprint);
    // The workflow's timer wakes it when the tool may be tried again; five of nine attempts have failed.
    expect(home.state.tasks['a']).toMatchObject({ status: 'WAITING', until, failures: 5, attempts: 5 });
  });

  it('holds back effects and does what does not reach it', async () => {
    const { of, board } = boards();
    trip(board, 'mail');
    const called: string[] = [];
    const tools = [
      service('mail', 'keyed', () => (called.push('mail'), null)),
      tool('note', 'keyed', async () => (called.push('note'), null)),
    ];
    const tasks = [
      { id: 'a', kind: 'tool', tool: 'mail' },
      { id: 'b', kind: 'tool', tool: 'note' },
    ];
    const { run } = await segment(tasks, tools, { of });
    expect((await run()).events.map(({ type }) => type).sort()).toEqual(['blocked', 'started', 'succeeded']);
    expect(called).toEqual(['note']);
  });

  it('goes on by itself once it is tried again and well, the wait being short', async () => {
    const short = createLocalBoard({ settings: { backoffMs: 300, probesRequired: 1 }, random: () => 1 });
    trip(short, 'mail');
    const mail = service('mail', 'keyed', () => 'sent');
    const tasks = [
      { id: 'a', kind: 'tool', tool: 'mail' },
      { id: 'b', kind: 'tool', tool: 'mail', needs: ['a'] },
    ];
    const { run, runId } = await segment(tasks, [mail], { of: () => short });
    const { events } = await run();
    expect(events.map(({ type }) => type)).toEqual([
      'blocked',
      'due',
      'started',
      'succeeded',
      'started',
      'succeeded',
    ]);
    expect(short.view('tool:mail').state).toBe('CLOSED');
    expect(await rowOf(runId, 'b')).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('lets an alternative do what only reads, and never what has effects', async () => {
    const { of, board } = boards();
    trip(board, 'search');
    trip(board, 'mail');
    const called: string[] = [];
    const tools = [
      service('search', 'none', () => (called.push('search'), 'live'), { alternative: 'archive' }),
      service('mail', 'keyed', () => (called.push('mail'), 'sent'), { alternative: 'archive' }),
      tool('archive', 'none', async () => (called.push('archive'), 'old')),
    ];
    const tasks = [
      { id: 'a', kind: 'tool', tool: 'search' },
      { id: 'b', kind: 'tool', tool: 'mail' },
    ];
    const { run, runId } = await segment(tasks, tools, { of });
    await run();
    expect(called).toEqual(['archive']);
    expect(await rowOf(runId, 'a')).toMatchObject({
      status: 'SUCCEEDED',
      tool: 'archive',
      output: { inline: 'old' },
    });
    expect(await rowOf(runId, 'b')).toMatchObject({ status: 'WAITING' });
  });

  it('waits without a time while an operator holds it', async () => {
    const held = createLocalBoard();
    const view = { ...held.view('tool:mail'), name: 'tool:mail', forced: 'OPEN', availableAt: null } as const;
    const board = {
      all: () => [],
      view: () => ({ ...view, state: 'OPEN', reason: 'ann: it sends twice' }) as never,
      enter: async () => null,
    };
    const breakers = createToolBreakers(
      { of: () => board },
      createToolRegistry([service('mail', 'keyed', () => 1)]),
    );
    expect(await breakers.enter('default', 'mail')).toEqual({
      wait: { kind: 'DEPENDENCY', detail: 'tool mail is held back by an operator: ann: it sends twice' },
    });
  });

  it('is one for each tenant', async () => {
    const { of, board } = boards();
    trip(board, 'mail');
    const breakers = createToolBreakers({ of }, createToolRegistry([service('mail', 'keyed', () => 1)]));
    expect(await breakers.enter('default', 'mail')).toHaveProperty('wait');
    expect(await breakers.enter('other', 'mail')).toHaveProperty('permit');
  });
});

it('a tool without a breaker waits too while an operator holds it, and is tried when it is released (C4)', async () => {
  const board = await openSharedBoard({ store, log: () => undefined, settings: { probesRequired: 1 } });
  await board.hold('default', 'tool:mail', 'OPEN', 'ann: it sends twice');
  let calls = 0;
  const mail = tool('mail', 'keyed', async () => (calls += 1));
  const tasks = [{ id: 'a', kind: 'tool', tool: 'mail' }];
  const { run } = await segment(tasks, [mail], board);
  const detail = 'tool mail is held back by an operator: ann: it sends twice';
  expect((await run()).events).toMatchObject([{ type: 'blocked', wait: { kind: 'DEPENDENCY', detail } }]);
  expect(calls).toBe(0);
  await board.hold('default', 'tool:mail', null, null);
  const again = await segment(tasks, [mail], board);
  expect((await again.run()).events.at(-1)).toMatchObject({ type: 'succeeded' });
  expect([calls, board.of('default').view('tool:mail').state]).toEqual([1, 'CLOSED']);
  await board.close();
});

it('a tool without a breaker is called however often it failed', async () => {
  const { of, board } = boards();
  let calls = 0;
  const task = { id: 'a', kind: 'tool', tool: 'mail', retry: { maxAttempts: 9, initial: '1ms', factor: 1 } };
  const mail = tool('mail', 'keyed', async () => ((calls += 1), failing()));
  const { run } = await segment([task], [mail], { of });
  expect((await run()).events.at(-1)).toMatchObject({ type: 'failed' });
  expect([calls, board.all()]).toEqual([9, []]);
});

it.each<[Partial<Failure>, object]>([
  [{ code: 'TIMEOUT', retryable: true }, { kind: 'failed' }],
  [
    { code: 'TOOL_FAILED', retryable: true, retryAfterMs: 7_000 },
    { kind: 'failed', retryAfterMs: 7_000 },
  ],
  [{ code: 'TOOL_FAILED', retryable: false }, { kind: 'ok' }],
  [{ code: 'INVALID_INPUT', retryable: false }, { kind: 'neutral' }],
  [{ code: 'CANCELLED', retryable: false }, { kind: 'neutral' }],
])('a failure %j is %j for the health of a tool', (failure, health) => {
  const error = { code: '', message: 'x', retryable: false, ...failure };
  const rest = { usage: noUsage, attempt: { number: 1, startedAt: 0 } };
  expect(healthOf({ status: 'FAILED', error, ...rest })).toMatchObject(health);
});
