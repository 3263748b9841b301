import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonValue } from '#contracts';
import { workflowIdOf } from '#contracts';
import { startRuns, tool } from './runs-fixture.js';
import type { RunsFixture } from './runs-fixture.js';

let runs: RunsFixture;
let held: (() => void) | undefined;
let aborted = 0;

beforeAll(async () => {
  const failures = new Map<string, number>();
  runs = await startRuns([
    tool('echo', async (input) => input),
    tool('fail', async () => {
      throw new Error('it broke');
    }),
    tool('flaky', async (_input, { runId, taskPath }) => {
      const key = `${runId}/${taskPath}`;
      failures.set(key, (failures.get(key) ?? 0) + 1);
      if (failures.get(key)! < 2) throw new Error('not yet');
      return failures.get(key)!;
    }),
    tool(
      'hang',
      async (_input, { signal }) => {
        held?.();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted++;
        throw new Error('aborted');
      },
      'keyed',
      60_000,
    ),
  ]);
});
afterAll(() => runs.close());

const echo = (id: string, needs: string[] = [], value: JsonValue = id) => ({
  id,
  kind: 'tool',
  tool: 'echo',
  needs,
  with: { value },
});
const failFast = { maxAttempts: 1 };

async function eventsOf(runId: string): Promise<string[]> {
  const events = await runs.store.events.after('default', runId, 0, 1_000);
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1));
  return events.map(({ type, taskPath }) => `${type} ${taskPath ?? ''}`.trim());
}

async function historyOf(runId: string) {
  const { events } = await runs.client.workflow.getHandle(workflowIdOf(runId)).fetchHistory();
  return events ?? [];
}

