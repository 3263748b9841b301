import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonValue, Tool, ToolEffect } from '#contracts';
import { nexusError, noUsage } from '#contracts';
import { claim, fold } from '#plan';
import type { Store } from '#store';
import { openStore } from '#store';
import { closeSegment } from './close-segment.js';
import { deathsAllowed } from './lost-step.js';
import { createSuspects } from './suspects.js';
import { chain, prepareSegment, tool, until } from './testing/segment-fixture.js';

let store: Store;
beforeAll(async () => {
  store = await openStore({});
}, 60_000);
afterAll(() => store.close());

type Segment = Awaited<ReturnType<typeof prepareSegment>>;
const prepare = (document: unknown, tools: Tool[]) => prepareSegment(store, document, tools);

/** A tool that runs until it is let go, or stops when it is told to. */
function gated(name: string, effect: ToolEffect = 'keyed') {
  const begun: string[] = [];
  const gates: (() => void)[] = [];
  const run: Tool['run'] = async (input, { taskPath, signal }) => {
    begun.push(taskPath);
    await new Promise<void>((resolve, reject) => {
      gates.push(resolve);
      signal.addEventListener('abort', () => reject(new Error('told to stop')));
    });
    return input;
  };
  return { begun, tool: tool(name, effect, run), letGo: () => gates.forEach((open) => open()) };
}

async function pause({ runId, deps }: Segment, interrupt: boolean): Promise<void> {
  const given = { source: 'API', by: 'ops', interrupt, since: Date.now() } as const;
  await store.pauses.add('default', runId, given, true);
  await deps.stops.refresh();
}

async function resume({ runId, deps }: Segment): Promise<void> {
  await store.pauses.lift('default', runId, 'all', 'ops');
  await deps.stops.refresh();
}

/** The fold in the workflow comes to what the segment itself came to. */
function folded({ plan, slice, state }: Segment, result: Awaited<ReturnType<Segment['run']>>) {
  const home = fold(plan, claim(plan, state, '#1', slice.only ?? []), {
    slice,
    events: result.events,
    at: result.at,
  });
  expect(home.fingerprint).toBe(result.fingerprint);
  return home.state;
}

const rowOf = (runId: string, path: string) => store.tasks.get('default', runId, path);

