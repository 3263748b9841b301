import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, workflowIdOf } from '#contracts';
import type { RunPatch, RunStatus } from '#contracts';
import { databases } from './databases.js';
import { at, code, effectOf, openUndoRuns, tenant } from './undo-runs.js';
import type { UndoRuns } from './undo-runs.js';

describe.each(databases)('rollbacks in the store on $name', ({ provide }) => {
  let runs: UndoRuns;
  const store = () => runs.store;
  const request = { by: 'ann', reason: 'wrong', at };

  beforeAll(async () => {
    runs = await openUndoRuns(provide);
  }, 120_000);
  afterAll(() => runs.close());

  const record = async (runId: string, run: RunPatch, ended = false) =>
    await store().record({
      tenant,
      runId,
      events: ended
        ? [
            { type: 'task.succeeded', at },
            { type: 'run.ended', at },
          ]
        : [],
      tasks: [],
      run,
    });
  const end = async (runId: string, status: RunStatus) => await record(runId, { status }, true);
  const isOpen = async (runId: string) =>
    (await store().rollbacks.open()).find(({ id }) => id === runId)?.rollback;

  async function withEffects(...paths: readonly string[]): Promise<string> {
    const runId = await runs.startRun();
    for (const path of paths) {
      await store().effects.register(effectOf(runId, path));
      await store().effects.settle({ tenant, runId, path, generation: 0, state: 'HAPPENED' });
    }
    return runId;
  }

  const failure = { code: 'TOOL_FAILED', message: 'no answer', retryable: true };
  async function undo(runId: string, results: Readonly<Record<string, boolean>>): Promise<void> {
    const places = Object.keys(results).map((path) => ({ path, generation: 0 }));
    await store().effects.beginCompensation(
      tenant,
      runId,
      places.map((place) => ({ ...place, key: 'k' })),
    );
    await store().effects.endCompensation(
      tenant,
      runId,
      places.map((place) =>
        results[place.path]
          ? { ...place, state: 'COMPENSATED', attempts: 1 }
          : { ...place, state: 'FAILED', attempts: 3, error: failure },
      ),
    );
  }

  it('of a live run tell its workflow, lift its pauses, and are asked for once', async () => {
    const runId = await withEffects('a');
    await store().pauses.add(tenant, runId, { source: 'API', by: 'bob', since: at }, false);
    expect(await store().rollbacks.request(tenant, runId, request)).toEqual({
      state: 'started',
      live: true,
      status: 'PAUSED',
      lifted: [{ source: 'API', by: 'bob', interrupt: false, since: at }],
    });
    expect(await runs.row(runId)).toMatchObject({ status: 'ROLLING_BACK', waiting: null });
    expect(await store().signals.of(runId)).toEqual([
      {
        id: expect.any(Number),
        tenant,
        runId,
        workflowId: workflowIdOf(runId),
        name: 'rollback',
        argument: request,
      },
    ]);
    expect(await store().rollbacks.request(tenant, runId, { by: 'bob', at })).toMatchObject({
      state: 'already',
      live: true,
    });
    expect(await runs.told(runId)).toEqual([
      { type: 'run.rolling_back', data: { by: 'ann', reason: 'wrong' } },
    ]);
    expect(await isOpen(runId)).toBe('REQUESTED');
    await expect(store().rollbacks.request('other', runId, request)).rejects.toMatchObject(code('NOT_FOUND'));
  });

  it('of a run whose workflow may just have begun tell it, should it have', async () => {
    const runId = newId('run');
    await store().runs.create(
      { id: runId, tenant, workflowId: workflowIdOf(runId), createdAt: at, bound: {} },
      [],
    );
    expect(await store().rollbacks.request(tenant, runId, request)).toMatchObject({
      state: 'started',
      live: false,
    });
    expect(await store().signals.of(runId)).toMatchObject([{ name: 'rollback', argument: request }]);
  });

  it('take back that a task was to be tried again', async () => {
    const runId = await withEffects('a');
    const again = { tenant, runId, workflowId: workflowIdOf(runId), name: 'secondTry', argument: {} };
    await store().signals.add(again);
    await store().rollbacks.request(tenant, runId, request);
    expect((await store().signals.of(runId)).map(({ name }) => name)).toEqual(['rollback']);
  });

  it('leave nothing COMPENSATING when the run is killed, and know that it was begun', async () => {
    const runId = await withEffects('a');
    await record(runId, { status: 'RUNNING' });
    await store().rollbacks.request(tenant, runId, request);
    await store().rollbacks.begin(tenant, runId);
    const begin = async () =>
      await store().effects.beginCompensation(tenant, runId, [{ path: 'a', generation: 0, key: 'k' }]);
    await begin();
    await store().runs.requestStop(tenant, runId, 'kill', 'enough', 'bob');
    await store().runs.endKilled(tenant, runId, {
      reason: 'enough',
      by: 'bob',
      stoppedInMs: 1,
      startedKillAt: at,
    });
    expect(await store().tasks.get(tenant, runId, 'a')).toMatchObject({
      status: 'COMPENSATION_FAILED',
      error: { code: 'KILLED' },
    });
    await store().rollbacks.request(tenant, runId, request);
    await store().rollbacks.begin(tenant, runId);
    expect(await begin()).toMatchObject([{ path: 'a', before: true }]);
  });

  it('of a live run are not undone by what its workflow still records', async () => {
    const runId = await withEffects('a');
    await store().rollbacks.request(tenant, runId, request);
    const waiting = { kind: 'TIMER', detail: 'a timer', since: 'now' } as const;
    for (const patch of [
      { status: 'RUNNING', waiting: null },
      { status: 'WAITING', waiting },
      { status: 'CANCELLING' },
    ] satisfies RunPatch[]) {
      await record(runId, patch);
      expect(await runs.row(runId)).toMatchObject({
        status: 'ROLLING_BACK',
        waiting: null,
        finishedAt: null,
      });
    }
    for (const status of ['SUCCEEDED', 'FAILED', 'CANCELLED', 'ROLLED_BACK'] as const) {
      await end(runId, status);
      expect(await runs.row(runId)).toMatchObject({ status: 'ROLLING_BACK', finishedAt: null });
    }
    expect((await runs.told(runId)).map(({ type }) => type)).toEqual([
      'run.rolling_back',
      ...Array.from({ length: 4 }, () => 'task.succeeded'),
    ]);
  });

  it('bring a run back that has ended, a killed one included, and off the stop list', async () => {
    for (const status of ['FAILED', 'KILLED'] as const) {
      const runId = await withEffects('a');
      if (status === 'FAILED') await end(runId, 'FAILED');
      else {
        await store().runs.requestStop(tenant, runId, 'kill', 'enough', 'bob');
        const killed = { reason: 'enough', by: 'bob', stoppedInMs: 1, startedKillAt: at };
        await store().runs.endKilled(tenant, runId, killed);
      }
      expect(await store().rollbacks.request(tenant, runId, request)).toEqual({
        state: 'started',
        live: false,
        status,
        lifted: [],
      });
      expect(await runs.row(runId)).toMatchObject({ status: 'ROLLING_BACK', finishedAt: null, stop: null });
      expect(await store().signals.of(runId)).toEqual([]);
      expect((await store().runs.killing()).map(({ id }) => id)).not.toContain(runId);
      expect(await store().rollbacks.begin(tenant, runId)).toMatchObject({ begun: true });
      await undo(runId, { a: true });
      expect(await store().rollbacks.end(tenant, runId)).toEqual({
        status: 'ROLLED_BACK',
        compensated: 1,
        failed: [],
      });
    }
  });

  it('begin by fencing off all segments and ending what still ran, however often', async () => {
    const runId = await withEffects('a');
    const opening = { tenant, runId, segmentId: 's', temporalRunId: 't', engineVersion: '1' };
    const { epoch } = await store().segments.open(opening);
    await store().record({
      tenant,
      runId,
      events: [],
      tasks: [
        { path: 'b', kind: 'tool', status: 'RUNNING' },
        { path: 'c', kind: 'tool', status: 'PENDING' },
      ],
    });
    await store().runs.requestStop(tenant, runId, 'cut', 'stop', 'bob');
    expect(await store().rollbacks.begin(tenant, runId)).toEqual({ begun: false, status: 'RUNNING' });
    await store().rollbacks.request(tenant, runId, request);
    expect(await store().rollbacks.begin(tenant, runId)).toEqual({ begun: true, status: 'ROLLING_BACK' });
    expect(await store().rollbacks.begin(tenant, runId)).toMatchObject({ begun: true });
    expect(await isOpen(runId)).toBe('RUNNING');
    expect(await runs.row(runId)).toMatchObject({ stop: null });
    const late = store().record({
      tenant,
      runId,
      events: [],
      tasks: [],
      segment: { id: 's', epoch, journal: ['x'] },
    });
    await expect(late).rejects.toMatchObject(code('CONFLICT'));
    const tasks = await store().tasks.list(tenant, runId);
    expect(tasks.map(({ path, status }) => [path, status])).toEqual([
      ['b', 'CANCELLED'],
      ['c', 'CANCELLED'],
    ]);
    expect((await runs.told(runId)).filter(({ type }) => type === 'task.cancelled')).toMatchObject([
      { path: 'b' },
    ]);
    await store().record({
      tenant,
      runId,
      events: [],
      tasks: [{ path: 'b', kind: 'tool', status: 'RUNNING' }],
    });
    expect((await store().tasks.get(tenant, runId, 'b'))?.status).toBe('CANCELLED');
  });

  it('that the run itself goes into keep its error, and can be paused', async () => {
    const runId = await withEffects('a');
    await record(runId, { status: 'ROLLING_BACK', error: failure });
    expect(await runs.row(runId)).toMatchObject({ status: 'ROLLING_BACK', error: failure });
    expect(await isOpen(runId)).toBe('REQUESTED');
    expect(await store().rollbacks.request(tenant, runId, request)).toMatchObject({ state: 'already' });
    await store().rollbacks.begin(tenant, runId);
    await store().pauses.add(tenant, runId, { source: 'API', by: 'bob', since: at }, true);
    expect(await runs.row(runId)).toMatchObject({ status: 'PAUSED', waiting: { kind: 'PAUSED' } });
    expect((await store().runs.holds()).find((one) => one.runId === runId)).toMatchObject({ hold: 'hold' });
    await record(runId, { status: 'RUNNING' });
    await end(runId, 'FAILED');
    expect(await runs.row(runId)).toMatchObject({ status: 'PAUSED' });
    await store().pauses.lift(tenant, runId, 'all', 'bob');
    expect(await runs.row(runId)).toMatchObject({ status: 'ROLLING_BACK', waiting: null });
    await undo(runId, { a: true });
    await store().rollbacks.end(tenant, runId);
    expect(await runs.row(runId)).toMatchObject({ status: 'ROLLED_BACK', error: failure });
  });

  it('can be killed, and done again', async () => {
    const runId = await withEffects('a', 'b');
    await end(runId, 'FAILED');
    await store().rollbacks.request(tenant, runId, request);
    await store().rollbacks.begin(tenant, runId);
    await undo(runId, { a: true });
    await store().runs.requestStop(tenant, runId, 'kill', 'enough', 'bob');
    expect((await store().runs.holds()).find((one) => one.runId === runId)).toMatchObject({ stop: 'kill' });
    expect(await isOpen(runId)).toBeUndefined();
    expect(await store().rollbacks.begin(tenant, runId)).toMatchObject({ begun: false });
    expect(await store().rollbacks.end(tenant, runId)).toMatchObject({ status: 'ROLLING_BACK' });
    const killed = { reason: 'enough', by: 'bob', stoppedInMs: 1, startedKillAt: at };
    expect(await store().runs.endKilled(tenant, runId, killed)).toBe(true);
    expect(await runs.row(runId)).toMatchObject({ status: 'KILLED' });
    expect(await store().rollbacks.request(tenant, runId, request)).toMatchObject({ state: 'started' });
    await store().rollbacks.begin(tenant, runId);
    await undo(runId, { a: true, b: true });
    expect(await store().rollbacks.end(tenant, runId)).toMatchObject({
      status: 'ROLLED_BACK',
      compensated: 2,
    });
    const done = (await runs.told(runId)).filter(({ type }) => type === 'task.compensated');
    expect(done.map(({ path }) => path)).toEqual(['a', 'b']);
  });

  it('take back what happened or may have, and nothing else', async () => {
    const runId = await withEffects('a');
    await store().effects.register(effectOf(runId, 'nothing'));
    await store().effects.settle({ tenant, runId, path: 'nothing', generation: 0, state: 'NONE' });
    await store().effects.register(
      effectOf(runId, 'for good', { effect: 'irreversible', compensating: null }),
    );
    await store().effects.register(effectOf(runId, 'forgotten'));
    await store().rollbacks.request(tenant, runId, request);
    await store().rollbacks.begin(tenant, runId);
    await undo(runId, { a: true });
    expect(await store().rollbacks.end(tenant, runId)).toEqual({
      status: 'ROLLBACK_INCOMPLETE',
      compensated: 1,
      failed: ['forgotten'],
    });
    expect((await store().tasks.get(tenant, runId, 'forgotten'))?.status).toBe('COMPENSATION_FAILED');
  });

  describe('that are incomplete', () => {
    async function incomplete(): Promise<string> {
      const runId = await withEffects('a', 'b', 'c');
      await store().rollbacks.request(tenant, runId, request);
      await store().rollbacks.begin(tenant, runId);
      await undo(runId, { c: true, a: false, b: false });
      const first = await store().rollbacks.end(tenant, runId);
      expect(first).toEqual({ status: 'ROLLBACK_INCOMPLETE', compensated: 1, failed: ['a', 'b'] });
      expect(await store().rollbacks.end(tenant, runId)).toEqual(first);
      return runId;
    }
    const asked = async (runId: string) =>
      (await store().approvals.of(tenant, runId)).map(({ taskPath, kind, status }) => ({
        taskPath,
        kind,
        status,
      }));

    it('ask a person about each effect, and tell of it before they end', async () => {
      const runId = await incomplete();
      expect(await asked(runId)).toEqual(
        ['a', 'b'].map((taskPath) => ({ taskPath, kind: 'COMPENSATION', status: 'PENDING' })),
      );
      const told = await runs.told(runId);
      expect(told.slice(-3)).toMatchObject([
        { type: 'approval.requested', path: 'a' },
        { type: 'approval.requested', path: 'b' },
        { type: 'run.ended', data: { status: 'ROLLBACK_INCOMPLETE', compensated: 1, failed: ['a', 'b'] } },
      ]);
      const [first] = await store().approvals.of(tenant, runId);
      expect(first).toMatchObject({
        question: expect.stringContaining('"a" did could not be undone: no answer'),
        context: {
          inline: { tool: 'http.request', attempts: 3, error: failure, idempotencyKey: 'key of a' },
        },
      });
    });

    it('go on with what a person has tried again, and ask anew when that fails', async () => {
      const runId = await incomplete();
      expect(await store().effects.retry(tenant, runId, 'c', 'bob')).toEqual({
        done: false,
        status: 'ROLLBACK_INCOMPLETE',
      });
      expect(await store().effects.retry(tenant, runId, 'a', 'bob')).toEqual({
        done: true,
        status: 'ROLLING_BACK',
      });
      expect(await isOpen(runId)).toBe('REQUESTED');
      expect(await store().effects.retry(tenant, runId, 'b', 'bob')).toMatchObject({ done: false });
      expect(await asked(runId)).toMatchObject([{ status: 'APPROVED' }, { status: 'PENDING' }]);
      await store().rollbacks.begin(tenant, runId);
      await undo(runId, { a: false });
      expect(await store().rollbacks.end(tenant, runId)).toMatchObject({ failed: ['a', 'b'] });
      expect((await asked(runId)).map(({ taskPath, status }) => `${taskPath} ${status}`).sort()).toEqual([
        'a APPROVED',
        'a PENDING',
        'b PENDING',
      ]);
      expect((await store().effects.get(tenant, runId, 'a'))?.compensation).toMatchObject({ attempts: 6 });
      await store().effects.retry(tenant, runId, 'a', 'bob');
      await store().rollbacks.begin(tenant, runId);
      await undo(runId, { a: true });
      expect(await store().rollbacks.end(tenant, runId)).toMatchObject({ compensated: 2, failed: ['b'] });
    });

    it('are complete with the last effect that a person has undone by hand', async () => {
      const runId = await incomplete();
      expect(await store().effects.mark(tenant, runId, 'c', 'bob', 'x')).toMatchObject({ done: false });
      expect(await store().effects.mark(tenant, runId, 'a', 'bob', 'by hand')).toEqual({
        done: true,
        status: 'ROLLBACK_INCOMPLETE',
      });
      expect((await store().tasks.get(tenant, runId, 'a'))?.status).toBe('COMPENSATED');
      expect((await store().effects.get(tenant, runId, 'a'))?.compensation).toMatchObject({
        state: 'MARKED',
        by: 'bob',
        comment: 'by hand',
      });
      expect(await store().effects.mark(tenant, runId, 'b', 'cid', 'too')).toEqual({
        done: true,
        status: 'ROLLED_BACK',
      });
      expect(await runs.row(runId)).toMatchObject({ status: 'ROLLED_BACK' });
      expect(await asked(runId)).toMatchObject([{ status: 'APPROVED' }, { status: 'APPROVED' }]);
      expect((await runs.told(runId)).slice(-3)).toMatchObject([
        { type: 'task.compensated', path: 'b', data: { marked: true, by: 'cid', comment: 'too' } },
        { type: 'approval.decided', path: 'b', data: { by: ['cid'], status: 'APPROVED' } },
        { type: 'run.ended', data: { status: 'ROLLED_BACK', by: 'cid' } },
      ]);
    });

    it('can be asked for as a whole once more', async () => {
      const runId = await incomplete();
      expect(await store().rollbacks.request(tenant, runId, request)).toMatchObject({ state: 'started' });
      expect(await asked(runId)).toMatchObject([{ status: 'EXPIRED' }, { status: 'EXPIRED' }]);
      await store().rollbacks.begin(tenant, runId);
      await undo(runId, { a: true, b: true });
      expect(await store().rollbacks.end(tenant, runId)).toEqual({
        status: 'ROLLED_BACK',
        compensated: 3,
        failed: [],
      });
    });
  });
});
