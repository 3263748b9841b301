import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Pause, TaskStatus } from '#contracts';
import { workflowIdOf } from '#contracts';
import { startRuns, tool } from './runs-fixture.js';
import type { RunsFixture } from './runs-fixture.js';

let runs: RunsFixture;
/** How often each item was done. */
let done: Map<number, number>;
/** Told of each item when it is done. */
let seen: (count: number) => void = () => undefined;

beforeAll(async () => {
  runs = await startRuns([
    tool('double', async (input) => {
      const { n } = input as { n: number };
      done.set(n, (done.get(n) ?? 0) + 1);
      seen(done.size);
      return n * 2;
    }),
  ]);
});
afterAll(() => runs.close());
beforeEach(() => {
  done = new Map();
  seen = () => undefined;
});

const count = 20_000;
const list = Array.from({ length: count }, (_, n) => n);
const document = {
  tasks: [
    {
      id: 'm',
      kind: 'map',
      over: '${inputs.list}',
      batch: 250,
      concurrency: 4,
      do: { kind: 'tool', tool: 'double', with: { n: '${item}' } },
    },
  ],
  output: '${tasks.m.output}',
};
const tenant = 'default';

/** Resolves as soon as so many items are done. */
function whenDone(items: number): Promise<void> {
  return new Promise((resolve) => {
    seen = (sofar) => {
      if (sofar >= items) resolve();
    };
  });
}

async function resultsIn(runId: string): Promise<number> {
  const rows = await runs.store.mapResults.read(tenant, runId, 'm', 0, count);
  return rows.reduce((sum, { items }) => sum + items.length, 0);
}

/** Resolves when nothing more is done for a while. */
async function whenQuiet(): Promise<number> {
  for (let before = -1; before !== done.size;) {
    before = done.size;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  return done.size;
}

async function expectAllOnce(runId: string): Promise<void> {
  const { status, output } = await runs.ended(runId);
  expect(status).toBe('SUCCEEDED');
  const { items, ...totals } = (await runs.store.values.load(tenant, output!)) as {
    items: { status: TaskStatus; output: number }[];
  };
  expect(totals).toEqual({ succeeded: count, failed: 0 });
  expect(items.findIndex((item, n) => item.status !== 'SUCCEEDED' || item.output !== n * 2)).toBe(-1);
  expect(items).toHaveLength(count);
  expect(await resultsIn(runId)).toBe(count);
  expect([...done.values()].filter((times) => times !== 1)).toEqual([]);
}

describe('a map of twenty thousand items (A22)', () => {
  it('goes through more batches than one execution holds, and does each item once', async () => {
    const runId = await runs.start(document, { list }, { continueAfterEvents: 60 });
    await expectAllOnce(runId);
    const { raw } = await runs.client.workflow.getHandle(workflowIdOf(runId)).describe();
    expect(raw.workflowExecutionInfo?.firstRunId).not.toBe(raw.workflowExecutionInfo?.execution?.runId);
  });

  it('stops between two items while it is held, and goes on there (A10)', async () => {
    const middle = whenDone(count / 4);
    const runId = await runs.start(document, { list }, { continueAfterEvents: 60 });
    await middle;
    const pause: Pause = { source: 'API', by: 'test', interrupt: false, since: Date.now() };
    await runs.store.pauses.add(tenant, runId, pause, true);
    const workflow = runs.client.workflow.getHandle(workflowIdOf(runId));
    await workflow.signal('pause', pause);
    const held = await whenQuiet();
    expect(held).toBeLessThan(count);
    // What is done is kept, though its batches have not come back.
    expect(await resultsIn(runId)).toBe(held);
    expect((await runs.store.runs.get(tenant, runId))?.status).toBe('PAUSED');

    await runs.store.pauses.lift(tenant, runId, 'all', 'test');
    await workflow.signal('resume', { by: 'test', at: Date.now() });
    await expectAllOnce(runId);
  });

  it('leaves the rest undone when it is cancelled (A10)', async () => {
    const middle = whenDone(count / 4);
    const runId = await runs.start(document, { list });
    await middle;
    await runs.cancel(runId);
    expect((await runs.ended(runId)).status).toBe('CANCELLED');
    expect(await whenQuiet()).toBeLessThan(count);
    expect(await resultsIn(runId)).toBe(done.size);
    expect((await runs.store.tasks.get(tenant, runId, 'm'))?.status).toBe('CANCELLED');
  });

  it('stops at once when it is killed, and keeps what was done (A10)', async () => {
    const middle = whenDone(count / 4);
    const runId = await runs.start(document, { list });
    await middle;
    await runs.store.runs.requestStop(tenant, runId, 'kill', 'test', 'test');
    await runs.client.workflow.getHandle(workflowIdOf(runId)).terminate('killed by test');
    const left = await whenQuiet();
    expect(left).toBeLessThan(count);
    expect(await resultsIn(runId)).toBe(left);
  });
});
