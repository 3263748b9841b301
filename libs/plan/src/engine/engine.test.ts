import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { advance, initialState } from './advance.js';
import type { BoundPlan } from './bound-plan.js';
import { nodeOf, planIndex, tasksOfBody } from './plan-index.js';
import type { EngineState } from './state.js';
import { arbitraryPlan, bound } from './testing/plans.js';
import { simulate } from './testing/simulate.js';
import type { Fate } from './testing/simulate.js';
import { claim } from './segment.js';
import { taskEnded } from './transitions.js';
import { startable } from './work.js';

const first = (): number => 0;
const fine: Fate = () => 'succeeds';
const fates = fc.array(fc.constantFrom('succeeds', 'succeeds', 'fails', 'succeeds on retry'), {
  minLength: 7,
  maxLength: 7,
});
const picks = fc.infiniteStream(fc.nat(1_000));

const fateFrom =
  (list: readonly string[]): Fate =>
  (path) => {
    let sum = 0;
    for (const char of path) sum += char.codePointAt(0)!;
    return list[sum % list.length] as ReturnType<Fate>;
  };
const pickFrom =
  (stream: Iterator<number>) =>
  (choices: number): number =>
    Number(stream.next().value ?? 0) % Math.max(1, choices);

const endOf = (plan: BoundPlan, state: EngineState) => ({
  outcome: state.outcome?.status,
  tasks: [...planIndex(plan).nodes.keys()].map((path) => [path, state.tasks[path]?.status ?? 'PENDING']),
});
const neverFails = (plan: BoundPlan): boolean =>
  [...planIndex(plan).nodes.values()].every((node) => node.task.onError === 'continue');

const hasBatches = (plan: BoundPlan): boolean =>
  [...planIndex(plan).nodes.values()].some(
    ({ task }) => task.spec.kind === 'map' && task.spec.batch !== null,
  );

