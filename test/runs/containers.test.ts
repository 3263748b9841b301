import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonValue } from '#contracts';
import { taskQueues, workflowIdOf, workflowTypes } from '#contracts';
import type { RunInput, SecondTry } from '#workflows';
import { startRuns, tool } from './runs-fixture.js';
import type { RunsFixture } from './runs-fixture.js';

let runs: RunsFixture;
let calls: string[] = [];
/** Called when a gated call begins; what it gives is waited for. */
let gate: (path: string) => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  runs = await startRuns(
    [
      tool('echo', async (input) => input),
      tool('pick', async (input) => {
        const { value } = input as { value: number };
        if (value % 10 === 3) throw Object.assign(new Error(`no ${value}`), { name: 'Error' });
        return value * 2;
      }),
      tool('slow', async (_input, { taskPath }) => taskPath, 'none', 5_000),
      tool(
        'gated',
        async (_input, { taskPath }) => {
          calls.push(taskPath);
          await gate(taskPath);
          return taskPath;
        },
        'keyed',
        5_000,
      ),
    ],
    (goal) => (goal === 'say it twice' ? twice : undefined),
  );
});
afterAll(() => runs.close());

const echo = (id: string, value: JsonValue = id) => ({ id, kind: 'tool', tool: 'echo', with: { value } });
const twice = {
  tasks: [
    echo('one', '${inputs.word}'),
    {
      id: 'more',
      kind: 'plan',
      grain: 'task',
      with: { word: '${inputs.word}' },
      plan: { tasks: [echo('two', '${inputs.word}')], output: '${tasks.two.output.value}' },
    },
  ],
  output: ['${tasks.one.output.value}', '${tasks.more.output}'],
};
const once = { maxAttempts: 1 };
const output = async (document: object): Promise<JsonValue> => {
  const { status, output: kept, error } = await runs.ended(await runs.start(document));
  expect({ status, error }).toEqual({ status: 'SUCCEEDED', error: null });
  return runs.store.values.load('default', kept!);
};
const signal = (runId: string, name: string, ...args: unknown[]) =>
  runs.client.workflow.getHandle(workflowIdOf(runId)).signal(name, ...args);

/** Lets a run that has ended go on, as a person decided. */
async function again(runId: string, secondTry: SecondTry): Promise<void> {
  const workflow = runs.client.workflow.getHandle(workflowIdOf(runId));
  await workflow.result().catch(() => undefined);
  const kept = await runs.store.runs.keptState('default', runId);
  const state = (await runs.store.values.load('default', kept!)) as never;
  const bound = (await runs.store.runs.bound('default', runId)) as never;
  expect(await runs.store.runs.reopen('default', runId)).toBe(true);
  const run = { tenant: 'default', runId, path: '', priority: 3, inputs: { inline: {} } };
  const input: RunInput = { ...run, bound, state, secondTry };
  await runs.client.workflow.start(workflowTypes.run, {
    workflowId: workflowIdOf(runId),
    taskQueue: taskQueues.orchestrator,
    args: [input],
  });
}

