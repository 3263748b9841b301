import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { workflowIdOf } from '#contracts';
import { startRuns, tool } from './runs-fixture.js';
import type { RunsFixture } from './runs-fixture.js';

const tenant = 'default';
let runs: RunsFixture;
beforeAll(async () => {
  runs = await startRuns([tool('echo', async (input) => input)]);
});
afterAll(() => runs.close());

/** The events of all executions of a workflow. */
async function executionsOf(workflowId: string) {
  const executions = [];
  for await (const { runId } of runs.client.workflow.list({ query: `WorkflowId = "${workflowId}"` })) {
    const { events } = await runs.client.workflow.getHandle(workflowId, runId).fetchHistory();
    executions.push(events ?? []);
  }
  return executions;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function latestExecution(workflowId: string): Promise<string> {
  return (await runs.client.workflow.getHandle(workflowId).describe()).runId;
}

/** What the Temporal UI shows of the run. */
async function detailsOf(runId: string): Promise<string> {
  const workflow = runs.client.workflow.getHandle(workflowIdOf(runId));
  return JSON.stringify(await workflow.query('__temporal_workflow_metadata'));
}

describe('a run that continues as new (A10 A22)', () => {
  it('waits until its children have what it told them', async () => {
    const sub = {
      id: 'sub',
      kind: 'plan',
      grain: 'task',
      plan: { tasks: [{ id: 'w', kind: 'wait', for: '1h' }] },
    };
    const runId = await runs.start({ tasks: [sub] }, {}, { continueAfterEvents: 20 });
    const [parent, child] = [workflowIdOf(runId), workflowIdOf(runId, 'sub')];
    await until(async () => (await runs.store.tasks.get(tenant, runId, 'sub/w'))?.status === 'WAITING');
    // That the child waits from its beginning is known to the run as well.
    await until(async () => (await runs.store.runs.get(tenant, runId))?.status === 'WAITING');
    const sent = 8;
    const heard = async (): Promise<number> =>
      (await executionsOf(child)).flat().filter((event) => event.workflowExecutionSignaledEventAttributes)
        .length;
    for (let n = 1; n <= sent; n++) {
      await runs.client.workflow.getHandle(parent).signal('nudge');
      // What is told at once may be told in one.
      await until(async () => (await heard()) >= n);
    }
    const histories = await executionsOf(parent);
    expect(histories.length).toBeGreaterThan(1);
    for (const events of histories) {
      const begun = events.filter((event) => event.signalExternalWorkflowExecutionInitiatedEventAttributes);
      const arrived = events.filter((event) => event.externalWorkflowExecutionSignaledEventAttributes);
      expect(arrived).toHaveLength(begun.length);
    }
    await runs.cancel(runId);
    expect((await runs.ended(runId)).status).toBe('CANCELLED');
  });

  it('knows what was lifted, so that a pause that comes late counts for nothing', async () => {
    const wait = { id: 'w', kind: 'wait', for: '1h' };
    const runId = await runs.start({ tasks: [wait] }, {}, { continueAfterEvents: 12 });
    const workflow = runs.client.workflow.getHandle(workflowIdOf(runId));
    await until(async () => (await runs.store.tasks.get(tenant, runId, 'w'))?.status === 'WAITING');
    const since = Date.now();
    await workflow.signal('resume', { sources: ['API'], at: since + 1 });
    const before = await latestExecution(workflowIdOf(runId));
    await until(async () => {
      await workflow.signal('nudge');
      return (await latestExecution(workflowIdOf(runId))) !== before;
    });
    await workflow.signal('pause', { source: 'API', by: 'late', since });
    // A pause of another source is heard: what came before it has been, too.
    await workflow.signal('pause', { source: 'TEMPORAL', by: 'marker', since: Date.now() });
    await until(async () => (await detailsOf(runId)).includes('marker'));
    expect(await detailsOf(runId)).not.toContain('late');
    await runs.cancel(runId);
    expect((await runs.ended(runId)).status).toBe('CANCELLED');
  });
});
