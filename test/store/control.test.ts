import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, noUsage, workflowIdOf } from '#contracts';
import type { NewRunEvent, RunPatch, RunRecord, RunStatus, Usage } from '#contracts';
import { openStore } from '#store';
import type { NewRun, Store } from '#store';
import { databases } from './databases.js';

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const ended: NewRunEvent = { type: 'run.ended', at };

describe.each(databases)('control in the store on $name', ({ provide }) => {
  const tenant = 'acme';
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

  async function startRun(status: RunStatus = 'RUNNING', more: Partial<NewRun> = {}): Promise<string> {
    const id = newId('run');
    await store.runs.create(
      { id, tenant, workflowId: workflowIdOf(id), createdAt: at, bound: {}, ...more },
      [],
    );
    const owner = more.tenant ?? tenant;
    await store.record({ tenant: owner, runId: id, events: [], tasks: [], run: { status, startedAt: at } });
    return id;
  }

  async function record(runId: string, run: RunPatch, more: Partial<RunRecord> = {}): Promise<void> {
    await store.record({ tenant, runId, events: [], tasks: [], run, ...more });
  }

  const row = async (runId: string) => (await store.runs.get(tenant, runId)) ?? { status: null };
  const events = async (runId: string) =>
    (await store.events.after(tenant, runId, 0, 1000)).map(({ position, type, taskPath, data }) => ({
      position,
      type,
      ...(taskPath && { taskPath }),
      ...(data && { data }),
    }));
  const hold = async (runId: string) => (await store.runs.holds()).find((one) => one.runId === runId);

  describe('pauses', () => {
    it('hold a run until the last is lifted, one of each source, and are told of once', async () => {
      const runId = await startRun();
      const api = { source: 'API', by: 'ann', reason: 'look', since: at } as const;
      expect(await store.pauses.add(tenant, runId, api, true)).toEqual({ held: true, fresh: true });
      expect(await row(runId)).toMatchObject({
        status: 'PAUSED',
        waiting: { kind: 'PAUSED', detail: 'paused by ann: look', since: '2026-01-02T03:04:05.678Z' },
      });
      expect(await hold(runId)).toEqual({ runId, stop: null, hold: 'hold' });
      const again = { ...api, reason: 'closer', interrupt: true, since: at + 5 };
      expect(await store.pauses.add(tenant, runId, again, true)).toEqual({ held: true, fresh: false });
      expect(await hold(runId)).toEqual({ runId, stop: null, hold: 'interrupt' });
      await store.pauses.add(tenant, runId, { source: 'TEMPORAL', by: 'bob', since: at + 9 }, false);
      expect(await store.pauses.of(tenant, runId)).toEqual([
        { source: 'API', by: 'ann', reason: 'closer', interrupt: true, since: at },
        { source: 'TEMPORAL', by: 'bob', interrupt: false, since: at + 9 },
      ]);
      expect(await store.pauses.of('other', runId)).toEqual([]);
      expect((await store.pauses.all()).find((one) => one.runId === runId)).toMatchObject({
        tenant,
        pauses: [{ source: 'API' }, { source: 'TEMPORAL' }],
      });

      expect(await store.pauses.lift(tenant, runId, ['API', 'SIGNAL'], 'cid')).toEqual({
        lifted: [{ source: 'API', by: 'ann', reason: 'closer', interrupt: true, since: at }],
        left: 1,
      });
      expect(await row(runId)).toMatchObject({ status: 'PAUSED', waiting: { detail: 'paused by bob' } });
      expect(await store.pauses.lift(tenant, runId, 'all', 'cid')).toMatchObject({ left: 0 });
      expect(await row(runId)).toMatchObject({ status: 'RUNNING', waiting: null });
      expect(await hold(runId)).toBeUndefined();
      expect(await store.pauses.lift(tenant, runId, 'all', 'cid')).toEqual({ lifted: [], left: 0 });
      expect(await events(runId)).toEqual([
        {
          position: 1,
          type: 'run.paused',
          data: { source: 'API', by: 'ann', reason: 'look', interrupt: false },
        },
        { position: 2, type: 'run.resumed', data: { by: 'cid' } },
      ]);
    });

    it('stand against what the run records meanwhile, but not against its end', async () => {
      const runId = await startRun();
      await store.pauses.add(tenant, runId, { source: 'SIGNAL', by: 'ann', since: at }, true);
      const waiting = { kind: 'TIMER', detail: 'a timer', since: 'now' } as const;
      for (const patch of [
        { status: 'RUNNING', waiting: null },
        { status: 'WAITING', waiting },
        { waiting },
        { waiting: null },
      ] satisfies RunPatch[]) {
        await record(runId, patch);
        expect(await row(runId)).toMatchObject({ status: 'PAUSED', waiting: { kind: 'PAUSED' } });
      }
      const own = { ...waiting, kind: 'PAUSED', inFlight: 2 } as const;
      await record(runId, { status: 'PAUSED', waiting: own });
      expect(await row(runId)).toMatchObject({ status: 'PAUSED', waiting: own });
      await record(runId, { status: 'SUCCEEDED', output: { inline: 1 } }, { events: [ended] });
      expect(await row(runId)).toMatchObject({ status: 'SUCCEEDED', waiting: null, output: { inline: 1 } });
      expect(await store.pauses.of(tenant, runId)).toEqual([]);
      const late = store.pauses.add(tenant, runId, { source: 'API', by: 'ann', since: at }, true);
      expect(await late).toEqual({ held: false, fresh: false });
    });

    it('give a run back to where it stood before it started', async () => {
      const planning = newId('run');
      const workflowId = workflowIdOf(planning);
      await store.runs.create({ id: planning, tenant, workflowId, createdAt: at, status: 'PLANNING' }, []);
      const pending = newId('run');
      await store.runs.create(
        { id: pending, tenant, workflowId: workflowIdOf(pending), createdAt: at, bound: {} },
        [],
      );
      for (const [runId, status] of [
        [planning, 'PLANNING'],
        [pending, 'PENDING'],
      ] as const) {
        await store.pauses.add(tenant, runId, { source: 'API', by: 'ann', since: at }, true);
        expect(await row(runId)).toMatchObject({ status: 'PAUSED' });
        await store.pauses.lift(tenant, runId, 'all', 'ann');
        expect(await row(runId)).toMatchObject({ status });
      }
    });

    it('and what is recorded late do not bring a cancelling run back', async () => {
      const runId = await startRun();
      await store.pauses.add(tenant, runId, { source: 'API', by: 'ann', since: at }, true);
      await record(runId, { status: 'CANCELLING' });
      expect(await row(runId)).toMatchObject({ status: 'CANCELLING', waiting: null });
      for (const status of ['RUNNING', 'WAITING', 'PAUSED'] as const) await record(runId, { status });
      await store.pauses.add(tenant, runId, { source: 'TEMPORAL', by: 'bob', since: at }, true);
      await store.pauses.lift(tenant, runId, 'all', 'ann');
      expect(await row(runId)).toMatchObject({ status: 'CANCELLING' });
      await record(runId, { status: 'CANCELLED' });
      expect(await row(runId)).toMatchObject({ status: 'CANCELLED' });
    });

    it('of a run that nobody knows are refused', async () => {
      const refusal = { code: 'NOT_FOUND' };
      const pause = { source: 'API', by: 'ann', since: at } as const;
      await expect(store.pauses.add(tenant, 'run_no', pause, true)).rejects.toMatchObject(refusal);
      await expect(store.pauses.lift(tenant, 'run_no', 'all', 'ann')).rejects.toMatchObject(refusal);
    });
  });

  it('a run never shows less than it has used, whoever tells of it last', async () => {
    const runId = await startRun();
    const tell = (usage: Usage) => record(runId, { usage });
    await tell({ ...noUsage, toolCalls: 3, costNanos: 5 });
    await tell({ ...noUsage, toolCalls: 2, modelCalls: 1 });
    expect((await store.runs.get(tenant, runId))?.usage).toEqual({
      ...noUsage,
      toolCalls: 3,
      modelCalls: 1,
      costNanos: 5,
    });
  });

  describe('kills', () => {
    const end = { reason: 'runaway', by: 'ann', stoppedInMs: 12.4, startedKillAt: at };

    it('end the run and its tasks once, and fence off who still works', async () => {
      const runId = await startRun();
      const opening = { tenant, runId, segmentId: 's', temporalRunId: 't', engineVersion: 'e' };
      const { epoch } = await store.segments.open(opening);
      const statuses = {
        done: 'SUCCEEDED',
        running: 'RUNNING',
        ready: 'READY',
        unsure: 'UNCERTAIN',
      } as const;
      await store.record({
        tenant,
        runId,
        events: [],
        tasks: Object.entries(statuses).map(([path, status]) => ({ path, kind: 'tool', status })),
      });
      await store.pauses.add(tenant, runId, { source: 'API', by: 'ann', since: at }, false);
      expect(await store.runs.endKilled(tenant, runId, end)).toBe(true);
      expect(await store.runs.endKilled(tenant, runId, { ...end, reason: 'again' })).toBe(false);
      const error = { code: 'KILLED', message: 'killed by ann: runaway', retryable: false };
      expect(await row(runId)).toMatchObject({
        status: 'KILLED',
        error,
        waiting: null,
        stop: 'kill',
        stopReason: 'runaway',
        stopBy: 'ann',
        stopAt: at,
        stoppedInMs: 12,
        finishedAt: expect.any(Number),
      });
      const tasks = (await store.tasks.list(tenant, runId)).map(({ path, status }) => [path, status]);
      expect(Object.fromEntries(tasks)).toEqual({
        done: 'SUCCEEDED',
        running: 'CANCELLED',
        ready: 'CANCELLED',
        unsure: 'UNCERTAIN',
      });
      expect((await store.tasks.get(tenant, runId, 'running'))?.error).toEqual(error);
      expect(await events(runId)).toEqual([
        { position: 1, type: 'task.cancelled', taskPath: 'running', data: { error } },
        {
          position: 2,
          type: 'run.ended',
          data: { status: 'KILLED', error, by: 'ann', stoppedInMs: 12 },
        },
      ]);
      const late = { tenant, runId, events: [], tasks: [], segment: { id: 's', epoch, journal: [1] } };
      await expect(store.record(late)).rejects.toMatchObject({ code: 'CONFLICT' });
      for (const segmentId of ['s', 'of a stray'])
        await expect(store.segments.open({ ...opening, segmentId })).rejects.toMatchObject({
          code: 'NOT_FOUND',
        });
      await expect(store.runs.endKilled(tenant, 'run_no', end)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('leave the run with what its tasks, batches and model calls have used (A11)', async () => {
      const runId = await startRun();
      const used = (modelCalls: number, toolCalls: number, costNanos: number) =>
        ({ ...noUsage, modelCalls, toolCalls, costNanos }) as const;
      const task = (path: string, kind: 'tool' | 'agent' | 'plan', usage: Usage) =>
        ({ path, kind, status: 'SUCCEEDED', usage }) as const;
      const tasks = [
        task('a', 'tool', used(0, 1, 0)),
        task('agent', 'agent', used(3, 2, 30)),
        // What an agent's tools have used is in its own usage, and what a sub-plan's tasks have in theirs.
        task('agent/turn[0]/call[0]', 'tool', used(0, 1, 0)),
        task('sub', 'plan', used(9, 9, 9)),
      ];
      await store.record({ tenant, runId, events: [], tasks, run: { usage: used(1, 1, 10) } });
      await store.mapResults.setAtWork(tenant, runId, 'm', 0, true);
      const spent = { usage: { ...used(0, 40, 0) } };
      await store.mapResults.append(tenant, runId, 'm', 0, ['one'], { first: 0, spent });
      const call = { tenant, runId, deployment: 'd', provider: 'p', model: 'm', cachedTokens: 0, ms: 1, at };
      for (const id of [newId('call'), newId('call')]) {
        await store.modelCalls.add({ ...call, id, inputTokens: 5, outputTokens: 2, costNanos: 100 });
      }
      await store.runs.endKilled(tenant, runId, end);
      expect((await store.runs.get(tenant, runId))?.usage).toEqual({
        ...used(3, 43, 200),
        inputTokens: 10,
        outputTokens: 4,
      });
      expect(await store.mapResults.spent(tenant, runId, 'm', 0)).toEqual(spent);
    });

    it('are waited for by batches that are at work, too (A11)', async () => {
      const runId = await startRun();
      const atWork = (first: number, is: boolean) =>
        store.mapResults.setAtWork(tenant, runId, 'm', first, is);
      await atWork(0, true);
      await atWork(10, true);
      expect(await store.tasks.inFlight(tenant, runId)).toEqual({ steps: 2, agents: 0 });
      await atWork(0, false);
      expect(await store.tasks.inFlight(tenant, runId)).toEqual({ steps: 1, agents: 0 });
      await store.mapResults.forget(tenant, runId, 'm');
      expect(await store.tasks.inFlight(tenant, runId)).toEqual({ steps: 0, agents: 0 });
    });

    it('are not overtaken by an end of another kind, whose tasks count', async () => {
      const runId = await startRun();
      await store.runs.requestStop(tenant, runId, 'kill', 'runaway', 'ann');
      const told: NewRunEvent = { type: 'task.succeeded', at, taskPath: 'a' };
      await store.record({
        tenant,
        runId,
        events: [told, ended, ended],
        tasks: [{ path: 'a', kind: 'tool', status: 'SUCCEEDED' }],
        run: { status: 'CANCELLED', error: { code: 'CANCELLED', message: 'no', retryable: false } },
      });
      expect(await row(runId)).toMatchObject({ status: 'RUNNING', finishedAt: null, error: null });
      expect(await hold(runId)).toEqual({ runId, stop: 'kill', hold: null });
      expect(await store.runs.endKilled(tenant, runId, end)).toBe(true);
      expect(await events(runId)).toMatchObject([
        { position: 1, type: 'task.succeeded' },
        { position: 2, type: 'run.ended', data: { status: 'KILLED' } },
      ]);
      expect(await store.tasks.get(tenant, runId, 'a')).toMatchObject({ status: 'SUCCEEDED' });
    });

    it('leave no task alive by what is recorded late', async () => {
      const runId = await startRun();
      const task = (path: string, status: 'RUNNING' | 'SUCCEEDED') =>
        ({ path, kind: 'tool', status }) as const;
      await store.record({ tenant, runId, events: [], tasks: [task('a', 'RUNNING'), task('b', 'RUNNING')] });
      await store.runs.endKilled(tenant, runId, end);
      const late = [task('a', 'RUNNING'), task('b', 'SUCCEEDED'), task('c', 'RUNNING')];
      await store.record({ tenant, runId, events: [], tasks: late });
      const found = await store.tasks.list(tenant, runId);
      expect(found.map(({ status }) => status)).toEqual(['CANCELLED', 'SUCCEEDED', 'CANCELLED']);
    });

    it('stand on the list of holds, the strictest of them', async () => {
      const runId = await startRun();
      const asked = async (stop: 'drain' | 'cut' | 'kill') => {
        await store.runs.requestStop(tenant, runId, stop, `${stop}!`, 'ann');
        return [(await hold(runId))?.stop, (await store.runs.get(tenant, runId))?.stopReason];
      };
      expect(await hold(runId)).toBeUndefined();
      expect(await asked('drain')).toEqual(['drain', 'drain!']);
      expect(await asked('kill')).toEqual(['kill', 'kill!']);
      expect(await asked('cut')).toEqual(['kill', 'kill!']);
      await store.pauses.add(tenant, runId, { source: 'API', by: 'ann', interrupt: true, since: at }, false);
      expect(await hold(runId)).toEqual({ runId, stop: 'kill', hold: 'interrupt' });
      await store.runs.endKilled(tenant, runId, end);
      expect(await hold(runId)).toBeUndefined();
    });
  });

  it('finds the runs that a kill switch is for, and those that are to be killed', async () => {
    const own = newId('req');
    const [labelled, plain, over] = await Promise.all([
      startRun('RUNNING', { tenant: own, labels: ['project:x'] }),
      startRun('RUNNING', { tenant: own }),
      startRun('RUNNING', { tenant: own, labels: ['project:x'] }),
    ]);
    await store.record({ tenant: own, runId: over, events: [], tasks: [], run: { status: 'SUCCEEDED' } });
    const stopped = async (scope: 'PROJECT' | 'TENANT' | 'TOOL', target: string | null, tenantOf = own) =>
      (await store.runs.stopAll({ scope, target, tenant: tenantOf }, `${scope}!`, 'ann')).map(({ id }) => id);
    expect(await stopped('TOOL', 'x')).toEqual([]);
    expect(await stopped('TENANT', null, 'nobody')).toEqual([]);
    expect(await stopped('PROJECT', 'x')).toEqual([labelled]);
    expect(await stopped('TENANT', null)).toEqual([plain]);
    const wanted = (await store.runs.killing()).filter((run) => run.tenant === own);
    expect(wanted).toEqual([
      {
        id: labelled,
        tenant: own,
        workflowId: workflowIdOf(labelled),
        reason: 'PROJECT!',
        by: 'ann',
        askedAt: expect.any(Number),
      },
      expect.objectContaining({ id: plain, reason: 'TENANT!' }),
    ]);
  });

  it('counts what of a run is at work', async () => {
    const runId = await startRun();
    const tasks = [
      { path: 'map', kind: 'map', status: 'RUNNING' },
      { path: 'map[0]/a', kind: 'tool', status: 'RUNNING' },
      { path: 'm', kind: 'model', status: 'RUNNING' },
      { path: 'done', kind: 'tool', status: 'SUCCEEDED' },
      { path: 'thinks', kind: 'agent', status: 'RUNNING', workflowId: 'run/x/thinks' },
      { path: 'acts', kind: 'agent', status: 'RUNNING' },
      { path: 'acts/0', kind: 'tool', status: 'RUNNING' },
      { path: 'acts0', kind: 'agent', status: 'PAUSED' },
    ] as const;
    await store.record({ tenant, runId, events: [], tasks });
    expect(await store.tasks.inFlight(tenant, runId)).toEqual({ steps: 3, agents: 1 });
    expect(await store.tasks.workflows(tenant, runId)).toEqual([
      { path: 'thinks', workflowId: 'run/x/thinks', status: 'RUNNING' },
    ]);
    const waits = async () =>
      (await store.tasks.runsWaitingFor('KILL_SWITCH')).filter((run) => run.runId === runId);
    expect(await waits()).toEqual([]);
    const waiting = { kind: 'KILL_SWITCH', detail: 'TOOL x', since: 'now' } as const;
    await store.record({ tenant, runId, events: [], tasks: [{ path: 'm', kind: 'model', waiting }] });
    expect(await waits()).toEqual([{ tenant, runId }]);
  });

  it('knows what tasks have taken', async () => {
    const own = newId('req');
    const runId = await startRun('RUNNING', { tenant: own });
    const usage = {
      inputTokens: 5,
      outputTokens: 3,
      cachedTokens: 0,
      modelCalls: 1,
      toolCalls: 0,
      costNanos: 40,
    };
    const times = (ms: number) => ({ startedAt: at, finishedAt: at + ms, status: 'SUCCEEDED' as const });
    const tasks = [
      { path: 'a', kind: 'tool', tool: 'build', ...times(1_000) },
      { path: 'b', kind: 'tool', tool: 'build', ...times(3_000) },
      { path: 'c', kind: 'tool', tool: 'build', ...times(9_000), status: 'FAILED' },
      { path: 'm', kind: 'model', usage, ...times(500) },
      { path: 'x', kind: 'map', ...times(500) },
    ] as const;
    await store.record({ tenant: own, runId, events: [], tasks });
    const actuals = await store.tasks.actuals(own);
    expect(actuals.sort((one, two) => (one.kind < two.kind ? -1 : 1))).toEqual([
      { kind: 'model', name: '', count: 1, ms: 500, tokens: 8, costNanos: 40 },
      { kind: 'tool', name: 'build', count: 2, ms: 2_000, tokens: 0, costNanos: 0 },
    ]);
    expect(await store.tasks.actuals('nobody')).toEqual([]);
  });

  it('keeps what workflows are to be told, in order, until they are', async () => {
    const runId = newId('run');
    const signal = { tenant, runId, workflowId: workflowIdOf(runId) };
    await store.signals.add({ ...signal, name: 'pause', argument: { by: 'ann' } });
    await store.signals.add({ ...signal, name: 'nudge' });
    const kept = await store.signals.of(runId);
    expect(kept).toEqual([
      { id: expect.any(Number), ...signal, name: 'pause', argument: { by: 'ann' } },
      { id: expect.any(Number), ...signal, name: 'nudge' },
    ]);
    const overdue = async (ms: number) =>
      (await store.signals.overdue(ms)).filter((one) => one.runId === runId);
    expect(await overdue(60_000)).toEqual([]);
    expect(await overdue(0)).toEqual([{ tenant, runId }]);
    for (const { id } of kept) await store.signals.remove(id);
    expect(await store.signals.of(runId)).toEqual([]);
  });

  it('gives a lease to one holder at a time', async () => {
    const name = newId('req');
    expect(await store.leases.take(name, 'a', 60_000)).toBe(true);
    expect(await store.leases.take(name, 'b', 60_000)).toBe(false);
    await store.leases.release(name, 'b');
    expect(await store.leases.take(name, 'a', -1)).toBe(true);
    expect(await store.leases.take(name, 'b', 60_000)).toBe(true);
    await store.leases.release(name, 'b');
    expect(await store.leases.take(name, 'a', 60_000)).toBe(true);
  });

  it('says what keeps a run from moving, while it lives', async () => {
    const runId = await startRun();
    const stuck = { kind: 'NO_WORKER', detail: 'nobody', since: 'now' } as const;
    const quiet = async () => (await store.runs.quiet(60_000)).find(({ id }) => id === runId);
    await store.runs.markDispatched(tenant, runId, 'temporal');
    expect(await quiet()).toBeUndefined();
    await store.runs.setStuck(tenant, runId, stuck);
    expect(await row(runId)).toMatchObject({ stuck });
    expect(await quiet()).toMatchObject({ tenant, status: 'RUNNING', stuck, updatedAt: expect.any(Number) });
    await store.runs.setStuck(tenant, runId, null);
    expect(await row(runId)).toMatchObject({ stuck: null });
  });

  describe('kill switches', () => {
    const engagement = { engagedAt: at, engagedBy: 'ann', reason: 'runaway' };

    it('are engaged once, and stay in the list until they are released', async () => {
      const tool = { scope: 'TOOL', target: 'shell.run', tenant: 'switched', ...engagement } as const;
      const first = await store.killSwitches.engage(tool);
      expect(first).toEqual({ ...tool, stoppedRuns: 0, stoppedInMs: null, releasedAt: null });
      expect(await store.killSwitches.engage({ ...tool, reason: 'again' })).toEqual(first);
      await store.killSwitches.engage({ ...tool, target: 'file.read', engagedAt: at + 1 });
      expect(await store.killSwitches.stopped(tool, 2, 300)).toMatchObject({
        stoppedRuns: 2,
        stoppedInMs: 300,
      });
      expect(await store.killSwitches.stopped(tool, 1, null)).toMatchObject({
        stoppedRuns: 3,
        stoppedInMs: 300,
      });
      expect((await store.killSwitches.list('switched')).map(({ target }) => target)).toEqual([
        'file.read',
        'shell.run',
      ]);
      expect(await store.killSwitches.list('other')).toEqual([]);
      expect(await store.killSwitches.active()).toHaveLength(2);
      const released = await store.killSwitches.release('TOOL', 'shell.run', 'switched', 'bob');
      expect(released).toMatchObject({ target: 'shell.run', releasedAt: expect.any(Number) });
      expect(await store.killSwitches.release('TOOL', 'shell.run', 'switched', 'bob')).toBeNull();
      await store.killSwitches.release('TOOL', 'file.read', 'switched', 'bob');
      expect(await store.killSwitches.active()).toEqual([]);
      expect((await store.killSwitches.engage(tool)).stoppedRuns).toBe(0);
      await store.killSwitches.release('TOOL', 'shell.run', 'switched', 'bob');
    });

    it('are heard of in this process before the database has them', async () => {
      const heard: unknown[] = [];
      const model = { scope: 'MODEL', target: 'm', tenant: 'switched', ...engagement } as const;
      const stop = store.killSwitches.watch((change) => heard.push([change.of.target, change.engaged]));
      const engaging = store.killSwitches.engage(model);
      expect(heard).toEqual([['m', true]]);
      expect(await store.killSwitches.active()).toContainEqual(expect.objectContaining({ target: 'm' }));
      await engaging;
      await store.killSwitches.release('MODEL', 'm', 'switched', 'ann');
      expect(heard).toEqual([
        ['m', true],
        ['m', false],
      ]);
      stop();
      await store.killSwitches.engage(model);
      await store.killSwitches.release('MODEL', 'm', 'switched', 'ann');
      expect(heard).toHaveLength(2);
    });

    it.each([
      { scope: 'GLOBAL', target: null, refuses: [true, true, true] },
      { scope: 'TENANT', target: null, refuses: [true, true, false] },
      { scope: 'PROJECT', target: 'x', refuses: [true, false, false] },
      { scope: 'TOOL', target: 'x', refuses: [false, false, false] },
    ] as const)('refuse the runs they are for: $scope', async ({ scope, target, refuses }) => {
      const own = newId('req');
      await store.killSwitches.engage({ scope, target, tenant: own, ...engagement });
      const wanted: Partial<NewRun>[] = [
        { tenant: own, labels: ['project:x'] },
        { tenant: own },
        { tenant: 'other' },
      ];
      const make = async (more: Partial<NewRun>) => {
        const id = newId('run');
        const run = { id, tenant, workflowId: workflowIdOf(id), createdAt: at, ...more };
        return await store.runs.create(run, [], { key: id, fingerprint: 'f' });
      };
      try {
        for (const [index, more] of wanted.entries()) {
          if (refuses[index] === false) expect((await make(more)).created).toBe(true);
          else await expect(make(more)).rejects.toMatchObject({ code: 'KILL_SWITCH_ACTIVE' });
        }
      } finally {
        await store.killSwitches.release(scope, target, own, 'ann');
      }
      expect((await make(wanted[0] ?? {})).created).toBe(true);
    });

    it('refuse no run that its key has made before, and forget the key of one they refused', async () => {
      const own = newId('req');
      const key = { key: 'k', fingerprint: 'f' };
      const run = () => {
        const id = newId('run');
        return { id, tenant: own, workflowId: workflowIdOf(id), createdAt: at };
      };
      const { run: first } = await store.runs.create(run(), [], key);
      await store.killSwitches.engage({ scope: 'TENANT', target: null, tenant: own, ...engagement });
      expect((await store.runs.create(run(), [], key)).run.id).toBe(first.id);
      const refused = store.runs.create(run(), [], { ...key, key: 'other' });
      await expect(refused).rejects.toMatchObject({ code: 'KILL_SWITCH_ACTIVE' });
      await store.killSwitches.release('TENANT', null, own, 'ann');
      expect((await store.runs.create(run(), [], { ...key, key: 'other' })).created).toBe(true);
    });
  });

  it('replaces a budget, and tells of it, until the run has ended', async () => {
    const runId = await startRun();
    expect(await store.runs.setBudget(tenant, runId, { maxModelCalls: 3 }, { by: 'ann' })).toBe(true);
    expect(await row(runId)).toMatchObject({ budget: { maxModelCalls: 3 } });
    expect(await events(runId)).toEqual([{ position: 1, type: 'budget.changed', data: { by: 'ann' } }]);
    await record(runId, { status: 'FAILED' });
    expect(await store.runs.setBudget(tenant, runId, {}, {})).toBe(false);
  });

  it('knows the workers that are there, and for how long they have been silent', async () => {
    const worker = { id: newId('req'), labels: { gpu: '1' }, queues: ['q', 'r'], since: at };
    const own = async () => (await store.workers.list()).find(({ id }) => id === worker.id);
    await store.workers.heartbeat(worker);
    const first = await own();
    expect(first).toEqual({ ...worker, seenAt: expect.any(Number), silentMs: expect.any(Number) });
    expect(first?.silentMs).toBeLessThan(60_000);
    await store.workers.heartbeat({ ...worker, labels: {}, since: 0 });
    expect(await own()).toMatchObject({ labels: {}, since: at });
    expect((await own())?.seenAt).toBeGreaterThanOrEqual(first?.seenAt ?? Infinity);
    await store.workers.remove(worker.id);
    expect(await own()).toBeUndefined();
  });

  it('keeps the results of a map by their first item, each row once', async () => {
    const runId = newId('run');
    const { append, read } = store.mapResults;
    await append(tenant, runId, 'each', 100, [{ b: 1, a: '\0' }, null]);
    await append(tenant, runId, 'each', 0, ['zero', 'one']);
    await append(tenant, runId, 'each', 0, ['again']);
    expect(await read(tenant, runId, 'each', 0, 200)).toEqual([
      { first: 0, items: ['zero', 'one'] },
      { first: 100, items: [{ b: 1, a: '\ufffd' }, null] },
    ]);
    expect(await read(tenant, runId, 'each', 1, 100)).toEqual([{ first: 0, items: ['zero', 'one'] }]);
    expect(await read(tenant, runId, 'each', 2, 100)).toEqual([]);
    expect(await read('other', runId, 'each', 0, 200)).toEqual([]);
  });
});
