import { describe, expect, it } from '@jest/globals';
import { noUsage } from '#contracts';
import { advance, initialState } from './advance.js';
import type { BoundPlan } from './bound-plan.js';
import { segmentMembers, sliceOf } from './segment.js';
import type { EngineEvent, EngineState } from './state.js';
import { bound } from './testing/plans.js';
import { simulate } from './testing/simulate.js';
import type { Fate } from './testing/simulate.js';
import { batches, startable, timers } from './work.js';

const first = (): number => 0;
const fine: Fate = () => 'succeeds';
const quick = (id: string, more: object = {}) => ({ id, kind: 'tool', tool: 'quick', ...more });

const begun = (plan: BoundPlan, ...events: EngineEvent[]): EngineState =>
  advance(plan, initialState(plan, { runId: 'r', startedAt: 0, inputs: { inline: {} } }), [
    { type: 'start', at: 0 },
    ...events,
  ]).state;

describe.each([false, true])('containers, in segments: %s (A6)', (segments) => {
  const run = (plan: BoundPlan, fate: Fate = fine) => simulate(plan, fate, first, { segments }).state;

  it('takes the first case that is true, and shows its tasks', () => {
    const branch = (one: boolean, two: boolean) =>
      bound({
        tasks: [
          quick('a'),
          {
            id: 'b',
            kind: 'branch',
            needs: ['a'],
            cases: [
              { if: `\${${one}}`, do: [quick('x')] },
              { if: `\${tasks.a.output === 'a' && ${two}}`, do: [quick('y'), quick('z', { needs: ['y'] })] },
            ],
            else: [quick('e')],
          },
        ],
        output: '${tasks.b.output}',
      });
    expect(run(branch(true, true)).outcome?.output).toMatchObject({ inline: { case: 0, tasks: { x: {} } } });
    expect(run(branch(false, true)).outcome?.output).toMatchObject({
      inline: { case: 1, tasks: { y: { status: 'SUCCEEDED' }, z: { output: 'b/z' } } },
    });
    expect(run(branch(false, false)).outcome?.output).toMatchObject({
      inline: { case: -1, tasks: { e: { output: 'b/e' } } },
    });
  });

  it('takes no case where none is true and there is no else', () => {
    const cases = [{ if: '${false}', do: [quick('x')] }];
    const plan = bound({ tasks: [{ id: 'b', kind: 'branch', cases }], output: '${tasks.b.output}' });
    expect(run(plan).outcome?.output).toEqual({ inline: { case: null, tasks: {} } });
  });

  it('fails a branch by a task of its case', () => {
    const cases = [{ if: '${true}', do: [quick('x'), quick('y', { needs: ['x'] })] }];
    const plan = bound({ tasks: [{ id: 'b', kind: 'branch', cases }] });
    const state = run(plan, () => 'fails');
    expect(state.outcome).toMatchObject({ status: 'FAILED', error: { taskPath: 'b/x' } });
    expect(state.tasks).toMatchObject({ b: { status: 'FAILED' }, 'b/y': { status: 'CANCELLED' } });
  });

  it('repeats while its condition holds, and each turn sees the last', () => {
    const plan = bound({
      tasks: [
        {
          id: 'l',
          kind: 'loop',
          while: "${loop.index < 3 && loop.last?.t?.status !== 'FAILED'}",
          maxIterations: 10,
          do: [quick('t', { when: '${loop.index === 0 || loop.last.t.output !== null}' })],
        },
      ],
      output: '${tasks.l.output}',
    });
    const { outcome, tasks } = run(plan);
    expect(outcome?.output).toMatchObject({
      inline: { iterations: 3, last: { t: { status: 'SUCCEEDED', output: 'l[2]/t' } } },
    });
    expect(Object.keys(tasks)).toEqual(['l']);
  });

  it('fails a loop that would go on for ever, and one whose turn fails', () => {
    const loop = { id: 'l', kind: 'loop', while: '${true}', maxIterations: 4, do: [quick('t')] };
    const plan = bound({ tasks: [loop] });
    expect(run(plan).outcome).toMatchObject({ error: { code: 'LOOP_LIMIT', taskPath: 'l' } });
    expect(run(plan, () => 'fails').outcome).toMatchObject({ error: { taskPath: 'l[0]/t' } });
  });

  it('goes through more turns than one segment has room for', () => {
    const plan = bound({
      tasks: [
        { id: 'l', kind: 'loop', while: '${loop.index < 1200}', maxIterations: 5000, do: [quick('t')] },
      ],
      output: '${tasks.l.output.iterations}',
    });
    expect(run(plan).outcome?.output).toEqual({ inline: 1200 });
  });

  it.each([1, 2, undefined])('does the same for each item, in batches of %s', (batch) => {
    const plan = bound({
      tasks: [
        quick('a'),
        {
          id: 'm',
          kind: 'map',
          needs: ['a'],
          over: '${["x", "y", tasks.a.output]}',
          concurrency: 2,
          ...(batch ? { batch } : {}),
          do: { kind: 'tool', tool: 'quick' },
        },
      ],
      output: '${tasks.m.output}',
    });
    const { outcome } = run(plan);
    expect(outcome?.output).toMatchObject({
      inline: { succeeded: 3, failed: 0, items: [{ status: 'SUCCEEDED' }, {}, {}] },
    });
  });

  it('collects failures of items, or fails by the first', () => {
    const plan = (onItemError: string) =>
      bound({
        tasks: [
          {
            id: 'm',
            kind: 'map',
            over: '${[0, 1, 2, 3]}',
            concurrency: 1,
            onItemError,
            do: [quick('one'), quick('two', { needs: ['one'] })],
          },
        ],
        output: '${tasks.m.output}',
      });
    const fate: Fate = (path) => (path === 'm[1]/one' ? 'fails' : 'succeeds');
    expect(run(plan('collect'), fate).outcome?.output).toMatchObject({
      inline: { succeeded: 3, failed: 1, items: [{}, { error: { code: 'TOOL_FAILED' } }, {}, {}] },
    });
    expect(run(plan('fail'), fate).outcome).toMatchObject({ status: 'FAILED', error: { taskPath: 'm[1]' } });
  });

  it('nests all in all, and reads names from further out', () => {
    const plan = bound({
      tasks: [
        quick('base'),
        {
          id: 'outer',
          kind: 'map',
          needs: ['base'],
          over: '${["p", "q"]}',
          as: 'letter',
          do: [
            {
              id: 'inner',
              kind: 'loop',
              while: '${loop.index < 2}',
              maxIterations: 5,
              do: [
                {
                  id: 'check',
                  kind: 'branch',
                  cases: [
                    {
                      if: "${letter === 'p' && index === 0 && tasks.base.output === 'base'}",
                      do: [quick('hit')],
                    },
                  ],
                  else: [quick('miss', { when: '${loop.index === 1}' })],
                },
              ],
            },
          ],
        },
      ],
      output: '${tasks.outer.output.items.map(item => item.output.last.check.output)}',
    });
    expect(run(plan).outcome).toMatchObject({
      status: 'SUCCEEDED',
      output: {
        inline: [
          { case: 0, tasks: { hit: { status: 'SUCCEEDED' } } },
          { case: -1, tasks: { miss: {} } },
        ],
      },
    });
  });
});

