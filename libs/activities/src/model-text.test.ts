import { describe, expect, it } from '@jest/globals';
import type { RunRecord } from '#contracts';
import type { Store } from '#store';
import { createModelText } from './model-text.js';
import { until } from './testing/segment-fixture.js';

/** A store that notes what it is to record, and takes its time where a test wants that. */
function noting(slow?: Promise<void>) {
  const records: { readonly record: RunRecord; readonly at: number }[] = [];
  const store = {
    record: async (record: RunRecord) => {
      records.push({ record, at: Date.now() });
      await slow;
    },
  } as unknown as Store;
  const events = () => records.flatMap(({ record }) => record.events);
  const text = () =>
    events()
      .map(({ data }) => data?.text)
      .join('');
  return { store, records, events, text };
}

const source = { tenant: 'acme', runId: 'run_1', taskPath: 'ask', turn: null, attempt: 2 };

describe('the text of a model, while it is written', () => {
  it('is told at once, then a few times a second, and at the end all of it', async () => {
    const { store, records, events, text } = noting();
    const sink = createModelText(store)(source);
    const begun = Date.now();
    sink.text('Once');
    expect(records).toHaveLength(1);
    let written = 'Once';
    while (Date.now() - begun < 700) {
      sink.text('.');
      written += '.';
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await sink.end();
    expect(text()).toBe(written);
    expect(records.length).toBeLessThanOrEqual(7);
    expect(events()[0]).toEqual({
      type: 'model.delta',
      at: expect.any(Number),
      taskPath: 'ask',
      data: { attempt: 2, text: 'Once' },
    });
  });

  it('says of an agent which turn it is', async () => {
    const { store, events } = noting();
    const sink = createModelText(store)({ ...source, turn: 3 });
    sink.text('x');
    await sink.end();
    expect(events()[0]?.data).toEqual({ attempt: 2, turn: 3, text: 'x' });
  });

  it('grows in pieces, not in number, where the database is slow', async () => {
    const gate = Promise.withResolvers<void>();
    const { store, records, text } = noting(gate.promise);
    const sink = createModelText(store)(source);
    sink.text('a');
    await until(() => records.length === 1);
    const waited = Date.now();
    for (let n = 0; n < 100; n++) sink.text('b');
    await until(() => Date.now() - waited > 400);
    expect(records).toHaveLength(1);
    gate.resolve();
    await sink.end();
    expect(records).toHaveLength(2);
    expect(text()).toBe(`a${'b'.repeat(100)}`);
  });

  it('ends somewhere, however much comes', async () => {
    const { store, events, text } = noting();
    const sink = createModelText(store)(source);
    for (let n = 0; n < 50; n++) sink.text('x'.repeat(10_000));
    await sink.end();
    expect(text()).toHaveLength(256 * 1024);
    expect(events().every(({ data }) => String(data?.text).length <= 8 * 1024)).toBe(true);
  });

  it('fails no call when it cannot be written', async () => {
    const store = { record: () => Promise.reject(new Error('away')) } as unknown as Store;
    const sink = createModelText(store)(source);
    sink.text('x');
    await sink.end();
  });
});
