import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { workflowIdOf } from '#contracts';
import { tool } from '../runs/runs-fixture.js';
import { gate, operator, startControl } from './control-fixture.js';
import type { ControlFixture } from './control-fixture.js';

const work = gate('work');
const undo = gate('undo');
let runs: ControlFixture;
beforeAll(async () => {
  const fail = async () => {
    throw new Error('no');
  };
  runs = await startControl([work.tool, undo.tool, tool('fail', fail)]);
});
afterAll(() => runs.close());
beforeEach(() => {
  for (const { begun, close } of [work, undo]) {
    begun.length = 0;
    close();
  }
});

const step = (id: string, ...needs: string[]) => ({ id, kind: 'tool', tool: 'work', needs });
const compensate = { tool: 'undo', with: {} };
/** Fails at its end, and then takes back what it did. */
const undone = {
  effects: 'compensate',
  tasks: [
    { ...step('a'), compensate },
    { ...step('b', 'a'), compensate },
    { id: 'c', kind: 'tool', tool: 'fail', needs: ['b'], retry: { maxAttempts: 1 } },
  ],
};
const tree = {
  grain: 'task',
  tasks: [
    step('a'),
    step('b', 'a'),
    { id: 'sub', kind: 'plan', plan: { grain: 'task', tasks: [step('c'), step('d', 'c')] } },
  ],
  output: '${tasks.b.output}',
};

