import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, workflowIdOf } from '#contracts';
import type { NewSignal, Store } from '#store';
import { openStore } from '#store';
import { createLogger } from '#telemetry';
import { createEndReconciler } from './ended-workflows.js';
import { createPauseMirror } from './native-pauses.js';
import type { OperatorsDeps, TerminatedRun } from './operators-deps.js';
import type { Ending, NativePause, Reset, RootWorkflow, StartedWorkflow } from './operators-temporal.js';
import { createResetReconciler } from './reset-workflows.js';

let store: Store;
beforeAll(async () => {
  store = await openStore({});
}, 60_000);
afterAll(() => store.close());

/** Temporal as operators leave it. */
const temporal = {
  native: new Map<string, NativePause>(),
  open: [] as string[],
  ended: [] as RootWorkflow[],
  started: [] as StartedWorkflow[],
  resets: new Map<string, Reset>(),
  endings: new Map<string, Ending | 'unknown' | null>(),
};
let told: NewSignal[] = [];
let killed: TerminatedRun[] = [];
let terminated: string[] = [];
beforeEach(() => {
  temporal.native.clear();
  temporal.endings.clear();
  temporal.open = [];
  temporal.ended = [];
  temporal.started = [];
  temporal.resets.clear();
  [told, killed, terminated] = [[], [], []];
});

function deps(): OperatorsDeps {
  const roots = (ids: Iterable<string>) => [...ids].map(rootOf);
  return {
    store,
    now: Date.now,
    logger: createLogger({ level: 'silent' }),
    tell: async (...signals) => void told.push(...signals),
    kill: async (run) => void killed.push(run),
    terminate: async (workflowId) => void terminated.push(workflowId),
    temporal: {
      paused: async () => roots(temporal.native.keys()),
      pauseOf: async (id) => temporal.native.get(id) ?? null,
      open: async () => temporal.open,
      ended: async () => temporal.ended,
      started: async () => temporal.started,
      resetOf: async (_workflowId, temporalRunId) => temporal.resets.get(temporalRunId) ?? null,
      output: async () => ({ inline: 'done' }),
      ending: async (id) => temporal.endings.get(id) ?? null,
    },
  };
}

function rootOf(workflowId: string): RootWorkflow {
  return { workflowId, temporalRunId: workflowId, tenant: 'default', runId: workflowId.slice('run/'.length) };
}

async function liveRun(): Promise<{ runId: string; workflowId: string }> {
  const runId = newId('run');
  const workflowId = workflowIdOf(runId);
  await store.runs.create({ id: runId, tenant: 'default', workflowId, createdAt: Date.now(), plan: {} }, []);
  const tasks = [{ path: 'a', kind: 'tool', status: 'RUNNING' } as const];
  await store.record({ tenant: 'default', runId, events: [], tasks, run: { status: 'RUNNING' } });
  await store.runs.markDispatched('default', runId, 'first');
  return { runId, workflowId };
}

const statusOf = async (runId: string) => (await store.runs.get('default', runId))?.status;

describe('a pause of Temporal’s own (A10)', () => {
  const native: NativePause = { by: 'ada', reason: 'looks wrong', since: 1_000 };

  it('is carried to every workflow of the run, once, and lifted everywhere', async () => {
    const { runId, workflowId } = await liveRun();
    const round = createPauseMirror(deps());
    temporal.open = [workflowId, `${workflowId}/child`];
    temporal.native.set(workflowId, native);
    await round();
    await round();
    expect(told.map(({ workflowId: to, name }) => [to, name])).toEqual([
      [workflowId, 'pause'],
      [`${workflowId}/child`, 'pause'],
    ]);
    expect(told[0]?.argument).toMatchObject({
      source: 'TEMPORAL',
      by: 'ada',
      reason: 'looks wrong',
      since: 1_000,
    });
    expect(await store.pauses.of('default', runId)).toMatchObject([
      { source: 'TEMPORAL', by: 'ada', reason: 'looks wrong', since: 1_000 },
    ]);
    expect(await statusOf(runId)).toBe('PAUSED');
    told = [];
    temporal.native.clear();
    await round();
    expect(told.map(({ workflowId: to, name }) => [to, name])).toEqual([
      [workflowId, 'resume'],
      [`${workflowId}/child`, 'resume'],
    ]);
    expect(told[0]?.argument).toMatchObject({ sources: ['TEMPORAL'] });
    expect(await store.pauses.of('default', runId)).toEqual([]);
    told = [];
    await round();
    expect(told).toEqual([]);
  });

  it('reaches a child that was seen only later, and leaves other pauses alone', async () => {
    const { runId, workflowId } = await liveRun();
    const by = { source: 'API', by: 'ops', since: 5 } as const;
    await store.pauses.add('default', runId, by, true);
    const round = createPauseMirror(deps());
    temporal.native.set(workflowId, native);
    await round();
    temporal.open = [workflowId, `${workflowId}/late`];
    await round();
    expect(told.map(({ workflowId: to }) => to)).toEqual([workflowId, `${workflowId}/late`]);
    temporal.native.clear();
    await round();
    expect(await store.pauses.of('default', runId)).toMatchObject([{ source: 'API' }]);
    expect(await statusOf(runId)).toBe('PAUSED');
  });
});