describe('what is left to whoever drives the engine (A6 A22)', () => {
  const batched = bound({
    tasks: [
      {
        id: 'm',
        kind: 'map',
        over: '${[0, 1, 2, 3, 4]}',
        batch: 2,
        concurrency: 2,
        onItemError: 'collect',
        do: { kind: 'tool', tool: 'quick' },
      },
    ],
  });

  it('gives out again what a batch has given back, before anything new (A11)', () => {
    const started = (path: string, first: number): EngineEvent => ({
      type: 'items started',
      path,
      at: 1,
      first,
    });
    const ended = (first: number, succeeded: number, left = 0): EngineEvent => ({
      type: 'items ended',
      path: 'm',
      at: 2,
      first,
      succeeded,
      failed: 0,
      left,
      usage: { ...noUsage, toolCalls: succeeded },
      calls: { often: succeeded },
    });
    const open = begun(batched, started('m', 0), started('m', 2));
    const back = advance(batched, { ...open, calls: {} }, [ended(0, 1, 1)]).state;
    expect(back.calls).toEqual({ often: 1 });
    expect(batches(batched, back)).toEqual([{ path: 'm', first: 1, count: 1 }]);
    const both = advance(batched, back, [started('m', 1), ended(2, 0, 2)]).state;
    expect(batches(batched, both)).toEqual([{ path: 'm', first: 2, count: 2 }]);
    const { state } = advance(batched, both, [
      ended(1, 1),
      started('m', 2),
      ended(2, 2),
      started('m', 4),
      ended(4, 1),
    ]);
    expect(state).toMatchObject({
      usage: { toolCalls: 5 },
      asks: { m: 'items' },
      tasks: { m: { map: { succeeded: 5, open: [], again: [] } } },
    });
    expect(batches(batched, state)).toEqual([]);
  });

  it('gives out as many batches as the map allows, the last one short', () => {
    const state = begun(batched);
    expect(batches(batched, state)).toEqual([
      { path: 'm', first: 0, count: 2 },
      { path: 'm', first: 2, count: 2 },
    ]);
    const begunBatches = advance(batched, state, [
      { type: 'items started', path: 'm', at: 1, first: 0 },
      { type: 'items started', path: 'm', at: 1, first: 2 },
      {
        type: 'items ended',
        path: 'm',
        at: 2,
        first: 0,
        succeeded: 1,
        failed: 1,
        usage: { ...noUsage, toolCalls: 2 },
      },
    ]);
    expect(batches(batched, begunBatches.state)).toEqual([{ path: 'm', first: 4, count: 1 }]);
    expect(begunBatches.emissions.at(-1)?.event).toMatchObject({
      type: 'task.progress',
      data: { done: 2, total: 5 },
    });
    expect(begunBatches.state.counts).toMatchObject({ ended: 2, failed: 1 });
  });

  it('keeps a loop of short tasks together, and its room small', () => {
    const loop = { id: 'l', kind: 'loop', while: '${loop.index < 9}', maxIterations: 9, do: [quick('t')] };
    const plan = bound({ tasks: [loop] });
    const state = begun(plan);
    expect(segmentMembers(plan, state)).toEqual(['l']);
    expect(sliceOf(plan, state, ['l']).room).toBeGreaterThan(0);
  });

  it('fails a container whose time is over, when what runs in it has ended', () => {
    const slow = { id: 's', kind: 'tool', tool: 'slow' };
    const loop = {
      id: 'l',
      kind: 'loop',
      while: '${true}',
      maxIterations: 9,
      timeout: '10s',
      do: [slow, quick('t', { needs: ['s'] })],
    };
    const plan = bound({ tasks: [loop] });
    const state = begun(plan, { type: 'started', path: 'l[0]/s', at: 1, attempt: 1 });
    expect(timers(state)).toEqual([{ path: 'l', until: 10_000 }]);
    const late = advance(plan, state, [{ type: 'due', path: 'l', at: 10_000 }]).state;
    expect(late.tasks).toMatchObject({ l: { status: 'RUNNING' }, 'l[0]/t': { status: 'CANCELLED' } });
    const { outcome } = advance(plan, late, [
      { type: 'succeeded', path: 'l[0]/s', at: 12_000, attempts: 1, output: { inline: 1 } },
    ]).state;
    expect(outcome).toMatchObject({ status: 'FAILED', error: { code: 'TIMEOUT', taskPath: 'l' } });
  });

  it('says nothing of items but their progress, and keeps their rows', () => {
    const plan = bound({ tasks: [{ id: 'm', kind: 'map', over: '${[1, 2]}', do: quick('one') }] });
    const { emissions } = simulate(plan, fine, first);
    const told = emissions.flatMap(({ event }) => (event?.taskPath ? [event.taskPath] : []));
    expect(new Set(told)).toEqual(new Set(['m']));
    expect(emissions.map(({ task }) => task?.path)).toContain('m[1]/one');
  });
});