describe('the engine (A3 A8)', () => {
  it('runs a sequence in order and gives the output', () => {
    const plan = bound({
      tasks: [
        { id: 'a', kind: 'tool', tool: 'quick' },
        { id: 'b', kind: 'tool', tool: 'quick', needs: ['a'], when: "${tasks.a.output === 'a'}" },
      ],
      output: { last: '${tasks.b.output}' },
    });
    const { state, emissions } = simulate(plan, fine, first);
    expect(state.outcome).toMatchObject({ status: 'SUCCEEDED', output: { inline: { last: 'b' } } });
    expect(emissions.map(({ event }) => `${event?.type} ${event?.taskPath ?? ''}`.trim())).toEqual([
      'run.started',
      'task.ready a',
      'task.started a',
      'task.succeeded a',
      'task.ready b',
      'task.started b',
      'task.succeeded b',
      'run.ended',
    ]);
  });

  it('cancels what has not started when a task fails the run, and names the task', () => {
    const plan = bound({
      tasks: [
        { id: 'a', kind: 'tool', tool: 'quick' },
        { id: 'b', kind: 'tool', tool: 'quick' },
        { id: 'c', kind: 'tool', tool: 'quick', needs: ['b'] },
      ],
    });
    const { state } = simulate(plan, (path) => (path === 'a' ? 'fails' : 'succeeds'), first);
    expect(state.outcome).toMatchObject({ status: 'FAILED', error: { code: 'TOOL_FAILED', taskPath: 'a' } });
    expect(state.tasks).toMatchObject({ b: { status: 'SUCCEEDED' }, c: { status: 'CANCELLED' } });
  });

  it('goes on after a failure that is continued, which others can see', () => {
    const plan = bound({
      tasks: [
        { id: 'a', kind: 'tool', tool: 'quick', onError: 'continue' },
        { id: 'b', kind: 'tool', tool: 'quick', needs: ['a'], when: "${tasks.a.status === 'FAILED'}" },
      ],
      output: '${tasks.a.error.code}',
    });
    const { state } = simulate(plan, (path) => (path === 'a' ? 'fails' : 'succeeds'), first);
    expect(state.outcome).toMatchObject({ status: 'SUCCEEDED', output: { inline: 'TOOL_FAILED' } });
  });

  it('runs a task whose need was skipped, unless its own condition says no', () => {
    const plan = bound({
      tasks: [
        { id: 'a', kind: 'tool', tool: 'quick', when: false },
        { id: 'b', kind: 'tool', tool: 'quick', needs: ['a'] },
      ],
    });
    expect(simulate(plan, fine, first).state.tasks).toMatchObject({
      a: { status: 'SKIPPED' },
      b: { status: 'SUCCEEDED' },
    });
  });

  it('fails a sub-plan by its own task, and passes its inputs and output', () => {
    const inner = {
      inputs: { type: 'object', required: ['x'], properties: { y: { default: 7 } } },
      tasks: [{ id: 'one', kind: 'tool', tool: 'quick', when: '${inputs.x === 1 && inputs.y === 7}' }],
      output: '${tasks.one.status}',
    };
    const tasks = [{ id: 'sub', kind: 'plan', with: { x: '${inputs.a}' }, plan: inner }];
    const plan = bound({ tasks, output: '${tasks.sub.output}' });
    expect(simulate(plan, fine, first).state.outcome).toMatchObject({ output: { inline: 'SUCCEEDED' } });
    const failed = simulate(plan, () => 'fails', first).state;
    expect(failed.outcome).toMatchObject({ status: 'FAILED', error: { taskPath: 'sub/one' } });
    const missing = bound({ tasks: [{ id: 'sub', kind: 'plan', plan: inner }] });
    expect(simulate(missing, fine, first).state.outcome).toMatchObject({
      error: { code: 'INVALID_INPUT', taskPath: 'sub' },
    });
  });

  it('asks for the evaluation of what is kept by reference', () => {
    const plan = bound({
      tasks: [
        { id: 'a', kind: 'tool', tool: 'quick' },
        { id: 'b', kind: 'tool', tool: 'quick', needs: ['a'], when: '${tasks.a.output.big}' },
      ],
    });
    const start = advance(plan, initialState(plan, { runId: 'r', startedAt: 0, inputs: { inline: {} } }), [
      { type: 'start', at: 0 },
      { type: 'succeeded', path: 'a', at: 1, output: { ref: 'art_1', bytes: 9e6 }, attempts: 1 },
    ]).state;
    expect(start.asks).toEqual({ b: 'when' });
    expect(startable(plan, start)).toEqual([]);
    const next = advance(plan, start, [
      { type: 'evaluated', path: 'b', slot: 'when', at: 2, value: { inline: true } },
    ]).state;
    expect(startable(plan, next)).toEqual(['b']);
  });

  it('starts no more at once than the concurrency allows, the most urgent first', () => {
    const task = (id: string, priority?: number) => ({
      id,
      kind: 'tool',
      tool: 'quick',
      ...(priority ? { priority } : {}),
    });
    const plan = bound({ concurrency: 2, tasks: [task('a'), task('b', 5), task('c', 1), task('d')] });
    const state = initialState(plan, { runId: 'r', startedAt: 0, inputs: { inline: {} } });
    expect(startable(plan, advance(plan, state, [{ type: 'start', at: 0 }]).state)).toEqual(['c', 'a']);
  });

  it('counts a task in an activity of its own from the moment that it is handed out', () => {
    const task = (id: string) => ({ id, kind: 'tool', tool: 'slow' });
    const plan = bound({ concurrency: 2, tasks: ['a', 'b', 'c', 'd'].map(task) });
    const begun = initialState(plan, { runId: 'r', startedAt: 0, inputs: { inline: {} } });
    const state = advance(plan, begun, [{ type: 'start', at: 0 }]).state;
    expect(startable(plan, claim(plan, claim(plan, state, '#1', ['a']), '#2', ['b']))).toEqual([]);
  });

  it('leaves the state that came in as it was', () => {
    const plan = bound({ tasks: [{ id: 'a', kind: 'tool', tool: 'quick' }] });
    const before = initialState(plan, { runId: 'r', startedAt: 0, inputs: { inline: {} } });
    const copy = structuredClone(before);
    advance(plan, before, [{ type: 'start', at: 0 }]);
    expect(before).toEqual(copy);
  });
});

