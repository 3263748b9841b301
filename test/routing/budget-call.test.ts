import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LLMock } from '@copilotkit/aimock';
import { newId, workflowIdOf } from '#contracts';
import type { RunBudget } from '#contracts';
import { createKeptLedger, generateForTask } from '#routing';
import type { KeptLedgerOptions } from '#routing';
import { openStore } from '#store';
import type { Store } from '#store';
import { failureFrom, nexusWith, openaiAt, startModelServer } from './nexus-fixture.js';

const tenant = 'default';
const prompt = 'Why? '.repeat(60);
const usage = { prompt_tokens: 100, completion_tokens: 5 };
/** What one of these calls costs. */
const costNanos = 250_000;
let server: LLMock;
let store: Store;

beforeAll(async () => {
  server = await startModelServer();
  store = await openStore({});
});
beforeEach(() => {
  server.reset();
  server.on({}, { content: 'Because.', usage });
});
afterAll(async () => {
  await server.stop();
  await store.close();
});

async function startRun(budget?: RunBudget): Promise<string> {
  const id = newId('run');
  const run = { id, tenant, workflowId: workflowIdOf(id), createdAt: Date.now() };
  await store.runs.create({ ...run, ...(budget && { budget }) }, []);
  return id;
}

/** Asks for a short answer over a real socket, as a task does. */
function asking(options: KeptLedgerOptions = {}) {
  const ledger = createKeptLedger(store.ledger, { patienceMs: 0, ...options });
  const { provider } = nexusWith(openaiAt(server), { ledger });
  return (runId: string) =>
    generateForTask(
      provider,
      { tenant, runId, taskPath: 'ask' },
      { model: 'nexus:standard', prompt, maxTokens: 20 },
    );
}

describe('a call of a model under a budget (C6)', () => {
  it('is paid for from the budget of its run by what the provider says that it used', async () => {
    const runId = await startRun({ limitNanos: 1_000_000_000 });
    const reply = await asking()(runId);
    expect(reply.usage.costNanos).toBe(costNanos);
    expect(await store.ledger.ofRun(tenant, runId)).toMatchObject({
      spentNanos: costNanos,
      reservedNanos: 0,
      spentTokens: 105,
      spentCalls: 1,
    });
  });

  it('is not made when it does not fit, and the run is told that a person is to be asked', async () => {
    const runId = await startRun({ limitNanos: 1_000 });
    expect(await failureFrom(asking()(runId))).toMatchObject({
      code: 'BUDGET_EXCEEDED',
      wait: { kind: 'BUDGET' },
    });
    expect(server.getRequests()).toHaveLength(0);
    expect(await store.ledger.ofRun(tenant, runId)).toMatchObject({ spentNanos: 0, reservedNanos: 0 });
    expect((await store.signals.of(runId)).map(({ name }) => name)).toEqual(['overdrawn']);
  });

  it('200 runs at once share what their tenant has for the day: none goes over it, nothing stays put by', async () => {
    const day = { limitNanos: 4_000_000 };
    const before = (await store.ledger.ofDay(tenant, new Date().toISOString().slice(0, 10)))?.spentNanos ?? 0;
    const ask = asking({ daily: { limitNanos: before + day.limitNanos } });
    const runs = await Promise.all(Array.from({ length: 200 }, () => startRun()));
    const ended = await Promise.allSettled(runs.map(ask));
    const answered = ended.filter(({ status }) => status === 'fulfilled').length;
    const refused = ended.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as { code?: string }).code] : [],
    );
    expect(new Set(refused)).toEqual(new Set(['BUDGET_EXCEEDED']));
    expect(server.getRequests()).toHaveLength(answered);
    expect(answered).toBeGreaterThan(0);
    const { spentNanos, reservedNanos } =
      (await store.ledger.ofDay(tenant, new Date().toISOString().slice(0, 10))) ?? {};
    expect((spentNanos ?? NaN) - before).toBe(answered * costNanos);
    expect((spentNanos ?? NaN) - before).toBeLessThanOrEqual(day.limitNanos);
    expect(reservedNanos).toBe(0);
    expect(await store.ledger.drift(true)).toEqual([]);
  });
});