describe('containers on Temporal (A6)', () => {
  it('take branches and loops of short tasks through in one segment', async () => {
    const document = {
      name: 'branch-and-loop',
      tasks: [
        {
          id: 'fix',
          kind: 'loop',
          while: '${loop.index < 3}',
          maxIterations: 9,
          do: [
            {
              id: 'decide',
              kind: 'branch',
              cases: [{ if: '${loop.index === 2}', do: [echo('last', '${loop.index}')] }],
              else: [echo('other')],
            },
          ],
        },
      ],
      output: '${tasks.fix.output}',
    };
    expect(await output(document)).toMatchObject({
      iterations: 3,
      last: { decide: { output: { case: 0, tasks: { last: { output: { value: 2 } } } } } },
    });
  });

  it('repeat long tasks, waits and sub-plans in workflows of their own', async () => {
    const document = {
      name: 'long-loop',
      tasks: [
        {
          id: 'l',
          kind: 'loop',
          while: '${loop.index < 2}',
          maxIterations: 2,
          do: [
            { id: 's', kind: 'tool', tool: 'slow' },
            { id: 'w', kind: 'wait', for: '10ms', needs: ['s'] },
            {
              id: 'p',
              kind: 'plan',
              grain: 'task',
              needs: ['w'],
              plan: { tasks: [echo('e')], output: '${tasks.e.status}' },
            },
          ],
        },
      ],
      output: '${tasks.l.output.last}',
    };
    expect(await output(document)).toMatchObject({ s: { output: 'l[1]/s' }, p: { output: 'SUCCEEDED' } });
  });

  it('go through more turns than a segment holds, and continue as new on the way (A22)', async () => {
    const document = {
      tasks: [
        {
          id: 'l',
          kind: 'loop',
          while: '${loop.index < 1300}',
          maxIterations: 5000,
          do: [echo('t', '${loop.index}')],
        },
      ],
      output: '${[tasks.l.output.iterations, tasks.l.output.last.t.output.value]}',
    };
    const runId = await runs.start(document, {}, { continueAfterEvents: 12 });
    const ended = await runs.ended(runId);
    expect(ended).toMatchObject({ status: 'SUCCEEDED', output: { inline: [1300, 1299] } });
    const { raw } = await runs.client.workflow.getHandle(workflowIdOf(runId)).describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
  });

  it('map batches of items, each result kept, failures collected (A22)', async () => {
    const document = {
      name: 'map-in-batches',
      tasks: [
        {
          id: 'm',
          kind: 'map',
          over: '${inputs.list}',
          as: 'n',
          batch: 200,
          concurrency: 4,
          onItemError: 'collect',
          do: { kind: 'tool', tool: 'pick', with: { value: '${n}' }, retry: once },
        },
      ],
      output: '${tasks.m.output}',
    };
    const list = Array.from({ length: 2_000 }, (_, n) => n);
    const runId = await runs.start(document, { list });
    const { status, output: kept, usage } = await runs.ended(runId);
    const value = (await runs.store.values.load('default', kept!)) as {
      items: { status: string; output: JsonValue; error: { message: string } | null }[];
    };
    expect({ status, ...value, items: value.items.length }).toEqual({
      status: 'SUCCEEDED',
      items: 2_000,
      succeeded: 1_800,
      failed: 200,
    });
    expect(value.items[12]).toEqual({ status: 'SUCCEEDED', output: 24, error: null });
    expect(value.items[13]).toMatchObject({ status: 'FAILED', output: null, error: { message: 'no 13' } });
    expect(usage.toolCalls).toBe(2_000);
  });

  it('map items whose body is more than one call, as many at once as allowed', async () => {
    const document = {
      name: 'map-of-bodies',
      tasks: [
        echo('base', 7),
        {
          id: 'm',
          kind: 'map',
          needs: ['base'],
          over: '${[1, 2, 3, 4, 5]}',
          concurrency: 2,
          do: [
            { ...echo('a', '${item + tasks.base.output.value}') },
            { id: 'b', kind: 'tool', tool: 'slow', needs: ['a'], with: { index: '${index}' } },
          ],
        },
      ],
      output: '${tasks.m.output.items.map(one => [one.output.a.output.value, one.output.b.output])}',
    };
    expect(await output(document)).toEqual([1, 2, 3, 4, 5].map((n, at) => [n + 7, `m[${at}]/b`]));
  });

  it('plan a sub-plan for its goal when the run gets there', async () => {
    const tasks = [
      echo('a'),
      {
        id: 'g',
        kind: 'plan',
        goal: 'say it twice',
        needs: ['a'],
        with: { word: '${tasks.a.output.value}' },
      },
      { id: 'none', kind: 'plan', goal: 'the impossible', needs: ['a'], onError: 'continue' },
    ];
    const plan = { name: 'by-goal', tasks, output: '${[tasks.g.output, tasks.none.error.code]}' };
    expect(await output(plan)).toEqual([['a', 'a'], 'FAILED_PRECONDITION']);
  });

  it('fail a map by its first failed item, and leave the rest', async () => {
    const document = {
      tasks: [
        {
          id: 'm',
          kind: 'map',
          over: '${[1, 3, 5]}',
          concurrency: 1,
          do: { kind: 'tool', tool: 'pick', with: { value: '${item}' }, retry: once },
        },
      ],
    };
    const { status, error } = await runs.ended(await runs.start(document));
    expect({ status, error }).toMatchObject({
      status: 'FAILED',
      error: { code: 'TOOL_FAILED', taskPath: 'm[1]' },
    });
  });
});