describe('properties of the engine (A3 A8)', () => {
  const segments = fc.boolean();

  it('starts no task before its needs have ended, and ends each in one end state', () => {
    fc.assert(
      fc.property(arbitraryPlan, fates, picks, segments, (plan, list, stream, inSegments) => {
        const { state, emissions } = simulate(plan, fateFrom(list), pickFrom(stream), {
          segments: inSegments,
        });
        expect(state.outcome).not.toBeNull();
        const index = planIndex(plan);
        const ended = new Set<string>();
        const seen = new Set<string>();
        for (const { event, task } of emissions) {
          if (task) seen.add(task.path);
          if (event?.type === 'task.started') {
            for (const need of nodeOf(index, event.taskPath!).needs) expect(ended).toContain(need);
          }
          if (task?.status && taskEnded(task.status)) {
            expect(ended).not.toContain(task.path);
            ended.add(task.path);
          }
        }
        const left = Object.keys(state.scopes).flatMap((scope) => tasksOfBody(index, state.tasks, scope));
        expect(ended).toEqual(new Set([...seen, ...left]));
        const ends = emissions.filter(({ event }) => event?.type === 'run.ended');
        expect(ends).toHaveLength(1);
        const calls = emissions.filter(({ task }) => task?.usage !== undefined).length;
        expect(ends[0]?.run?.usage).toEqual(state.usage);
        expect(state.usage.toolCalls).toBeGreaterThanOrEqual(calls);
        if (!hasBatches(plan)) expect(state.usage.toolCalls).toBe(calls);
      }),
      { numRuns: 600 },
    );
  });

  it('comes to the same end in any order of completions, in segments or not', () => {
    fc.assert(
      fc.property(arbitraryPlan, fates, picks, picks, (plan, list, one, other) => {
        // Where a failure ends the run, what else had started by then depends on the order, as it must.
        fc.pre(neverFails(plan));
        const apart = simulate(plan, fateFrom(list), pickFrom(one));
        const together = simulate(plan, fateFrom(list), pickFrom(other), { segments: true });
        expect(endOf(plan, together.state)).toEqual(endOf(plan, apart.state));
      }),
      { numRuns: 600 },
    );
  });

  it('ends in CANCELLED when it is cancelled on the way', () => {
    fc.assert(
      fc.property(arbitraryPlan, picks, fc.nat(5), segments, (plan, stream, after, inSegments) => {
        const { state } = simulate(plan, fine, pickFrom(stream), {
          cancelAfter: after,
          segments: inSegments,
        });
        expect(state.outcome).not.toBeNull();
        if (state.cancelling) expect(state.outcome?.status).toBe('CANCELLED');
      }),
    );
  });

  it('lets a cancel end a run with an effect of which nobody knows', () => {
    const plan = bound({ tasks: [{ id: 'u', kind: 'tool', tool: 'effect' }] });
    const run = { runId: 'run_test', startedAt: 1, inputs: { inline: {} } };
    const error = { code: 'INTERNAL', message: 'lost', retryable: false };
    const { state } = advance(plan, initialState(plan, run), [
      { type: 'start', at: 1 },
      { type: 'started', path: 'u', at: 2, attempt: 1 },
      { type: 'uncertain', path: 'u', at: 3, attempts: 1, error },
      { type: 'cancel', at: 4 },
    ]);
    expect(state.outcome).toEqual({ status: 'CANCELLED', at: 4 });
  });

  it('fails a wait that would end after all time', () => {
    const plan = bound({ tasks: [{ id: 'w', kind: 'wait', for: '${1e300 * 1}' }] });
    const run = { runId: 'run_test', startedAt: 1, inputs: { inline: {} } };
    const { state } = advance(plan, initialState(plan, run), [{ type: 'start', at: 1 }]);
    expect(state.outcome).toMatchObject({ status: 'FAILED', error: { code: 'INVALID_INPUT' } });
  });
});
