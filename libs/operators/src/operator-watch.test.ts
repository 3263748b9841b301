import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { newId, workflowIdOf } from '#contracts';
import type { NewSignal, Store } from '#store';
import { openStore } from '#store';
import { createLogger } from '#telemetry';
import { createEndReconciler } from './ended-workflows.js';
import { createPauseMirror } from './native-pauses.js';
import type { OperatorsDeps, TerminatedRun } from './operators-deps.js';
import type { Ending, NativePause, RootWorkflow } from './operators-temporal.js';

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
  endings: new Map<string, Ending | null>(),
};
let told: NewSignal[] = [];
let killed: TerminatedRun[] = [];
let terminated: string[] = [];
beforeEach(() => {
  temporal.native.clear();
  temporal.endings.clear();
  temporal.open = [];
  temporal.ended = [];
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
});