describe('holds (A10)', () => {
  const waits = bound({ tasks: [{ id: 'w', kind: 'wait', for: '10s' }, quick('q', { needs: ['w'] })] });
  const hold = (at: number, source: 'API' | 'TEMPORAL' = 'API'): EngineEvent => ({
    type: 'pause',
    at,
    pause: { source, by: 'me', since: at },
  });

  it('start nothing, and let time stand still', () => {
    const held = begun(waits, hold(4_000));
    expect(timers(held)).toEqual([]);
    expect(begun(waits, hold(4_000), { type: 'due', path: 'w', at: 11_000 }).tasks.w?.status).toBe('WAITING');
    const on = begun(waits, hold(4_000), { type: 'resume', at: 24_000 });
    expect(timers(on)).toEqual([{ path: 'w', until: 30_000 }]);
    expect(on.pausedMs).toBe(20_000);
    const done = advance(waits, on, [{ type: 'due', path: 'w', at: 30_000 }]).state;
    expect(startable(waits, done)).toEqual(['q']);
    expect(startable(waits, advance(waits, done, [hold(30_001)]).state)).toEqual([]);
  });

  it('end when the last of them is lifted', () => {
    const held = begun(waits, hold(1_000), hold(2_000, 'TEMPORAL'));
    const left = advance(waits, held, [{ type: 'resume', at: 3_000, sources: ['TEMPORAL'] }]).state;
    expect(left.pauses).toHaveLength(1);
    expect(advance(waits, left, [{ type: 'resume', at: 5_000 }]).state.pauses).toBeUndefined();
  });

  it('do not stand in the way of a cancel', () => {
    expect(begun(waits, hold(1_000), { type: 'cancel', at: 2_000 }).outcome?.status).toBe('CANCELLED');
  });
});

