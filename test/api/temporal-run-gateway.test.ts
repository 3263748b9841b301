import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type RunGateway, type RunStart, temporalRunGateway } from '#commands';
import { defaultTenant, inline, newId, searchAttributes, workflowIdOf } from '#contracts';
import { bindPlan } from '#plan';
import { Client, Connection } from '@temporalio/client';
import { temporalAddress } from '../support/temporal.js';
import { transform } from './api-under-test.js';

let connection: Connection;
let client: Client;
let gateway: RunGateway;
beforeAll(async () => {
  connection = await Connection.connect({ address: temporalAddress() });
  client = new Client({ connection });
  gateway = temporalRunGateway({ client, uiUrl: 'http://127.0.0.1:8233' });
});
afterAll(() => connection.close());

// No worker is at work here: what is started stays as it is until the test ends it.
function aRun(name = 'chain'): RunStart {
  const tasks = [{ id: 'one', kind: 'tool' as const, tool: 'transform', with: { expression: '1' } }];
  const catalogue = { tool: () => transform, agent: () => undefined, template: () => undefined };
  const bound = bindPlan({ version: 1, name, tasks }, catalogue);
  const input = {
    tenant: defaultTenant,
    runId: newId('run'),
    path: '',
    priority: 2,
    inputs: inline({}),
    bound,
  };
  return { input, name };
}

const handleOf = ({ input }: RunStart) => client.workflow.getHandle(workflowIdOf(input.runId));

it('starts run/<runId> so that people find it and read what it is', async () => {
  const run = aRun('ü'.repeat(150));
  const { temporalRunId } = await gateway.start(run);
  const description = await handleOf(run).describe();
  expect(description).toMatchObject({
    runId: temporalRunId,
    type: 'runWorkflow',
    taskQueue: 'nexus-orchestrator',
  });
  expect(description.priority).toMatchObject({ priorityKey: 2, fairnessKey: 'default' });
  expect(await description.staticSummary()).toBe('ü'.repeat(100));
  const attributes = description.typedSearchAttributes.getAll();
  expect(Object.fromEntries(attributes.map(({ key, value }) => [key.name, value]))).toMatchObject({
    [searchAttributes.runId]: run.input.runId,
    [searchAttributes.tenant]: 'default',
    [searchAttributes.status]: 'PENDING',
  });
  const page = gateway.temporalUrl(workflowIdOf(run.input.runId), temporalRunId);
  expect(page).toBe(
    `http://127.0.0.1:8233/namespaces/default/workflows/run%2F${run.input.runId}/${temporalRunId}/history`,
  );
  await handleOf(run).terminate();
});

it('gives the same execution however often it is started, after its end as well', async () => {
  const run = aRun();
  const [first, ...others] = await Promise.all([gateway.start(run), gateway.start(run), gateway.start(run)]);
  for (const other of others) expect(other).toEqual(first);
  await handleOf(run).terminate();
  expect(await gateway.start(run)).toEqual(first);
});

it('asks a run to cancel, with the reason; one that is gone needs no asking', async () => {
  const run = aRun();
  await gateway.start(run);
  await gateway.cancel(run.input.runId, 'enough');
  const { events = [] } = await handleOf(run).fetchHistory();
  const asked = events?.find((event) => event.workflowExecutionCancelRequestedEventAttributes);
  expect(asked?.workflowExecutionCancelRequestedEventAttributes?.cause).toBe('enough');
  await handleOf(run).terminate();
  await gateway.cancel(run.input.runId, 'again');
  await gateway.cancel(newId('run'), 'never started');
});

