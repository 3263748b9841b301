import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { newId, workflowIdOf } from '#contracts';
import type { Store } from '#store';
import { openStore } from '#store';
import { createToolRegistry } from '#tools';
import { approvalPolicy } from './approval-gate.js';
import { createPlanCache } from './plan-cache.js';
import { createStepRunner } from './step-runner.js';

let store: Store;
beforeAll(async () => {
  store = await openStore({});
}, 60_000);
afterAll(() => store.close());

it('does not begin a call that is to stop already, however deaf the tool is (A11)', async () => {
  const runId = newId('run');
  const run = { id: runId, tenant: 'default', workflowId: workflowIdOf(runId), createdAt: 1, plan: {} };
  await store.runs.create(run, []);
  let calls = 0;
  const act = async () => ++calls;
  const tools = createToolRegistry([
    { name: 'act', description: 'acts', inputSchema: {}, effect: 'irreversible', expectedMs: 10, run: act },
  ]);
  const runStep = createStepRunner({
    store,
    tools,
    worker: 'test',
    plans: createPlanCache(store),
    asksBefore: approvalPolicy([]),
    model: () => Promise.reject(new Error('no model here')),
  });
  const step = (cut: AbortSignal) =>
    runStep({
      tenant: 'default',
      runId,
      path: 'a',
      task: {
        id: 'a',
        kind: 'tool',
        needs: [],
        timeoutMs: 60_000,
        retry: { maxAttempts: 1, initialMs: 0, factor: 1, maxMs: 0, on: [] },
        onError: 'fail',
        place: 'activity',
        expectedMs: 0,
        spec: { kind: 'tool', tool: 'act', with: {}, effect: 'irreversible' },
      },
      environment: { inputs: { inline: null }, tasks: {}, run: { id: runId, startedAt: '' } },
      attempt: 1,
      cut,
      inlineLimit: 10_000,
    });
  expect([(await step(AbortSignal.abort())).status, calls]).toEqual(['CUT', 0]);
  expect([(await step(new AbortController().signal)).status, calls]).toEqual(['SUCCEEDED', 1]);
});