describe('what operators do in the Temporal UI (A10)', () => {
  it('a terminated run is KILLED within five seconds, with its children, and tells by whom and why', async () => {
    const runId = await runs.start(tree);
    await work.reached(2);
    await runs.client.workflowService.terminateWorkflowExecution({
      namespace: runs.client.options.namespace,
      workflowExecution: { workflowId: workflowIdOf(runId) },
      identity: operator,
      reason: 'wrong customer',
    });
    const row = await runs.reaches(runId, 'KILLED', 5_000);
    expect(row.error).toMatchObject({ code: 'KILLED', message: expect.stringContaining('wrong customer') });
    const events = await runs.store.events.after('default', runId, 0, 100);
    expect(JSON.stringify(events.at(-1))).toContain(operator);
    const child = runs.client.workflow.getHandle(workflowIdOf(runId, 'sub'));
    expect((await child.describe()).status.name).toBe('TERMINATED');
    work.open();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(work.begun).toHaveLength(2);
  });

  it('a terminated rollback makes the run KILLED within five seconds, and nothing more is undone', async () => {
    work.open();
    const runId = await runs.start(undone);
    await undo.reached(1);
    await runs.client.workflowService.terminateWorkflowExecution({
      namespace: runs.client.options.namespace,
      workflowExecution: { workflowId: workflowIdOf(runId) },
      identity: operator,
      reason: 'stop undoing',
    });
    const row = await runs.reaches(runId, 'KILLED', 5_000);
    expect(row.error).toMatchObject({ message: expect.stringContaining('stop undoing') });
    expect(await runs.store.rollbacks.open()).toEqual([]);
    undo.open();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(undo.begun).toEqual(['b']);
  });

  it('a cancelled run is CANCELLED', async () => {
    const runId = await runs.start(tree);
    await work.reached(2);
    await runs.client.workflow.getHandle(workflowIdOf(runId)).cancel();
    await runs.reaches(runId, 'CANCELLED', 5_000);
    const child = runs.client.workflow.getHandle(workflowIdOf(runId, 'sub'));
    await expect(child.result()).rejects.toThrow('Workflow execution');
    expect(work.begun).toHaveLength(2);
  });

  it('a run that is reset goes on', async () => {
    const chain = { grain: 'task', tasks: [step('a'), step('b', 'a')], output: '${tasks.b.output}' };
    const runId = await runs.start(chain);
    const handle = runs.client.workflow.getHandle(workflowIdOf(runId));
    await work.reached(1);
    work.open();
    while (work.begun.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    work.close();
    const before = await handle.describe();
    const { events } = await handle.fetchHistory();
    const first = events?.find(({ workflowTaskCompletedEventAttributes: done }) => done);
    await runs.client.workflowService.resetWorkflowExecution({
      namespace: runs.client.options.namespace,
      workflowExecution: { workflowId: workflowIdOf(runId), runId: before.runId },
      workflowTaskFinishEventId: first?.eventId ?? null,
      reason: 'once more',
      requestId: 'reset',
    });
    work.open();
    const row = await runs.ended(runId);
    expect(row).toMatchObject({ status: 'SUCCEEDED', output: { inline: 'b' } });
    expect((await handle.describe()).runId).not.toBe(before.runId);
  });

  /** Back to its first step, or to the last before it was cancelled. */
  const reset = async (runId: string, reason: string, toLast = false): Promise<string> => {
    const handle = runs.client.workflow.getHandle(workflowIdOf(runId));
    const before = await handle.describe();
    const { events = [] } = await handle.fetchHistory();
    const cancelled = events?.findIndex(
      ({ workflowExecutionCancelRequestedEventAttributes: asked }) => asked,
    );
    const steps = events?.filter(({ workflowTaskCompletedEventAttributes: done }) => done);
    const last = events
      ?.slice(0, cancelled)
      .findLast(({ workflowTaskCompletedEventAttributes: done }) => done);
    await runs.client.workflowService.resetWorkflowExecution({
      namespace: runs.client.options.namespace,
      workflowExecution: { workflowId: workflowIdOf(runId), runId: before.runId },
      workflowTaskFinishEventId: (toLast ? last : steps?.[0])?.eventId ?? null,
      reason,
      requestId: reason,
      identity: operator,
    });
    return before.runId;
  };

  it('a run that has ended and is reset is live again within five seconds, and comes to its new end', async () => {
    const chain = { grain: 'task', tasks: [step('a'), step('b', 'a')], output: '${tasks.b.output}' };
    const runId = await runs.start(chain);
    await work.reached(1);
    await runs.cancel(runId);
    expect(await runs.ended(runId)).toMatchObject({ status: 'CANCELLED' });
    const before = await reset(runId, 'it was right after all');
    const live = await runs.reaches(runId, 'RUNNING', 5_000);
    expect(live.temporalRunId).not.toBe(before);
    expect(live.finishedAt).toBeNull();
    work.open();
    expect(await runs.ended(runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { inline: 'b' },
      error: null,
    });
    const resumed = (await runs.store.events.after('default', runId, 0, 100)).filter(
      ({ type }) => type === 'run.resumed',
    );
    expect(resumed).toMatchObject([{ data: { reason: expect.stringContaining('it was right after all') } }]);
    const tasks = await runs.store.tasks.list('default', runId);
    expect(tasks.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
  });

  it('a run whose reset workflow ends before anybody looks has the newer end', async () => {
    const runId = await runs.start({ grain: 'task', tasks: [step('a')], output: '${tasks.a.output}' });
    await work.reached(1);
    await runs.cancel(runId);
    await runs.ended(runId);
    work.open();
    await reset(runId, 'quickly');
    const row = await runs.reaches(runId, 'SUCCEEDED', 5_000);
    expect(row).toMatchObject({ output: { inline: 'a' }, error: null });
  });

  it('a run that ended while it asked somebody asks again when it is reset, and keeps the votes', async () => {
    const { approvals } = runs.store;
    const gates = { id: 'gate', kind: 'approval', question: 'Go?', quorum: 2, needs: ['a'] };
    work.open();
    const runId = await runs.start({ tasks: [step('a'), gates] });
    await runs.reaches(runId, 'WAITING', 10_000);
    const [question] = await approvals.of('default', runId);
    const id = question?.id ?? '';
    const say = (by: string) =>
      approvals.decide(
        'default',
        id,
        { by, approve: true, at: Date.now() },
        { workflowId: workflowIdOf(runId) },
      );
    await say('ann');
    const handle = runs.client.workflow.getHandle(workflowIdOf(runId));
    for (const from of ['the start', 'the end'] as const) {
      await runs.cancel(runId);
      expect(await runs.ended(runId)).toMatchObject({ status: 'CANCELLED' });
      await expect(handle.result()).rejects.toThrow('Workflow execution');
      expect((await approvals.get('default', id))?.status).toBe('EXPIRED');
      await reset(runId, `from ${from}`, from === 'the end');
      while ((await approvals.get('default', id))?.status !== 'PENDING')
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await runs.store.runs.get('default', runId))?.finishedAt).toBeNull();
    }
    expect(await say('bob')).toMatchObject({ outcome: 'decided' });
    for (const { name, argument } of await runs.store.signals.of(runId)) await handle.signal(name, argument);
    expect(await runs.ended(runId)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('a killed run that is reset stays killed: the workflow is terminated, and the run says why', async () => {
    const runId = await runs.start(tree);
    await work.reached(2);
    await runs.kill(runId);
    await reset(runId, 'please');
    const handle = runs.client.workflow.getHandle(workflowIdOf(runId));
    // Its message is the reason, or that it was terminated: whichever the server tells first.
    await expect(handle.result()).rejects.toThrow(/Workflow execution|was killed/);
    const said = async () =>
      JSON.stringify(await runs.store.events.after('default', runId, 0, 100)).includes(
        'a killed run does not go on',
      );
    while (!(await said())) await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await runs.store.runs.get('default', runId))?.status).toBe('KILLED');
    expect(work.begun).toHaveLength(2);
  });
});