it('tells a workflow something once for each ID, while it is there', async () => {
  const run = aRun();
  await gateway.start(run);
  const workflowId = workflowIdOf(run.input.runId);
  const pause = { name: 'pause', argument: { by: 'ann' }, id: 'nexus-signal-1' };
  for (const signal of [pause, pause, { name: 'nudge', id: 'nexus-signal-2' }])
    expect(await gateway.signal(workflowId, signal)).toBe(true);
  const { events = [] } = await handleOf(run).fetchHistory();
  const told = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal ? [[signal.signalName, (signal.input?.payloads ?? []).map((one) => String(one.data))]] : [],
  );
  expect(told).toEqual([
    ['pause', ['{"by":"ann"}']],
    ['nudge', []],
  ]);
  await gateway.terminate(workflowId, 'enough');
  expect(await gateway.signal(workflowId, { ...pause, id: 'nexus-signal-3' })).toBe(false);
  expect(await gateway.signal(workflowIdOf(newId('run')), pause)).toBe(false);
});

it('ends a workflow at once, and one that is gone needs no ending', async () => {
  const run = aRun();
  await gateway.start(run);
  const workflowId = workflowIdOf(run.input.runId);
  expect(await gateway.inspect(workflowId)).toMatchObject({
    paused: false,
    queue: 'nexus-orchestrator',
    task: { attempt: 1, started: false, scheduledAt: expect.any(Number) },
    activities: [],
    children: 0,
  });
  await until(async () => (await gateway.openWorkflows(run.input.runId)).includes(workflowId));
  expect(await gateway.terminatedAt(workflowId)).toBeNull();
  await gateway.terminate(workflowId, 'killed by ann: runaway');
  await gateway.terminate(workflowId, 'again');
  expect(await gateway.terminatedAt(workflowId)).toBeGreaterThan(Date.now() - 60_000);
  expect(await gateway.terminatedAt(workflowIdOf(newId('run')))).toBeNull();
  expect((await handleOf(run).describe()).status.name).toBe('TERMINATED');
  expect(await gateway.inspect(workflowId)).toBeNull();
  expect(await gateway.inspect(workflowIdOf(newId('run')))).toBeNull();
  await until(async () => (await gateway.openWorkflows(run.input.runId)).length === 0);
});

it('lifts the pause that Temporal itself holds a workflow with', async () => {
  const run = aRun();
  const { temporalRunId: runId } = await gateway.start(run);
  const workflowId = workflowIdOf(run.input.runId);
  expect(await gateway.unpause(workflowId, 'resumed')).toBe(false);
  const { namespace, identity } = client.options;
  const requestId = newId('req');
  const pausing = { namespace, workflowId, runId, identity, reason: 'look', requestId };
  await client.workflowService.pauseWorkflowExecution(pausing);
  expect(await gateway.inspect(workflowId)).toMatchObject({ paused: true });
  expect(await gateway.openWorkflows(run.input.runId)).toBeDefined();
  expect(await gateway.unpause(workflowId, 'resumed')).toBe(true);
  expect(await gateway.inspect(workflowId)).toMatchObject({ paused: false });
  await client.workflowService.pauseWorkflowExecution({ ...pausing, requestId: newId('req') });
  await gateway.terminate(workflowId, 'killed');
  expect((await handleOf(run).describe()).status.name).toBe('TERMINATED');
  expect(await gateway.unpause(workflowId, 'resumed')).toBe(false);
});

/** Visibility runs behind; the test's own time limit is the only clock. */
async function until(reached: () => Promise<boolean>): Promise<void> {
  while (!(await reached())) await new Promise((resolve) => setTimeout(resolve, 50));
}

it('says UNAVAILABLE when Temporal does not answer', async () => {
  const away = Connection.lazy({ address: '127.0.0.1:9' });
  const withoutServer = temporalRunGateway({ client: new Client({ connection: away }), uiUrl: null });
  const start = away.withDeadline(Date.now() + 1_000, () => withoutServer.start(aRun()));
  await expect(start).rejects.toMatchObject({ code: 'UNAVAILABLE', failure: { retryable: true } });
  expect(withoutServer.temporalUrl('run/x', 'y')).toBeNull();
  await away.close();
});