describe('a segment of a paused run (A10)', () => {
  it('lets what runs end, begins nothing more, and goes home with the rest as it was', async () => {
    const hold = gated('hold');
    const segment = await prepare(chain('hold'), [hold.tool]);
    const running = segment.run();
    await until(() => hold.begun.length === 1);
    await pause(segment, false);
    hold.letGo();
    const result = await running;
    expect(result.held).toBe(true);
    expect(result.events.map(({ type }) => type)).toEqual(['started', 'succeeded']);
    expect(folded(segment, result).ready).toEqual(['b']);
    expect(hold.begun).toEqual(['a']);
  });

  it('begins nothing at all, when the pause was there first', async () => {
    const hold = gated('hold');
    const segment = await prepare(chain('hold'), [hold.tool]);
    await pause(segment, false);
    expect(await segment.run()).toMatchObject({ held: true, events: [] });
    expect(hold.begun).toEqual([]);
  });

  it('cuts what runs when it is to be interrupted, and does it again without counting that as a failure', async () => {
    const hold = gated('hold');
    const once = { id: 'a', kind: 'tool', tool: 'hold', retry: { maxAttempts: 1 } };
    const segment = await prepare({ tasks: [once] }, [hold.tool]);
    const running = segment.run();
    await until(() => hold.begun.length === 1);
    await pause(segment, true);
    const result = await running;
    expect(result.held).toBe(true);
    expect(result.events.map(({ type }) => type)).toEqual(['started', 'lost']);
    expect(folded(segment, result).ready).toEqual(['a']);
    expect(await rowOf(segment.runId, 'a')).toMatchObject({ status: 'READY' });
    await resume(segment);
    const again = segment.run();
    await until(() => hold.begun.length === 2);
    hold.letGo();
    expect((await again).held).toBeUndefined();
    expect(await rowOf(segment.runId, 'a')).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('asks a person about a tool without a key that was interrupted', async () => {
    const hold = gated('hold', 'unkeyed');
    const segment = await prepare({ tasks: [{ id: 'a', kind: 'tool', tool: 'hold' }] }, [hold.tool]);
    const running = segment.run();
    await until(() => hold.begun.length === 1);
    await pause(segment, true);
    const result = await running;
    expect(result.events.at(-1)).toMatchObject({ type: 'uncertain', path: 'a' });
    folded(segment, result);
    expect(await rowOf(segment.runId, 'a')).toMatchObject({ status: 'UNCERTAIN' });
  });

  it('leaves a short back-off to the workflow', async () => {
    const failing = tool('failing', 'none', async () => {
      await pause(segment, false);
      throw new Error('not now');
    });
    const task = { id: 'a', kind: 'tool', tool: 'failing', retry: { initial: '10ms' } };
    const segment = await prepare({ tasks: [task] }, [failing]);
    const result = await segment.run();
    expect(result.events.map(({ type }) => type)).toEqual(['started', 'retrying']);
    expect(result.held).toBe(true);
  });
});

describe('a segment whose tool is switched off (A11)', () => {
  const off = { scope: 'TOOL', target: 'hold', tenant: 'default' } as const;
  const engage = () =>
    store.killSwitches.engage({ ...off, engagedAt: Date.now(), engagedBy: 'ops', reason: 'bad' });

  it('aborts it where it runs, begins it nowhere else, and does what does not reach it', async () => {
    const hold = gated('hold');
    const other: JsonValue[] = [];
    const note = tool('note', 'keyed', async (input) => (other.push(input), input));
    const tasks = [
      { id: 'a', kind: 'tool', tool: 'hold' },
      { id: 'b', kind: 'tool', tool: 'note', needs: [] },
    ];
    const segment = await prepare({ tasks }, [hold.tool, note]);
    const running = segment.run();
    await until(() => hold.begun.length === 1);
    await engage();
    const result = await running;
    const wait = { kind: 'KILL_SWITCH', detail: 'tool hold is switched off: bad' };
    expect(result.events).toContainEqual(expect.objectContaining({ type: 'blocked', path: 'a', wait }));
    expect(result.held).toBeUndefined();
    expect(other).toHaveLength(1);
    folded(segment, result);
    expect(await rowOf(segment.runId, 'a')).toMatchObject({ status: 'WAITING', waiting: wait });
    const later = await prepare({ tasks: tasks.slice(0, 1) }, [hold.tool]);
    await later.deps.stops.refresh();
    const refused = await later.run();
    expect(refused.events).toMatchObject([{ type: 'blocked', path: 'a' }]);
    expect(hold.begun).toEqual(['a']);
    await store.killSwitches.release('TOOL', 'hold', 'default', 'ops');
  });
});

describe('a tool without a key', () => {
  const once = (run: Tool['run'], more: object = {}) =>
    prepare({ tasks: [{ id: 'a', kind: 'tool', tool: 'post', ...more }] }, [tool('post', 'unkeyed', run)]);

  it.each([
    ['times out', async () => new Promise<JsonValue>(() => undefined), { timeout: '20ms' }],
    ['loses its connection', () => Promise.reject(new Error('socket hang up')), {}],
  ])('is uncertain when it %s, and is not tried again', async (_, run, more) => {
    let calls = 0;
    const segment = await once(() => (calls++, run()), more);
    folded(segment, await segment.run());
    expect(calls).toBe(1);
    expect(await rowOf(segment.runId, 'a')).toMatchObject({ status: 'UNCERTAIN' });
  });

  it('fails when it says itself that it failed', async () => {
    const segment = await once(() => Promise.reject(nexusError('INVALID_INPUT', 'no such address')));
    await segment.run();
    expect(await rowOf(segment.runId, 'a')).toMatchObject({
      status: 'FAILED',
      error: { code: 'INVALID_INPUT' },
    });
  });
});

describe('a segment that loses its workers (A17)', () => {
  /** Carries on until the step runs, and leaves it there, as a process does that dies. */
  async function die(segment: Segment, runs: () => boolean): Promise<void> {
    const left = segment.run().catch((error: unknown) => error);
    await until(runs);
    // Its record of the beginning is there; nobody will ever hear of this opening again.
    deaths.push(left);
  }
  const deaths: Promise<unknown>[] = [];
  afterAll(async () => void (await Promise.all(deaths)));

  it('puts the step that ran each time into quarantine, and goes on with the others', async () => {
    const killer = gated('killer');
    const notes: string[] = [];
    const note = tool('note', 'keyed', async (input, { taskPath }) => (notes.push(taskPath), input));
    const tasks = [
      { id: 'bad', kind: 'tool', tool: 'killer', onError: 'continue' },
      { id: 'good', kind: 'tool', tool: 'note', needs: ['bad'] },
    ];
    const segment = await prepare({ tasks }, [killer.tool, note]);
    // Of the first opening nothing is known: its beginnings are not written at once.
    for (let death = 1; death <= deathsAllowed + 1; death++) {
      // Each opening is a process of its own.
      segment.deps.suspects = createSuspects();
      await die(segment, () => killer.begun.length === death);
    }
    const result = await segment.run();
    expect(killer.begun).toHaveLength(deathsAllowed + 1);
    folded(segment, result);
    expect(await rowOf(segment.runId, 'bad')).toMatchObject({
      status: 'FAILED',
      error: { code: 'QUARANTINED', retryable: false, hint: expect.any(String) },
    });
    expect(notes).toEqual(['good']);
    killer.letGo();
  });

  it('hands on what runs when the worker leaves, and blames nobody', async () => {
    const hold = gated('hold');
    const segment = await prepare(chain('hold'), [hold.tool]);
    const running = segment.run();
    await until(() => hold.begun.length === 1);
    segment.drain.abort();
    segment.leave.abort();
    const result = await running;
    expect(result.events).toMatchObject([{ type: 'started' }, { type: 'lost' }]);
    expect(result.events.at(-1)).not.toHaveProperty('deaths');
    expect(result.held).toBeUndefined();
    expect(folded(segment, result).ready).toEqual(['a']);
  });

  it('can be closed: what is journalled counts, what ran fails, and the last worker is shut out', async () => {
    const hold = gated('hold');
    const note = tool('note', 'keyed', async (input) => input);
    const tasks = [
      { id: 'a', kind: 'tool', tool: 'note', onError: 'continue' },
      { id: 'b', kind: 'tool', tool: 'hold', needs: ['a'], onError: 'continue' },
      { id: 'c', kind: 'tool', tool: 'note', needs: ['b'] },
    ];
    const segment = await prepare({ tasks }, [hold.tool, note]);
    const left = segment.run().catch((error: unknown) => error);
    await until(() => hold.begun.length === 1);
    await shown(segment.runId, 'b');
    const failure = { code: 'INTERNAL', message: 'twenty workers were lost', retryable: true };
    const close = () => closeSegment(segment.deps, { ...segment.input, failure }, 'exec-1');
    const result = await close();
    expect(result.events.map(({ type }) => type)).toEqual(['started', 'succeeded', 'started', 'failed']);
    expect(folded(segment, result).ready).toEqual(['c']);
    expect((await close()).events.map(({ type }) => type)).toEqual([
      'started',
      'succeeded',
      'started',
      'failed',
    ]);
    hold.letGo();
    expect(await left).toMatchObject({ code: 'CONFLICT' });
    expect(await rowOf(segment.runId, 'b')).toMatchObject({ status: 'FAILED' });
  });

  async function shown(runId: string, path: string): Promise<void> {
    let status: string | undefined;
    while (status !== 'RUNNING') {
      status = (await rowOf(runId, path))?.status;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
});

describe('a model that nobody can ask now (C5)', () => {
  const ask = { tasks: [{ id: 'ask', kind: 'model', model: 'nexus:small', prompt: 'hello' }] };
  const away = (until: number, kind: 'RATE_LIMIT' | 'DEPENDENCY' = 'RATE_LIMIT') =>
    nexusError('PROVIDER_UNAVAILABLE', 'all are down', { retryable: true, wait: { kind, until } });

  it('leaves its task waiting until somebody can, and says so; that is no failed attempt', async () => {
    const until = Date.now() + 60_000;
    const segment = await prepareSegment(store, ask, [], async () => {
      throw away(until, 'DEPENDENCY');
    });
    const result = await segment.run();
    const state = folded(segment, result);
    expect(state.tasks.ask).toMatchObject({ status: 'WAITING', until });
    expect(state.tasks.ask?.failures).toBeUndefined();
    expect(await rowOf(segment.runId, 'ask')).toMatchObject({
      status: 'WAITING',
      waiting: { kind: 'DEPENDENCY', detail: 'all are down', until: new Date(until).toISOString() },
      attempts: [{ number: 1 }],
    });
  });

  it('is asked again within the segment, when that is soon, more often than it may fail', async () => {
    const attempts: number[] = [];
    const segment = await prepareSegment(store, ask, [], async (_call, { attempt }) => {
      attempts.push(attempt);
      if (attempts.length < 6) throw away(Date.now() + 20);
      return { output: { text: 'hi' }, usage: noUsage };
    });
    const state = folded(segment, await segment.run());
    expect(state.tasks.ask).toMatchObject({ status: 'SUCCEEDED' });
    expect(attempts).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('waits for a budget without an end', async () => {
    const segment = await prepareSegment(store, ask, [], async () => {
      throw nexusError('BUDGET_EXCEEDED', 'it is used up', { wait: { kind: 'BUDGET' } });
    });
    await segment.run();
    const row = await rowOf(segment.runId, 'ask');
    expect(row?.waiting).toMatchObject({ kind: 'BUDGET' });
    expect(row?.waiting).not.toHaveProperty('until');
  });
});
