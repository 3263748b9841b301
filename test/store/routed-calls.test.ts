import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '#contracts';
import { openStore } from '#store';
import type { RoutedCallRow, Store } from '#store';
import { databases } from './databases.js';

const at = Date.UTC(2026, 10, 21, 10);

function callOf(facts: Partial<RoutedCallRow> = {}): RoutedCallRow {
  return {
    id: newId('call'),
    tenant: 'acme',
    runId: 'run_1',
    taskPath: 'ask',
    model: 'nexus:standard',
    status: 'ANSWERED',
    deployment: 'openai:gpt-6-sol',
    inputTokens: 12,
    outputTokens: 34,
    cachedTokens: 2,
    costNanos: 5_000_000_000_123,
    at,
    ms: 12.5,
    error: null,
    retryAt: null,
    trace: { hops: [{ outcome: 'answered', error: 'with a \0 in it' }] },
    ...facts,
  };
}

describe.each(databases)('calls of models on $name', ({ provide }) => {
  let store: Store;
  let release: () => Promise<void>;
  beforeAll(async () => {
    const provided = await provide();
    release = provided.release;
    store = await openStore(provided.options);
  }, 120_000);
  afterAll(async () => {
    await store.close();
    await release();
  });

  it('are kept once, with why they went where they went, for their tenant (C6)', async () => {
    const call = callOf();
    await store.routedCalls.add(call);
    await store.routedCalls.add({ ...call, costNanos: 0 });
    const kept = { ...call, trace: { hops: [{ outcome: 'answered', error: 'with a \ufffd in it' }] } };
    expect(await store.routedCalls.get('acme', call.id)).toEqual(kept);
    expect(await store.routedCalls.get('other', call.id)).toBeNull();
  });

  it('are kept when nobody answered, and until when that is', async () => {
    const error = { code: 'PROVIDER_UNAVAILABLE', message: 'all are down', retryable: true };
    const call = callOf({ status: 'WAITS', deployment: null, error, retryAt: at + 60_000, trace: {} });
    await store.routedCalls.add(call);
    expect(await store.routedCalls.get('acme', call.id)).toEqual(call);
  });

  it('are listed by task, the newest of many, in their order', async () => {
    const of = { runId: 'run_2', taskPath: 'each[3]/ask', trace: {} };
    const calls = [0, 1, 2, 3].map((minute) => callOf({ ...of, at: at + minute * 60_000 }));
    for (const call of calls.toReversed()) await store.routedCalls.add(call);
    await store.routedCalls.add(callOf({ ...of, taskPath: 'each[4]/ask' }));
    expect(await store.routedCalls.ofTask('acme', 'run_2', 'each[3]/ask', 3)).toEqual(calls.slice(1));
    expect(await store.routedCalls.ofTask('other', 'run_2', 'each[3]/ask', 3)).toEqual([]);
  });

  it('leave answers that may be given again, to their tenant, while they are young enough (C8)', async () => {
    const { modelReplies } = store;
    await modelReplies.keep('acme', 'key', { text: 'old' }, at);
    await modelReplies.keep('acme', 'key', { text: 'new' }, at + 1_000);
    expect(await modelReplies.find('acme', 'key', at + 1_000)).toEqual({ text: 'new' });
    expect(await modelReplies.find('acme', 'key', at + 1_001)).toBeNull();
    expect(await modelReplies.find('other', 'key', at)).toBeNull();
    await modelReplies.keep('acme', 'later', { text: 'x' }, at + 40 * 86_400_000);
    expect(await modelReplies.find('acme', 'key', 0)).toBeNull();
  });
});
