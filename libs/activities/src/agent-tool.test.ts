import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ActivityCancellationDetails } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Tool } from '#contracts';
import { newId, workflowIdOf } from '#contracts';
import type { Store } from '#store';
import { openStore } from '#store';
import { createToolRegistry } from '#tools';
import { createAgentToolActivity } from './agent-tool.js';
import { approvalPolicy } from './approval-gate.js';
import type { ActivityDeps } from './create-activities.js';
import { createStepRunner } from './step-runner.js';
import { createStopList } from './stop-list.js';

let store: Store;
beforeAll(async () => {
  store = await openStore({});
}, 60_000);
afterAll(() => store.close());

async function prepare(effect: Tool['effect'], run: Tool['run']) {
  const runId = newId('run');
  await store.runs.create(
    { id: runId, tenant: 'default', workflowId: workflowIdOf(runId), createdAt: Date.now(), plan: {} },
    [],
  );
  const tools = createToolRegistry([
    { name: 'act', description: 'acts', inputSchema: {}, effect, expectedMs: 10, run },
  ]);
  const stops = createStopList(store, () => undefined);
  const deps = {
    store,
    tools,
    stops,
    worker: 'test',
    asksBefore: approvalPolicy([]),
  } as unknown as ActivityDeps;
  const { runAgentTool } = createAgentToolActivity(deps, createStepRunner(deps));
  const input = { tenant: 'default', runId, path: 'agent/turn[0]/call[0]', tool: 'act', input: {} };
  return {
    row: () => store.tasks.get('default', runId, input.path),
    begin: async (environment = new MockActivityEnvironment()) => await environment.run(runAgentTool, input),
    lose: async () => {
      const { path } = input;
      const attempts = [{ number: 1, startedAt: 1 }];
      const tasks = [{ path, kind: 'tool', status: 'RUNNING', attempts } as const];
      await store.record({ tenant: 'default', runId, events: [], tasks });
    },
  };
}

describe('a tool call of an agent', () => {
  it('is repeated after its worker was lost, where a key makes that safe', async () => {
    const call = await prepare('keyed', async () => 'done');
    await call.lose();
    expect(await call.begin()).toEqual({ output: { inline: 'done' } });
  });

  it('is not repeated where the tool takes no key: the model is told', async () => {
    let times = 0;
    const call = await prepare('unkeyed', async () => ++times);
    await call.lose();
    expect(await call.begin()).toMatchObject({ error: { code: 'INTERNAL' } });
    expect(times).toBe(0);
    expect(await call.row()).toMatchObject({ status: 'FAILED', error: { code: 'INTERNAL' } });
  });

  it('keeps a failure that was written before its worker died', async () => {
    let times = 0;
    const call = await prepare('keyed', async () => {
      times++;
      throw new Error('no');
    });
    const first = await call.begin();
    expect(await call.begin()).toEqual(first);
    expect(times).toBe(1);
  });

  it('is left to another worker when its own shuts down', async () => {
    const environment = new MockActivityEnvironment();
    const call = await prepare('keyed', async () => {
      environment.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
      throw new Error('cut');
    });
    await expect(call.begin(environment)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect((await call.row())?.status).toBe('RUNNING');
  });
});
