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

it('says UNAVAILABLE when Temporal does not answer', async () => {
  const away = Connection.lazy({ address: '127.0.0.1:9' });
  const withoutServer = temporalRunGateway({ client: new Client({ connection: away }), uiUrl: null });
  const start = away.withDeadline(Date.now() + 1_000, () => withoutServer.start(aRun()));
  await expect(start).rejects.toMatchObject({ code: 'UNAVAILABLE', failure: { retryable: true } });
  expect(withoutServer.temporalUrl('run/x', 'y')).toBeNull();
  await away.close();
});
