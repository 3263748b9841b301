import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#contracts';
import { ModelCallQuery } from '../../apps/cli/src/commands/route.js';
import { type ApiUnderTest, startApi, startedRun } from './api-under-test.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const at = Date.UTC(2026, 10, 21, 10);
const terms = { cost: 0.0021, time: 0.0004, failure: 0, headroom: 0, deadline: 0, total: 0.0025 };

/** A call as the provider keeps it, of a model that was asked at a second place. */
function routed(runId: string, tenant = 'default') {
  const hop = {
    at,
    ms: 40.4,
    firstTokenMs: null,
    inputTokens: 0,
    cachedTokens: 0,
    outputTokens: 0,
    costNanos: 0,
    priced: true,
    estimated: false,
    reservedNanos: 50_000_000,
    priceVersion: 'p7',
  };
  return {
    id: newId('call'),
    tenant,
    runId,
    taskPath: 'ask',
    model: 'nexus:standard',
    status: 'ANSWERED',
    deployment: 'b',
    inputTokens: 12,
    outputTokens: 34,
    cachedTokens: 2,
    costNanos: 2_100_000,
    at,
    ms: 812.7,
    error: null,
    retryAt: null,
    trace: {
      request: { inputTokens: 12, remaining: null },
      candidates: [
        { deployment: 'a', terms, worst: 50_000_000 },
        { deployment: 'b', terms, worst: 60_000_000, explored: true },
      ],
      dropped: [
        { deployment: 'c', reason: 'breaker-open', detail: 'its breaker is open', availableAt: at + 60_000 },
      ],
      hops: [
        {
          ...hop,
          deployment: 'a',
          outcome: 'overloaded',
          error: { code: 'PROVIDER_UNAVAILABLE', message: 'busy', retryAfterMs: 9 },
        },
        { ...hop, deployment: 'b', outcome: 'answered', costNanos: 2_100_000, error: null },
      ],
    },
  };
}

const shown = {
  status: 'ANSWERED',
  deployment: 'b',
  cost: '0.0021',
  durationMs: 813,
  candidates: [
    { deployment: 'a', worst: '0.05', explored: null, terms },
    { deployment: 'b', worst: '0.06', explored: true, terms },
  ],
  dropped: [
    {
      deployment: 'c',
      reason: 'breaker-open',
      detail: 'its breaker is open',
      availableAt: '2026-11-21T10:01:00.000Z',
    },
  ],
  hops: [
    {
      deployment: 'a',
      outcome: 'overloaded',
      durationMs: 40,
      cost: '0',
      reserved: '0.05',
      error: { code: 'PROVIDER_UNAVAILABLE', message: 'busy' },
    },
    { deployment: 'b', outcome: 'answered', cost: '0.0021', error: null },
  ],
};

describe('the calls of models (C3 C6)', () => {
  it('stand at their task, each with why it went where it went', async () => {
    const runId = await startedRun(api);
    await api.store.record({
      tenant: 'default',
      runId,
      events: [],
      tasks: [{ path: 'ask', kind: 'model', status: 'RUNNING' }],
    });
    const call = routed(runId);
    await api.store.routedCalls.add(call);
    const { data, errors } = await api.graphql(
      `query ($id: ID!) { run(id: $id) { task(path: "ask") { modelCalls {
        id model status deployment cost durationMs
        candidates { deployment worst explored terms { cost time failure headroom deadline total } }
        dropped { deployment reason detail availableAt }
        hops { deployment outcome durationMs cost reserved error { code message } }
      } } } }`,
      { id: runId },
    );
    expect(errors).toEqual([]);
    expect(data.run.task.modelCalls).toMatchObject([{ id: call.id, model: 'nexus:standard', ...shown }]);
  });

  it('are found by the ID of the call, or of one of its hops, as nexus route explain asks', async () => {
    const call = routed(await startedRun(api));
    await api.store.routedCalls.add(call);
    for (const id of [call.id, `${call.id}.2`]) {
      const { data, errors } = await api.graphql(ModelCallQuery.text, { id });
      expect(errors).toEqual([]);
      expect(data.modelCall).toMatchObject({ id: call.id, ...shown });
    }
  });

  it('are nobody else’s', async () => {
    const call = routed(await startedRun(api), 'another');
    await api.store.routedCalls.add(call);
    const { data } = await api.graphql(ModelCallQuery.text, { id: call.id });
    expect(data.modelCall).toBeNull();
  });
});
