import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { nexusError } from '#contracts';
import { startRuns, tool } from './runs-fixture.js';
import type { RunsFixture } from './runs-fixture.js';

let runs: RunsFixture;
const calls: number[] = [];

beforeAll(async () => {
  const crm = tool(
    'crm.update',
    async () => {
      calls.push(Date.now());
      if (calls.length > 5) return 'kept';
      throw nexusError('TOOL_FAILED', 'HTTP 503', { retryable: true });
    },
    'keyed',
  );
  runs = await startRuns([{ ...crm, breaker: {} }]);
});
afterAll(() => runs.close());

it('a run waits for a tool that keeps failing, says until when, and goes on by itself (C4)', async () => {
  // The sixth attempt succeeds: had the wait used one up, there would be none.
  const retry = { maxAttempts: 6, initial: '1ms', factor: 1, on: ['TOOL_FAILED'] };
  const runId = await runs.start({
    tasks: [{ id: 'a', kind: 'tool', tool: 'crm.update', retry }],
    output: '${tasks.a.output}',
  });
  expect(await runs.ended(runId)).toMatchObject({ status: 'SUCCEEDED', output: { inline: 'kept' } });
  const events = await runs.store.events.after('default', runId, 0, 100);
  const waits = events.flatMap(({ type, data }) => (type === 'task.waiting' ? [data] : []));
  const until = new Date((waits[0] as { wait: { until: string } }).wait.until).getTime();
  expect(waits).toMatchObject([
    { wait: { kind: 'DEPENDENCY', detail: 'tool crm.update keeps failing: TOOL_FAILED: HTTP 503' } },
  ]);
  expect(events.map(({ type }) => type)).toContain('run.waiting');
  expect(calls).toHaveLength(6);
  expect(calls[5]).toBeGreaterThanOrEqual(until);
  expect(until).toBeGreaterThan((calls[4] ?? 0) + 3_000);
});
