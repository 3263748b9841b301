import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { workflowIdOf } from '#contracts';
import type { JsonObject, RunBudget } from '#contracts';
import type { ApprovalRow } from '#store';
// Jest cannot load the AI SDK from ES modules and from Temporal's CommonJS in one go.
import { createKeptLedger } from '../../libs/routing/src/budget/kept-ledger.js';
import { budgetExceeded } from '../../libs/routing/src/budget/refusal.js';
import { startRuns } from './runs-fixture.js';
import type { RunsFixture } from './runs-fixture.js';

const tenant = 'default';
const each = 100;
let runs: RunsFixture;
/** Paths of the calls that were made. */
let made: string[] = [];
let calls = 0;

beforeAll(async () => {
  runs = await startRuns([], undefined, undefined, (store) => {
    const ledger = createKeptLedger(store.ledger, { patienceMs: 0, news: tell });
    return async (_spec, { runId, taskPath }) => {
      const key = `${runId}/${calls++}`;
      const request = { key, tenant, runId, taskPath, deployment: 'd', priceVersion: 'v', leaseMs: 60_000 };
      const asked = { nanos: each, tokens: 10 };
      const reservation = await ledger.reserve({ ...request, ...asked });
      if (reservation.state === 'refused') throw budgetExceeded(reservation, asked);
      made.push(taskPath);
      const usage = { inputTokens: 8, outputTokens: 2, cachedTokens: 0, modelCalls: 1, toolCalls: 0 };
      await ledger.settle(key, tenant, { nanos: each, usage: { ...usage, costNanos: each } });
      return { output: { text: taskPath, finishReason: 'stop' }, usage: { ...usage, costNanos: each } };
    };
  });
});
afterAll(() => runs.close());

/** Empties the outbox, as whoever serves the API does. */
function tell(_tenant: string, runId: string): void {
  void (async () => {
    for (const { id, workflowId, name, argument } of await runs.store.signals.of(runId)) {
      await runs.client.workflow.getHandle(workflowId).signal(name, argument);
      await runs.store.signals.remove(id);
    }
  })();
}

async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const asked = (runId: string): Promise<ApprovalRow> =>
  until(async () =>
    (await runs.store.approvals.of(tenant, runId)).find(({ status }) => status === 'PENDING'),
  );
const isWaiting = (runId: string) =>
  until(async () => {
    const row = await runs.store.runs.get(tenant, runId);
    return row?.status === 'WAITING' && row.waiting?.kind === 'BUDGET' && row.waiting;
  });
const ask = (id: string, more: object = {}) => ({
  id,
  kind: 'model',
  model: 'nexus:standard',
  prompt: 'Why?',
  // What is refused must not count as a failed attempt.
  retry: { maxAttempts: 1 },
  ...more,
});

async function setBudget(runId: string, budget: RunBudget): Promise<void> {
  await runs.store.runs.setBudget(tenant, runId, budget, {});
  await runs.client.workflow.getHandle(workflowIdOf(runId)).signal('setBudget', budget);
}

describe('a run whose next call does not fit into its budget (C6)', () => {
  const budget = { limitNanos: 250 };
  const chain = [ask('a'), ask('b', { needs: ['a'] }), ask('c', { needs: ['b'] })];

  it('waits with BUDGET and asks a person; with more it goes on, and nothing of it has failed', async () => {
    made = [];
    const runId = await runs.start({ name: 'refused-by-ledger', tasks: chain }, {}, { budget });
    const { question, kind, answerSchema } = await asked(runId);
    expect({ question, kind }).toEqual({
      kind: 'BUDGET',
      question: '$0.00000005 of $0.00000025 are left, and the next call may cost $0.0000001: give it more?',
    });
    expect(Object.keys((answerSchema as JsonObject)['properties'] as object)).toContain('cheaper');
    expect((await isWaiting(runId)).detail).toContain('this call may cost');
    expect(made).toEqual(['a', 'b']);
    await setBudget(runId, { limitNanos: 300, cheaper: true });
    expect(await runs.ended(runId)).toMatchObject({ status: 'SUCCEEDED', usage: { costNanos: 300 } });
    expect(made).toEqual(['a', 'b', 'c']);
    expect(await runs.store.ledger.ofRun(tenant, runId)).toMatchObject({ spentNanos: 300, reservedNanos: 0 });
    const task = (await runs.store.tasks.list(tenant, runId)).find(({ path }) => path === 'c');
    expect(task?.attempts.map(({ error }) => error)).toEqual([undefined, undefined]);
    const events = (await runs.store.events.after(tenant, runId, 0, 500)).map(({ type }) => type);
    expect(events).not.toContain('task.retrying');
    expect(events.filter((type) => type === 'approval.requested')).toHaveLength(1);
  });

  it('is stopped by a person who says no', async () => {
    const runId = await runs.start({ tasks: chain }, {}, { budget });
    const { id } = await asked(runId);
    const decision = { by: 'ada', approve: false, at: Date.now(), comment: 'enough', answer: undefined };
    await runs.store.approvals.decide(tenant, id, decision, { workflowId: workflowIdOf(runId) });
    tell(tenant, runId);
    expect(await runs.ended(runId)).toMatchObject({ status: 'FAILED', error: { code: 'BUDGET_EXCEEDED' } });
  });

  it('asks once and goes on as well where a sub-plan with a workflow of its own was refused', async () => {
    made = [];
    const sub = { id: 'sub', kind: 'plan', grain: 'task', plan: { tasks: chain } };
    const runId = await runs.start({ tasks: [sub, ask('beside')] }, {}, { budget });
    await asked(runId);
    expect((await isWaiting(runId)).kind).toBe('BUDGET');
    expect(made).toHaveLength(2);
    await setBudget(runId, { limitNanos: 400 });
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect([...made].sort()).toEqual(['beside', 'sub/a', 'sub/b', 'sub/c']);
    expect(await runs.store.approvals.of(tenant, runId)).toHaveLength(1);
    expect(await runs.store.ledger.ofRun(tenant, runId)).toMatchObject({ spentNanos: 400, reservedNanos: 0 });
  });

  it('asks as well where a batch calls models for the items of a map', async () => {
    made = [];
    const items = { id: 'each', kind: 'map', over: '${inputs.all}', batch: 5, do: ask('item') };
    const runId = await runs.start({ tasks: [items] }, { all: [1, 2, 3] }, { budget });
    expect((await asked(runId)).kind).toBe('BUDGET');
    expect(made).toHaveLength(2);
    await runs.cancel(runId);
    expect((await runs.ended(runId)).status).toBe('CANCELLED');
    expect(await runs.store.ledger.ofRun(tenant, runId)).toMatchObject({ spentNanos: 200, reservedNanos: 0 });
  });
});

it('acts on a COST trigger by the ledger, while what spends has not ended (A11, C6)', async () => {
  const tasks = [ask('a'), ask('b', { needs: ['a'] }), { id: 'long', kind: 'wait', for: '1h', needs: ['b'] }];
  const sub = { id: 'sub', kind: 'plan', grain: 'task', plan: { tasks } };
  const triggers = [{ on: 'COST', threshold: 1.5e-7, do: 'PAUSE' }] as const;
  const runId = await runs.start({ tasks: [sub] }, {}, { triggers });
  const [pause] = await until(async () => {
    const pauses = await runs.store.pauses.of(tenant, runId);
    return pauses.length > 0 && pauses;
  });
  expect(pause).toMatchObject({ source: 'TRIGGER', reason: 'trigger COST at 1.5e-7' });
  await runs.cancel(runId);
  expect((await runs.ended(runId)).status).toBe('CANCELLED');
});