describe('the end of a workflow that is not its own doing', () => {
  const ending = (status: Ending['status']): Ending => ({
    status,
    by: 'ada',
    reason: 'enough',
    at: Date.now(),
  });

  it('becomes a kill that names the operator, when it was terminated', async () => {
    const { runId, workflowId } = await liveRun();
    temporal.ended = [rootOf(workflowId)];
    temporal.endings.set(workflowId, ending('TERMINATED'));
    const round = createEndReconciler(deps());
    await round();
    await round();
    expect(killed).toMatchObject([{ id: runId, by: 'ada', reason: 'terminated in Temporal by ada: enough' }]);
    expect(await store.runs.holds()).toContainEqual({ runId, stop: 'kill', hold: null });
  });

  it('becomes the end of the run and of its tasks, else', async () => {
    const { runId, workflowId } = await liveRun();
    temporal.ended = [rootOf(workflowId)];
    temporal.open = [`${workflowId}/child`];
    temporal.endings.set(workflowId, ending('TIMED_OUT'));
    await createEndReconciler(deps())();
    expect(await store.runs.get('default', runId)).toMatchObject({
      status: 'FAILED',
      error: { message: 'timed out in Temporal by ada: enough' },
    });
    expect(await store.tasks.get('default', runId, 'a')).toMatchObject({ status: 'CANCELLED' });
    expect(terminated).toEqual([`${workflowId}/child`]);
    const events = await store.events.after('default', runId, 0, 100);
    expect(events.at(-1)).toMatchObject({ type: 'run.ended', data: { status: 'FAILED', by: 'ada' } });
  });

  it('is none, when the workflow was reset', async () => {
    const { runId, workflowId } = await liveRun();
    temporal.ended = [rootOf(workflowId)];
    await createEndReconciler(deps())();
    expect(killed).toEqual([]);
    expect(await statusOf(runId)).toBe('RUNNING');
  });

  it('is found however long ago it was, among more live runs than one round asks after', async () => {
    const runs = await Promise.all(Array.from({ length: 105 }, () => liveRun()));
    for (const { workflowId } of runs) temporal.endings.set(workflowId, ending('FAILED'));
    const round = createEndReconciler(deps());
    const statuses = async () => new Set(await Promise.all(runs.map(({ runId }) => statusOf(runId))));
    for (let rounds = 0; (await statuses()).has('RUNNING'); rounds++) {
      expect(rounds).toBeLessThan(20);
      await round();
    }
    expect(await statuses()).toEqual(new Set(['FAILED']));
  });

  it('is success when the workflow completed and its own last word was not heard', async () => {
    const { runId, workflowId } = await liveRun();
    temporal.endings.set(workflowId, ending('COMPLETED'));
    temporal.ended = [rootOf(workflowId)];
    await createEndReconciler(deps())();
    expect(await store.runs.get('default', runId)).toMatchObject({
      status: 'SUCCEEDED',
      output: { inline: 'done' },
    });
  });

  it('is no end of a rollback that was asked for after it', async () => {
    const { runId, workflowId } = await liveRun();
    temporal.ended = [rootOf(workflowId)];
    temporal.endings.set(workflowId, { ...ending('COMPLETED'), at: 4_000 });
    await store.rollbacks.request('default', runId, { by: 'ann', at: 5_000 });
    const round = createEndReconciler(deps());
    await round();
    expect(await statusOf(runId)).toBe('ROLLING_BACK');
    temporal.open = [`${workflowId}/child`];
    temporal.endings.set(workflowId, { ...ending('FAILED'), at: 6_000 });
    await round();
    expect([terminated, killed]).toEqual([[], []]);
    temporal.endings.set(workflowId, { ...ending('TERMINATED'), at: 6_000 });
    await round();
    expect(killed).toMatchObject([{ id: runId }]);
  });

  it('is only said, not made, when Temporal does not know the workflow', async () => {
    const { runId, workflowId } = await liveRun();
    temporal.endings.set(workflowId, 'unknown');
    temporal.ended = [rootOf(workflowId)];
    await createEndReconciler(deps())();
    expect(await store.runs.get('default', runId)).toMatchObject({
      status: 'RUNNING',
      stuck: { detail: expect.stringContaining('does not know the workflow') },
    });
  });
});

