import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonValue, Tool } from '#contracts';
import { maxValueBytes } from '#contracts';
import { fingerprintOf, fold } from '#plan';
import type { Store } from '#store';
import { openStore } from '#store';
import { createStopList } from './stop-list.js';
import { chain, prepareSegment, tool, until } from './testing/segment-fixture.js';

let store: Store;
beforeAll(async () => {
  store = await openStore({});
}, 60_000);
afterAll(() => store.close());

const prepare = (document: unknown, tools: Tool[]) => prepareSegment(store, document, tools);

async function eventTypes(runId: string): Promise<string[]> {
  const events = await store.events.after('default', runId, 0, 100);
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
  return events.map(({ type, taskPath }) => `${type} ${taskPath ?? ''}`.trim());
}

describe('a segment', () => {
  it('carries its tasks through, journals them, and folds to the same end', async () => {
    const done: JsonValue[] = [];
    const { runId, plan, slice, state, run } = await prepare(chain('note'), [
      tool('note', 'none', async (input) => (done.push((input as { id: string }).id), input)),
    ]);
    const result = await run();
    expect(done).toEqual(['a', 'b', 'c']);
    const folded = fold(plan, state, { slice, events: result.events, at: result.at });
    expect(folded.fingerprint).toBe(result.fingerprint);
    expect(folded.state.outcome).toMatchObject({ status: 'SUCCEEDED', output: { inline: { id: 'c' } } });
    expect(folded.emissions).toEqual([]);
    const run_ = await store.runs.get('default', runId);
    expect(run_).toMatchObject({
      status: 'SUCCEEDED',
      output: { inline: { id: 'c' } },
      usage: { toolCalls: 3 },
    });
    expect(await eventTypes(runId)).toEqual([
      'run.started',
      ...['a', 'b', 'c'].flatMap((id) => [`task.ready ${id}`, `task.started ${id}`, `task.succeeded ${id}`]),
      'run.ended',
    ]);
  });

  it('shows what the run has used while it goes on (A11)', async () => {
    const seen: (number | undefined)[] = [];
    const { runId, run } = await prepare(chain('note'), [
      tool('note', 'none', async (input) => {
        seen.push((await store.runs.get('default', runId))?.usage.toolCalls);
        return input;
      }),
    ]);
    await run();
    expect(seen).toEqual([0, 1, 2]);
  });

  it('does not repeat journalled steps when its worker is lost, and gives an interrupted one the same key', async () => {
    const keys: string[] = [];
    let stuck: (() => void) | undefined;
    const { runId, run } = await prepare(chain('note'), [
      tool('note', 'keyed', async (input, { taskPath, idempotencyKey }) => {
        keys.push(`${taskPath} ${idempotencyKey}`);
        if (taskPath === 'b' && !stuck) await new Promise<void>((resolve) => (stuck = resolve));
        return input;
      }),
    ]);
    const lost = run().catch((error: unknown) => error);
    await until(() => stuck !== undefined);
    const result = await run();
    stuck?.();
    expect(await lost).toMatchObject({ code: 'CONFLICT' });
    expect(keys.map((key) => key.split(' ')[0])).toEqual(['a', 'b', 'b', 'c']);
    expect(keys[1]).toBe(keys[2]);
    expect(result.events.filter(({ type }) => type === 'succeeded')).toHaveLength(3);
    expect((await store.runs.get('default', runId))?.status).toBe('SUCCEEDED');
    expect((await eventTypes(runId)).filter((type) => type.startsWith('run.'))).toEqual([
      'run.started',
      'run.ended',
    ]);
  });

  it('does not read the journal of an execution that a reset has undone', async () => {
    let calls = 0;
    const { run } = await prepare(chain('note'), [tool('note', 'none', async (input) => (calls++, input))]);
    await run('exec-1');
    await run('exec-2').catch(() => undefined);
    expect(calls).toBe(6);
  });

  it('runs a tool that takes no key at most once', async () => {
    let calls = 0;
    let release: (() => void) | undefined;
    const { runId, run } = await prepare({ tasks: [{ id: 'once', kind: 'tool', tool: 'post' }] }, [
      tool(
        'post',
        'unkeyed',
        async () => (calls++, new Promise<JsonValue>((resolve) => (release = () => resolve(null)))),
      ),
    ]);
    const lost = run().catch((error: unknown) => error);
    await until(() => release !== undefined);
    await run();
    release?.();
    await lost;
    expect(calls).toBe(1);
    expect((await store.tasks.get('default', runId, 'once'))?.status).toBe('UNCERTAIN');
  });

  it('retries short back-offs itself, and leaves a long one to the workflow', async () => {
    let failures = 0;
    const flaky = tool('flaky', 'none', async () => {
      if (failures++ < 2) throw new Error('not now');
      return 'at last';
    });
    const quick = { maxAttempts: 3, initial: '10ms' };
    const short = await prepare({ tasks: [{ id: 'a', kind: 'tool', tool: 'flaky', retry: quick }] }, [flaky]);
    await short.run();
    const row = await store.tasks.get('default', short.runId, 'a');
    expect(row).toMatchObject({ status: 'SUCCEEDED', output: { inline: 'at last' } });
    expect(row?.attempts.map(({ number, error }) => [number, error?.code])).toEqual([
      [1, 'TOOL_FAILED'],
      [2, 'TOOL_FAILED'],
      [3, undefined],
    ]);
    failures = 0;
    const slow = await prepare(
      { tasks: [{ id: 'a', kind: 'tool', tool: 'flaky', retry: { initial: '1h', max: '1h' } }] },
      [flaky],
    );
    const result = await slow.run();
    expect(result.events).toMatchObject([{ type: 'started' }, { type: 'retrying', path: 'a' }]);
    expect(await store.tasks.get('default', slow.runId, 'a')).toMatchObject({
      status: 'WAITING',
      waiting: { kind: 'RETRY_BACKOFF' },
    });
  });

  it('ends what runs and starts nothing new when it is drained', async () => {
    let release: (() => void) | undefined;
    const { run, drain, runId } = await prepare(chain('hold'), [
      tool(
        'hold',
        'none',
        async (input) => new Promise<JsonValue>((resolve) => (release = () => resolve(input))),
      ),
    ]);
    const running = run();
    await until(() => release !== undefined);
    drain.abort();
    release?.();
    expect((await running).events.map(({ type }) => type)).toEqual(['started', 'succeeded']);
    expect(await store.tasks.get('default', runId, 'a')).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('aborts what runs when the run is on the stop list', async () => {
    let aborted = false;
    let began = false;
    const { run, runId } = await prepare(chain('hang'), [
      tool('hang', 'none', async (_, { signal }) => {
        began = true;
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted = true;
        throw new Error('stopped');
      }),
    ]);
    const running = run();
    await until(() => began);
    await store.runs.requestStop('default', runId, 'cut', 'enough');
    expect((await running).events).toMatchObject([{ type: 'started' }, { type: 'cut', path: 'a' }]);
    expect(aborted).toBe(true);
  });

  it('ends a run that was cut before it could begin', async () => {
    const { run, runId } = await prepare(chain('never'), [tool('never', 'none', async (input) => input)]);
    await store.runs.requestStop('default', runId, 'cut', 'enough');
    const stops = createStopList(store, () => undefined);
    const signal = stops.cutSignal(runId);
    await until(() => signal.aborted);
    stops.close();
    expect((await run()).events.map(({ type }) => type)).toContain('cut');
    expect((await store.runs.get('default', runId))?.status).toBe('CANCELLED');
  });

  it('begins nothing when the deadline has passed', async () => {
    let calls = 0;
    const late = tool('late', 'none', async () => {
      if (calls++ === 0) throw new Error('once more');
      return null;
    });
    const task = { id: 'a', kind: 'tool', tool: 'late', deadline: '50ms', retry: { initial: '49ms' } };
    const { run, runId } = await prepare({ tasks: [task] }, [late]);
    await run();
    expect(await store.tasks.get('default', runId, 'a')).toMatchObject({ status: 'FAILED' });
    expect(calls).toBe(1);
  });

  it('times an attempt out', async () => {
    const { run, runId } = await prepare(
      { tasks: [{ id: 'a', kind: 'tool', tool: 'hang', timeout: '50ms', retry: { maxAttempts: 1 } }] },
      [
        tool(
          'hang',
          'none',
          async (_, { signal }) =>
            new Promise((_r, no) => signal.addEventListener('abort', () => no(new Error('x')))),
        ),
      ],
    );
    await run();
    expect(await store.tasks.get('default', runId, 'a')).toMatchObject({
      status: 'FAILED',
      error: { code: 'TIMEOUT' },
    });
  });

  it('refuses an output that is larger than any that is kept, and says so', async () => {
    const half = 'x'.repeat(maxValueBytes / 2);
    const giveHalf = tool('half', 'none', async () => half);
    const tasks = [
      { id: 'a', kind: 'tool', tool: 'half' },
      { id: 'b', kind: 'tool', tool: 'half' },
    ];
    const { run, runId } = await prepare({ tasks, output: ['${tasks.a.output}', '${tasks.b.output}'] }, [
      giveHalf,
    ]);
    await run();
    const row = await store.runs.get('default', runId);
    expect(row).toMatchObject({ status: 'FAILED', error: { code: 'OUTPUT_TOO_LARGE' } });
  });

  it('keeps large results by reference and hands them on whole', async () => {
    const text = 'x'.repeat(2_000_000);
    const { run, runId, plan, slice, state } = await prepare(
      {
        tasks: [
          { id: 'big', kind: 'tool', tool: 'give' },
          {
            id: 'use',
            kind: 'tool',
            tool: 'measure',
            needs: ['big'],
            with: { text: '${tasks.big.output.text}' },
            when: '${tasks.big.output.text.length > 5}',
          },
        ],
        output: '${tasks.big.output.text.length + tasks.use.output}',
      },
      [
        tool('give', 'none', async () => ({ text })),
        tool('measure', 'none', async (input) => (input as { text: string }).text.length),
      ],
    );
    const result = await run();
    expect(JSON.stringify(result).length).toBeLessThan(10_000);
    expect((await store.runs.get('default', runId))?.output).toEqual({ inline: 4_000_000 });
    expect(fingerprintOf(fold(plan, state, { slice, events: result.events, at: 0 }).state)).toBeDefined();
  });
});
