import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { workflowIdOf } from '#contracts';
import { gate, operator, startControl } from './control-fixture.js';
import type { ControlFixture } from './control-fixture.js';

const work = gate('work');
let runs: ControlFixture;
beforeAll(async () => {
  runs = await startControl([work.tool]);
});
afterAll(() => runs.close());
beforeEach(() => {
  work.begun.length = 0;
  work.close();
});

const step = (id: string, ...needs: string[]) => ({ id, kind: 'tool', tool: 'work', needs });
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
});