describe('a reset of the workflow of a run that has ended', () => {
  async function endedRun(status: 'FAILED' | 'SUCCEEDED', finishedAt: number) {
    const run = await liveRun();
    const tasks = [
      { path: 'kept', kind: 'tool', status: 'SUCCEEDED', startedAt: 1_000, finishedAt: 2_000 },
      { path: 'open', kind: 'plan', status: 'FAILED', startedAt: 2_000, finishedAt },
      { path: 'a', kind: 'tool', status: 'FAILED', startedAt: 4_000, finishedAt },
    ] as const;
    const { runId } = run;
    await store.record({ tenant: 'default', runId, events: [], tasks, run: { status, finishedAt } });
    return run;
  }
  const execution = (workflowId: string, startedAt: number): StartedWorkflow => ({
    ...rootOf(workflowId),
    temporalRunId: `again-${workflowId}`,
    startedAt,
    open: true,
  });

  it('makes the run live again, back at the point of the reset, and tells who did it and why', async () => {
    const { runId, workflowId } = await endedRun('FAILED', 5_000);
    temporal.started = [execution(workflowId, 9_000)];
    temporal.resets.set(`again-${workflowId}`, { by: 'ada', reason: 'once more', from: 3_000 });
    const round = createResetReconciler(deps());
    await round();
    await round();
    const row = await store.runs.get('default', runId);
    expect(row).toMatchObject({
      status: 'RUNNING',
      finishedAt: null,
      error: null,
      temporalRunId: `again-${workflowId}`,
    });
    const tasks = await store.tasks.list('default', runId);
    expect(tasks.map(({ path, status }) => [path, status])).toEqual([
      ['a', 'PENDING'],
      ['kept', 'SUCCEEDED'],
      ['open', 'RUNNING'],
    ]);
    const events = await store.events.after('default', runId, 0, 100);
    expect(events).toMatchObject([
      { type: 'run.resumed', data: { by: 'ada', reason: 'its workflow was reset in Temporal: once more' } },
    ]);
    expect(row?.eventPosition).toBe(1);
    expect(terminated).toEqual([]);
  });

  it('is followed to its end when that came first', async () => {
    const { runId, workflowId } = await endedRun('FAILED', 5_000);
    temporal.started = [{ ...execution(workflowId, 9_000), open: false }];
    temporal.resets.set(`again-${workflowId}`, { by: 'ada', reason: '', from: 3_000 });
    temporal.endings.set(workflowId, { status: 'COMPLETED', by: 'Temporal', reason: '', at: 9_500 });
    await createResetReconciler(deps())();
    expect(await store.runs.get('default', runId)).toMatchObject({ status: 'SUCCEEDED', finishedAt: 9_500 });
  });

  it('is refused for a killed run, and the run says so, once', async () => {
    const { runId, workflowId } = await liveRun();
    const kill = { reason: 'runaway', by: 'ops', stoppedInMs: 1, startedKillAt: Date.now() };
    await store.runs.requestStop('default', runId, 'kill', kill.reason, kill.by);
    await store.runs.endKilled('default', runId, kill);
    temporal.started = [execution(workflowId, Date.now() + 60_000)];
    temporal.resets.set(`again-${workflowId}`, { by: 'ada', reason: '', from: 1 });
    await createResetReconciler(deps())();
    await createResetReconciler(deps())();
    expect(new Set(terminated)).toEqual(new Set([workflowId]));
    expect(await statusOf(runId)).toBe('KILLED');
    const events = await store.events.after('default', runId, 0, 100);
    const reasons = events.map(({ data }) => String(data?.['reason'] ?? ''));
    expect(reasons.filter((reason) => reason.includes('a killed run does not go on'))).toHaveLength(1);
  });

  it('is refused for a run that was rolled back: what it did is undone, and would not be made anew', async () => {
    const { runId, workflowId } = await endedRun('FAILED', 5_000);
    await store.rollbacks.request('default', runId, { by: 'ann', at: 6_000 });
    await store.rollbacks.begin('default', runId);
    await store.rollbacks.end('default', runId);
    const status = await statusOf(runId);
    expect(status).toMatch(/^ROLLED_BACK$|^ROLLBACK_INCOMPLETE$/);
    temporal.started = [execution(workflowId, Date.now() + 60_000)];
    temporal.resets.set(`again-${workflowId}`, { by: 'ada', reason: '', from: 1 });
    await createResetReconciler(deps())();
    expect([await statusOf(runId), new Set(terminated)]).toEqual([status, new Set([workflowId])]);
    const events = await store.events.after('default', runId, 0, 100);
    expect(JSON.stringify(events)).toContain('the run was rolled back, and does not go on');
  });

  it('is not seen in an execution that was there before the run ended', async () => {
    const { runId, workflowId } = await endedRun('SUCCEEDED', 5_000);
    temporal.started = [execution(workflowId, 4_999)];
    await createResetReconciler(deps())();
    expect([await statusOf(runId), terminated]).toEqual(['SUCCEEDED', []]);
  });
});