describe('a run on Temporal', () => {
  it('carries short tasks in a segment, in few history events (A3 A8)', async () => {
    const runId = await runs.start({
      name: 'segment',
      tasks: [echo('a'), echo('b', ['a'], '${tasks.a.output.value}!')],
      output: '${tasks.b.output.value}',
    });
    expect(await runs.ended(runId)).toMatchObject({ status: 'SUCCEEDED', output: { inline: 'a!' } });
    await runs.client.workflow.getHandle(workflowIdOf(runId)).result();
    expect((await historyOf(runId)).length).toBeLessThanOrEqual(12);
  });

  it('gives each task its own activity with `grain: task` (A8)', async () => {
    const runId = await runs.start({
      name: 'task-grain',
      grain: 'task',
      tasks: [echo('a'), echo('b', ['a'])],
      output: '${tasks.b.output.value}',
    });
    expect(await runs.ended(runId)).toMatchObject({ status: 'SUCCEEDED', output: { inline: 'b' } });
    const scheduled = (await historyOf(runId)).filter((event) => event.activityTaskScheduledEventAttributes);
    expect(scheduled.map((event) => event.activityTaskScheduledEventAttributes?.activityType?.name)).toEqual([
      'runTask',
      'runTask',
    ]);
    expect(await eventsOf(runId)).toEqual([
      'run.started',
      ...['a', 'b'].flatMap((id) => [`task.ready ${id}`, `task.started ${id}`, `task.succeeded ${id}`]),
      'run.ended',
    ]);
  });

  it('runs a long sub-plan in a child workflow of its own', async () => {
    const inner = { tasks: [echo('one', [], '${inputs.x}')], output: '${tasks.one.output.value}' };
    const sub = { id: 'sub', kind: 'plan', grain: 'task', with: { x: 42 }, plan: inner };
    const runId = await runs.start({
      name: 'child-plan',
      tasks: [sub, echo('after', ['sub'], '${tasks.sub.output}')],
      output: '${tasks.after.output.value}',
    });
    expect(await runs.ended(runId)).toMatchObject({ status: 'SUCCEEDED', output: { inline: 42 } });
    const child = await runs.client.workflow.getHandle(workflowIdOf(runId, 'sub')).describe();
    expect(child.status.name).toBe('COMPLETED');
    expect(await eventsOf(runId)).toContain('task.succeeded sub/one');
  });

  it('fails by a task that fails, with its code and path, and Temporal says so too', async () => {
    const runId = await runs.start({
      name: 'failure',
      tasks: [{ id: 'x', kind: 'tool', tool: 'fail', retry: failFast }, echo('y', ['x'])],
    });
    expect(await runs.ended(runId)).toMatchObject({
      status: 'FAILED',
      error: { code: 'TOOL_FAILED', taskPath: 'x' },
    });
    await expect(runs.client.workflow.getHandle(workflowIdOf(runId)).result()).rejects.toMatchObject({
      cause: { type: 'TOOL_FAILED' },
    });
  });

  it('starts nothing new in a child once the run has failed, and lets what runs end', async () => {
    const steps = [{ id: 'w', kind: 'wait', for: '1h' }, echo('never', ['w'])];
    const sub = { id: 'sub', kind: 'plan', plan: { tasks: steps } };
    const fail = { id: 'x', kind: 'tool', tool: 'flaky', retry: { maxAttempts: 1 } };
    const runId = await runs.start({
      name: 'failure-with-child',
      tasks: [sub, { id: 'first', kind: 'wait', for: '300ms' }, { ...fail, needs: ['first'] }],
    });
    expect(await runs.ended(runId)).toMatchObject({ status: 'FAILED', error: { taskPath: 'x' } });
    const statuses = Object.fromEntries(
      (await runs.store.tasks.list('default', runId)).map(({ path, status }) => [path, status]),
    );
    expect(statuses).toMatchObject({
      sub: 'CANCELLED',
      'sub/w': 'CANCELLED',
      'sub/never': 'CANCELLED',
      x: 'FAILED',
    });
  });

  it('holds a sub-plan with a workflow of its own to its time-out', async () => {
    const steps = [{ id: 'w', kind: 'wait', for: '1h' }];
    const sub = { id: 'sub', kind: 'plan', timeout: '500ms', plan: { tasks: steps } };
    const runId = await runs.start({ name: 'child-timeout', tasks: [sub] });
    expect(await runs.ended(runId)).toMatchObject({
      status: 'FAILED',
      error: { code: 'TIMEOUT', taskPath: 'sub' },
    });
    const child = runs.client.workflow.getHandle(workflowIdOf(runId, 'sub'));
    await expect(child.result()).rejects.toMatchObject({ name: 'WorkflowFailedError' });
  });

  it('waits durably for a timer and for a long back-off, and says why', async () => {
    const flaky = { id: 'f', kind: 'tool', tool: 'flaky', retry: { initial: '2500ms', max: '3s' } };
    const runId = await runs.start({
      name: 'timer-and-retry',
      tasks: [flaky, { id: 'w', kind: 'wait', for: '100ms' }, echo('z', ['f', 'w'])],
    });
    expect(await runs.ended(runId)).toMatchObject({ status: 'SUCCEEDED' });
    const events = await eventsOf(runId);
    expect(events).toEqual(
      expect.arrayContaining(['task.waiting w', 'task.retrying f', 'run.waiting', 'task.succeeded z']),
    );
  });

  it('cancels what runs, at once (A9)', async () => {
    const begun = new Promise<void>((resolve) => (held = resolve));
    const runId = await runs.start({
      name: 'cancel',
      tasks: [{ id: 'h', kind: 'tool', tool: 'hang' }, echo('after', ['h'])],
    });
    await begun;
    await runs.cancel(runId);
    expect(await runs.ended(runId)).toMatchObject({ status: 'CANCELLED' });
    expect(aborted).toBeGreaterThan(0);
    const tasks = await runs.store.tasks.list('default', runId);
    expect(tasks.map(({ path, status }) => [path, status])).toEqual(
      expect.arrayContaining([
        ['h', 'CANCELLED'],
        ['after', 'CANCELLED'],
      ]),
    );
  });

  it('is cancelled, not finished, when all that it had left was cut', async () => {
    const begun = new Promise<void>((resolve) => (held = resolve));
    const runId = await runs.start({ tasks: [{ id: 'h', kind: 'tool', tool: 'hang' }] });
    await begun;
    await runs.cancel(runId);
    expect(await runs.ended(runId)).toMatchObject({ status: 'CANCELLED' });
  });

  it('continues as new on the way, its children with it, and loses nothing', async () => {
    const chain = Array.from({ length: 30 }, (_, i) => echo(`t${i}`, i === 0 ? [] : [`t${i - 1}`]));
    const child = {
      tasks: [{ id: 'w', kind: 'wait', for: '3s' }, echo('one', ['w'], 'from the child')],
      output: '${tasks.one.output.value}',
    };
    const sub = { id: 'sub', kind: 'plan', plan: child };
    const runId = await runs.start(
      {
        name: 'continue-as-new',
        grain: 'task',
        tasks: [sub, ...chain],
        output: '${tasks.sub.output + tasks.t29.output.value}',
      },
      {},
      { continueAfterEvents: 60 },
    );
    expect(await runs.ended(runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { inline: 'from the childt29' },
    });
    const first = await runs.client.workflow.getHandle(workflowIdOf(runId)).fetchHistory();
    expect(first.events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId).toBeTruthy();
    const succeeded = (await eventsOf(runId)).filter((type) => type.startsWith('task.succeeded'));
    const expected = [...chain.map(({ id }) => id), 'sub', 'sub/w', 'sub/one'];
    expect(succeeded.sort()).toEqual(expected.map((path) => `task.succeeded ${path}`).sort());
  });

  it('carries values of two megabytes from end to end', async () => {
    const text = 'x'.repeat(2_000_000);
    const runId = await runs.start(
      {
        name: 'large-values',
        grain: 'task',
        tasks: [echo('a', [], '${inputs.text}'), echo('b', ['a'], '${tasks.a.output.value}')],
        output: '${tasks.b.output.value}',
      },
      { text },
    );
    const row = await runs.ended(runId);
    expect(row.status).toBe('SUCCEEDED');
    expect(await runs.store.values.load('default', row.output!)).toBe(text);
  });
});