describe('holds on Temporal (A10)', () => {
  it('start nothing until they are lifted; what runs ends', async () => {
    calls = [];
    let release = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      gate = () => {
        resolve();
        return new Promise((done) => (release = done));
      };
    });
    const runId = await runs.start({
      name: 'held',
      tasks: [
        { id: 'a', kind: 'tool', tool: 'gated' },
        { id: 'b', kind: 'tool', tool: 'gated', needs: ['a'] },
      ],
    });
    await begun;
    gate = () => Promise.resolve();
    await signal(runId, 'pause', { reason: 'to look' });
    for (;;) {
      const row = await runs.store.runs.get('default', runId);
      if (row?.status === 'PAUSED') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await runs.store.pauses.of('default', runId)).toMatchObject([
      { source: 'SIGNAL', reason: 'to look' },
    ]);
    release();
    for (;;) {
      const task = await runs.store.tasks.get('default', runId, 'a');
      if (task?.status === 'SUCCEEDED') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(calls).toEqual(['a']);
    expect((await runs.store.runs.get('default', runId))?.status).toBe('PAUSED');
    await signal(runId, 'resume');
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect(calls).toEqual(['a', 'b']);
  });

  it('act for triggers, once each (A11)', async () => {
    const document = {
      tasks: [
        { id: 'x', kind: 'tool', tool: 'pick', with: { value: 3 }, retry: once, onError: 'continue' },
        { id: 'y', kind: 'tool', tool: 'slow', needs: ['x'] },
      ],
    };
    const triggers = [{ on: 'FAILED_TASKS', threshold: 1, do: 'PAUSE' }] as const;
    const runId = await runs.start(document, {}, { triggers });
    for (;;) {
      const [pause] = await runs.store.pauses.of('default', runId);
      if (pause?.source === 'TRIGGER') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await signal(runId, 'resume');
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
  });

  it('let a person try a failed task again, or count it as done, while the run goes on', async () => {
    let release = (): void => undefined;
    gate = () => new Promise((done) => (release = done));
    calls = [];
    const runId = await runs.start({
      tasks: [
        { id: 'x', kind: 'tool', tool: 'pick', with: { value: 3 }, retry: once, onError: 'continue' },
        { id: 'z', kind: 'tool', tool: 'pick', with: { value: 3 }, retry: once, onError: 'continue' },
        { id: 'y', kind: 'tool', tool: 'gated' },
        echo('after', ['${tasks.x.output}', '${tasks.z.output}']),
      ].map((task) => (task.id === 'after' ? { ...task, needs: ['x', 'y', 'z'] } : task)),
      output: '${tasks.after.output.value}',
    });
    const failed = async (path: string): Promise<boolean> =>
      (await runs.store.tasks.get('default', runId, path))?.status === 'FAILED';
    while (!((await failed('x')) && (await failed('z')) && calls.length > 0)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await signal(runId, 'retryTask', { path: 'x', by: 'me', input: { inline: { value: 4 } } });
    await signal(runId, 'skipTask', { path: 'z', by: 'me', output: { inline: 'by hand' } });
    release();
    expect(await runs.ended(runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { inline: [8, 'by hand'] },
    });
  });

  it('let a person have a task of a failed run tried again, in a new execution', async () => {
    const document = {
      tasks: [
        echo('before'),
        { id: 'x', kind: 'tool', tool: 'pick', with: { value: 3 }, retry: once, needs: ['before'] },
        { ...echo('after', ['${tasks.before.output.value}', '${tasks.x.output}']), needs: ['before', 'x'] },
      ],
      output: '${tasks.after.output.value}',
    };
    const runId = await runs.start(document);
    expect((await runs.ended(runId)).status).toBe('FAILED');
    await again(runId, { kind: 'retry', path: 'x', by: 'me', input: { inline: { value: 5 } } });
    expect(await runs.ended(runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { inline: ['before', 10] },
    });
    expect(await runs.store.tasks.get('default', runId, 'x')).toMatchObject({
      status: 'SUCCEEDED',
      error: null,
    });
  });

  it('end a run as it had, when what a person decided comes to nothing', async () => {
    const fails = { id: 'x', kind: 'tool', tool: 'pick', with: { value: 3 }, retry: once, needs: ['before'] };
    const runId = await runs.start({ tasks: [echo('before'), fails] });
    const { error } = await runs.ended(runId);
    await again(runId, { kind: 'retry', path: 'before', by: 'me' });
    expect(await runs.ended(runId)).toMatchObject({ status: 'FAILED', error });
    const events = await runs.store.events.after('default', runId, 0, 100);
    expect(events.filter(({ type }) => type === 'run.ended')).toHaveLength(2);
  });

  it('let no model be called beyond the budget, until there is more (A11)', async () => {
    const ask = { id: 'ask', kind: 'model', model: 'nexus:fast', prompt: 'Why?' };
    const runId = await runs.start({ tasks: [ask] }, {}, { budget: { maxModelCalls: 0 } });
    for (;;) {
      const row = await runs.store.runs.get('default', runId);
      if (row?.status === 'WAITING' && row.waiting?.kind === 'BUDGET') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await signal(runId, 'setBudget', { maxModelCalls: 1 });
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
  });

  it('hold a run whose deadline has passed, until it gets another (A11)', async () => {
    const slow = { id: 's', kind: 'tool', tool: 'slow' };
    const late = { id: 'late', kind: 'wait', for: '1ms' };
    const runId = await runs.start(
      { tasks: [late, { ...slow, needs: ['late'] }] },
      {},
      { budget: { deadline: Date.now() - 1 } },
    );
    for (;;) {
      const [pause] = await runs.store.pauses.of('default', runId);
      if (pause?.source === 'BUDGET') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect((await runs.store.runs.get('default', runId))?.status).toBe('PAUSED');
    await signal(runId, 'setBudget', { deadline: Date.now() + 60_000 });
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect(await runs.store.pauses.of('default', runId)).toEqual([]);
  });

  it('stop a run at once by a trigger that says so (A11)', async () => {
    const fail = (id: string) => ({
      id,
      kind: 'tool',
      tool: 'pick',
      with: { value: 3 },
      retry: once,
      onError: 'continue',
    });
    const triggers = [{ on: 'FAILED_TASKS', threshold: 2, do: 'KILL' }] as const;
    const tasks = [fail('x'), fail('y'), { id: 'w', kind: 'wait', for: '1h', needs: ['x', 'y'] }];
    const runId = await runs.start({ tasks }, {}, { triggers });
    for (;;) {
      const hold = (await runs.store.runs.holds()).find((one) => one.runId === runId);
      if (hold?.stop === 'kill') break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await runs.client.workflow.getHandle(workflowIdOf(runId)).terminate('the test ends');
  });
});