describe('a second try (A10)', () => {
  const plan = bound({
    tasks: [
      quick('a'),
      { id: 'sub', kind: 'plan', plan: { tasks: [quick('in'), quick('after', { needs: ['in'] })] } },
      quick('z', { needs: ['a', 'sub'] }),
    ],
  });
  const failed = simulate(plan, (path) => (path === 'sub/in' ? 'fails' : 'succeeds'), first).state;

  it('takes the failure back, with all that ended because of it', () => {
    expect(failed.outcome?.status).toBe('FAILED');
    const input = { inline: { better: true } };
    const { state } = advance(plan, failed, [{ type: 'retry', path: 'sub/in', at: 9_000, input }]);
    expect(state.outcome).toBeNull();
    expect(state.tasks).toMatchObject({
      sub: { status: 'RUNNING' },
      'sub/in': { status: 'READY', generation: 1, input },
    });
    const ends = (path: string, at: number): EngineEvent[] => [
      { type: 'started', path, at, attempt: 2 },
      { type: 'succeeded', path, at, attempts: 2, output: { inline: path } },
    ];
    const after = advance(plan, state, [
      ...ends('sub/in', 9_001),
      ...ends('sub/after', 9_002),
      ...ends('z', 9_003),
    ]);
    expect(after.state.outcome?.status).toBe('SUCCEEDED');
  });

  it('leaves another failure standing, also of a task whose name begins alike', () => {
    const two = bound({
      tasks: [quick('build'), quick('build-docs'), quick('later', { needs: ['build', 'build-docs'] })],
    });
    const ended = (path: string): EngineEvent => ({
      type: 'failed',
      path,
      at: 5,
      attempts: 1,
      error: { code: 'TOOL_FAILED', message: path, retryable: false },
    });
    const start = (path: string): EngineEvent => ({ type: 'started', path, at: 1, attempt: 1 });
    const both = begun(two, start('build'), start('build-docs'), ended('build'), ended('build-docs'));
    expect(both.outcome).toMatchObject({ status: 'FAILED', error: { taskPath: 'build' } });
    const output = { inline: null };
    const one = advance(two, both, [{ type: 'skip', path: 'build', at: 6, output }]).state;
    expect(one.outcome).toMatchObject({ status: 'FAILED', error: { taskPath: 'build-docs' } });
    const none = advance(two, one, [{ type: 'skip', path: 'build-docs', at: 7, output }]).state;
    expect(none.outcome).toBeNull();
    expect(startable(two, none)).toEqual(['later']);
  });

  it('lets all go on that a cancel had ended', () => {
    const three = bound({
      tasks: [quick('a'), quick('b'), { id: 's', kind: 'plan', plan: { tasks: [quick('c')] } }],
    });
    const cancelled = begun(three, { type: 'cancel', at: 2 });
    expect(cancelled.outcome?.status).toBe('CANCELLED');
    const { state } = advance(three, cancelled, [{ type: 'retry', path: 'a', at: 3 }]);
    expect(state).toMatchObject({ outcome: null, tasks: { s: { status: 'RUNNING' } } });
    expect([...startable(three, state)].sort()).toEqual(['a', 'b', 's/c']);
  });

  it('counts a failed task as done, with the output given', () => {
    const { state } = advance(plan, failed, [
      { type: 'skip', path: 'sub/in', at: 9_000, output: { inline: 'by hand' } },
    ]);
    expect(state.tasks).toMatchObject({
      'sub/in': { status: 'SKIPPED', output: { inline: 'by hand' } },
      'sub/after': { status: 'READY' },
    });
  });

  it('takes the failure from the rows of what went well at last', () => {
    const error = { code: 'TOOL_FAILED', message: 'no', retryable: true };
    const one = bound({ tasks: [quick('a')] });
    const started = (attempt: number): EngineEvent => ({ type: 'started', path: 'a', at: attempt, attempt });
    const rowOf = (state: EngineState, event: EngineEvent) =>
      advance(one, state, [event]).emissions.find(({ task }) => task?.path === 'a')?.task;
    const output = { inline: 'fine' };
    const uncertain = begun(one, started(1), { type: 'uncertain', path: 'a', at: 2, error, attempts: 1 });
    expect(rowOf(uncertain, { type: 'skip', path: 'a', at: 3, output })).toMatchObject({ error: null });
    const retried = begun(
      one,
      started(1),
      { type: 'retrying', path: 'a', at: 2, error, attempts: 1, until: 3 },
      { type: 'due', path: 'a', at: 3 },
      started(2),
    );
    const done: EngineEvent = { type: 'succeeded', path: 'a', at: 4, output, attempts: 2 };
    expect(rowOf(retried, done)).toMatchObject({ status: 'SUCCEEDED', error: null });
    expect(rowOf(begun(one, started(1)), { ...done, attempts: 1 })).not.toHaveProperty('error');
  });

  it('leaves what has succeeded alone', () => {
    expect(advance(plan, failed, [{ type: 'retry', path: 'a', at: 9_000 }]).state.outcome?.status).toBe(
      'FAILED',
    );
  });

  it('lets what was blocked go on when told', () => {
    const one = bound({ tasks: [quick('a')] });
    const wait = { kind: 'KILL_SWITCH', detail: 'off' } as const;
    const state = begun(one, { type: 'blocked', path: 'a', at: 1, wait });
    expect(state).toMatchObject({ phase: 'WAITING', tasks: { a: { status: 'WAITING', blocked: wait } } });
    expect(startable(one, advance(one, state, [{ type: 'nudge', at: 2 }]).state)).toEqual(['a']);
  });

  it('waits when nothing moves in the workflows of its tasks either (A17)', () => {
    const agentless = bound({
      tasks: [
        { id: 'sub', kind: 'plan', grain: 'task', plan: { tasks: [{ id: 'w', kind: 'wait', for: '1h' }] } },
      ],
    });
    const wait = { kind: 'TIMER', detail: 'w waits', since: new Date(5).toISOString() } as const;
    const state = begun(
      agentless,
      { type: 'started', path: 'sub', at: 1, attempt: 1 },
      { type: 'rests', path: 'sub', at: 5, wait },
    );
    expect(state.phase).toBe('WAITING');
    const { emissions, state: on } = advance(agentless, state, [
      { type: 'rests', path: 'sub', at: 6, wait: null },
    ]);
    expect(on.phase).toBe('RUNNING');
    expect(emissions.map(({ run }) => run?.status)).toContain('RUNNING');
  });
});
