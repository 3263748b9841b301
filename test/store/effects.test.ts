import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Compensating } from '#contracts';
import { databases } from './databases.js';
import { at, code, effectOf, openUndoRuns, tenant } from './undo-runs.js';
import type { UndoRuns } from './undo-runs.js';

describe.each(databases)('effects in the store on $name', ({ provide }) => {
  let runs: UndoRuns;
  const effects = () => runs.store.effects;

  beforeAll(async () => {
    runs = await openUndoRuns(provide);
  }, 120_000);
  afterAll(() => runs.close());

  const openSegment = async (runId: string): Promise<number> => {
    const opening = { tenant, runId, segmentId: 's1', temporalRunId: 't1', engineVersion: '1' };
    return (await runs.store.segments.open(opening)).epoch;
  };
  const settle = async (runId: string, state: 'HAPPENED' | 'MAYBE' | 'NONE', output?: string) =>
    await effects().settle({
      tenant,
      runId,
      path: 'a',
      generation: 0,
      state,
      ...(output !== undefined && { output: { inline: output } }),
    });
  const register = async (runId: string) => (await effects().register(effectOf(runId, 'a'))).state;

  it('are registered, settled, and read as they were given', async () => {
    const runId = await runs.startRun();
    const plan = { plan: { inline: 1 }, at: 'sub' };
    const given = effectOf(runId, 'a', { plan });
    expect(await effects().register(given)).toEqual({ state: 'BEGUN', generation: 0 });
    expect(await effects().get(tenant, runId, 'a')).toEqual({
      ...given,
      state: 'BEGUN',
      output: null,
      compensation: null,
    });
    expect(await settle(runId, 'HAPPENED', 'done')).toBe('HAPPENED');
    expect(await effects().get(tenant, runId, 'a')).toMatchObject({
      state: 'HAPPENED',
      output: { inline: 'done' },
    });
    expect(await effects().get('other', runId, 'a')).toBeNull();
    await expect(settle(await runs.startRun(), 'NONE')).rejects.toMatchObject(code('NOT_FOUND'));
  });

  it('may have happened as soon as one attempt has not said that it did nothing', async () => {
    const runId = await runs.startRun();
    expect(await register(runId)).toBe('BEGUN');
    expect(await settle(runId, 'NONE')).toBe('NONE');
    expect(await register(runId)).toBe('BEGUN');
    expect(await register(runId)).toBe('MAYBE');
    expect(await settle(runId, 'NONE')).toBe('MAYBE');
    expect(await settle(runId, 'HAPPENED', 'x')).toBe('HAPPENED');
    expect(await settle(runId, 'MAYBE')).toBe('HAPPENED');
    expect(await settle(runId, 'NONE')).toBe('HAPPENED');
    expect(await register(runId)).toBe('HAPPENED');
    expect(await effects().get(tenant, runId, 'a')).toMatchObject({ output: { inline: 'x' } });
  });

  it('did not happen when a person has looked and says so, unless it is known that they did', async () => {
    const runId = await runs.startRun();
    const none = { tenant, runId, path: 'a', generation: 0, state: 'NONE', looked: true } as const;
    await register(runId);
    expect(await settle(runId, 'MAYBE')).toBe('MAYBE');
    expect(await settle(runId, 'NONE')).toBe('MAYBE');
    expect(await effects().settle(none)).toBe('NONE');
    expect(await settle(runId, 'HAPPENED')).toBe('HAPPENED');
    expect(await effects().settle(none)).toBe('HAPPENED');
  });

  it('keep what the first attempt saw, unless it did nothing', async () => {
    const runId = await runs.startRun();
    const kept = (saw: string): Compensating => ({ type: 'undo', tool: 'file.write', kept: { inline: saw } });
    const attempt = async (saw: string) => {
      await effects().register(effectOf(runId, 'a', { compensating: kept(saw) }));
      return (await effects().get(tenant, runId, 'a'))?.compensating;
    };
    expect(await attempt('first')).toEqual(kept('first'));
    expect(await attempt('second')).toEqual(kept('first'));
    const other = await runs.startRun();
    await effects().register(effectOf(other, 'a', { compensating: kept('first') }));
    await settle(other, 'NONE');
    await effects().register(effectOf(other, 'a', { compensating: kept('second') }));
    expect((await effects().get(tenant, other, 'a'))?.compensating).toEqual(kept('second'));
  });

  it('are refused from a segment that was opened anew, and in runs that are stopped for good', async () => {
    const runId = await runs.startRun();
    const epoch = await openSegment(runId);
    await effects().register(effectOf(runId, 'a'), { segment: 's1', epoch });
    await openSegment(runId);
    const stale = effects().register(effectOf(runId, 'b'), { segment: 's1', epoch });
    await expect(stale).rejects.toMatchObject(code('CONFLICT'));
    await effects().register(effectOf(runId, 'b'), { segment: 's1', epoch: epoch + 1 });

    const killing = await runs.startRun();
    await runs.store.runs.requestStop(tenant, killing, 'kill', 'enough', 'ann');
    await expect(register(killing)).rejects.toMatchObject(code('CONFLICT'));
    const rolling = await runs.startRun();
    await runs.store.rollbacks.request(tenant, rolling, { by: 'ann', at });
    await expect(register(rolling)).rejects.toMatchObject(code('CONFLICT'));
    await expect(register('run_unknown')).rejects.toMatchObject(code('NOT_FOUND'));
    expect(await effects().of(tenant, killing)).toEqual({ rows: [], hasNextPage: false });
  });

  it('are read in pages, the latest generation of a path for itself', async () => {
    const runId = await runs.startRun();
    for (const path of ['c', 'a', 'b[10]/x', 'b[2]/x']) await effects().register(effectOf(runId, path));
    await effects().register(effectOf(runId, 'a', { generation: 2 }));
    const seen: string[] = [];
    let after: { path: string; generation: number } | undefined;
    for (let more = true; more;) {
      const page = await effects().of(tenant, runId, { first: 2, after });
      seen.push(...page.rows.map(({ path, generation }) => `${path} ${generation}`));
      after = page.rows.at(-1);
      more = page.hasNextPage;
    }
    expect(seen).toEqual(['a 0', 'a 2', 'b[10]/x 0', 'b[2]/x 0', 'c 0']);
    expect(await effects().get(tenant, runId, 'a')).toMatchObject({ generation: 2 });
    expect((await effects().of('other', runId)).rows).toEqual([]);
  });

  describe('that are undone', () => {
    async function rollingBack(...paths: readonly string[]): Promise<string> {
      const runId = await runs.startRun();
      for (const path of paths) {
        await effects().register(effectOf(runId, path));
        await effects().settle({
          tenant,
          runId,
          path,
          generation: 0,
          state: 'HAPPENED',
          output: { inline: path },
        });
      }
      await runs.store.rollbacks.request(tenant, runId, { by: 'ann', at });
      await runs.store.rollbacks.begin(tenant, runId);
      return runId;
    }
    const place = (path: string) => ({ path, generation: 0 });
    const begin = async (runId: string, ...paths: readonly string[]) =>
      await effects().beginCompensation(
        tenant,
        runId,
        paths.map((path) => ({ ...place(path), key: `undo ${path}` })),
      );
    const status = async (runId: string, path: string) =>
      (await runs.store.tasks.get(tenant, runId, path))?.status;
    const failure = { code: 'TOOL_FAILED', message: 'no answer', retryable: true };

    it('are told of in batches, in the order given, and change their tasks', async () => {
      const runId = await rollingBack('a', 'b', 'c');
      const before = (await runs.row(runId))['eventPosition'] as number;
      const [first, again] = [{ before: false }, { before: true }];
      expect(await begin(runId, 'c', 'a')).toEqual([
        { ...place('c'), ...first },
        { ...place('a'), ...first },
      ]);
      expect(await status(runId, 'a')).toBe('COMPENSATING');
      expect(await begin(runId, 'b', 'a')).toEqual([
        { ...place('b'), ...first },
        { ...place('a'), ...again },
      ]);
      await effects().endCompensation(tenant, runId, [
        { ...place('c'), state: 'COMPENSATED', attempts: 1 },
        { ...place('a'), state: 'FAILED', error: failure, attempts: 3 },
      ]);
      expect(await begin(runId, 'a', 'c')).toEqual([]);
      expect(await runs.told(runId, before)).toEqual([
        { type: 'task.compensating', path: 'c', data: { generation: 0, idempotencyKey: 'undo c' } },
        { type: 'task.compensating', path: 'a', data: { generation: 0, idempotencyKey: 'undo a' } },
        { type: 'task.compensating', path: 'b', data: { generation: 0, idempotencyKey: 'undo b' } },
        { type: 'task.compensated', path: 'c', data: { generation: 0, attempts: 1 } },
        { type: 'task.compensation_failed', path: 'a', data: { generation: 0, attempts: 3, error: failure } },
      ]);
      expect(await runs.store.tasks.get(tenant, runId, 'a')).toMatchObject({
        status: 'COMPENSATION_FAILED',
        error: failure,
        output: { inline: 'a' },
        tool: 'http.request',
      });
      expect(await status(runId, 'c')).toBe('COMPENSATED');
      expect((await effects().get(tenant, runId, 'a'))?.compensation).toEqual({
        state: 'FAILED',
        attempts: 3,
        error: failure,
        at: expect.any(Number),
      });
    });

    it('stay so, whatever a late record says of their tasks', async () => {
      const runId = await rollingBack('a');
      await begin(runId, 'a');
      const late = async (task: 'RUNNING' | 'SUCCEEDED') =>
        await runs.store.record({
          tenant,
          runId,
          events: [],
          tasks: [{ path: 'a', kind: 'tool', status: task, title: 'late' }],
        });
      await late('SUCCEEDED');
      expect(await status(runId, 'a')).toBe('COMPENSATING');
      await effects().endCompensation(tenant, runId, [{ ...place('a'), state: 'COMPENSATED', attempts: 1 }]);
      await late('RUNNING');
      expect(await runs.store.tasks.get(tenant, runId, 'a')).toMatchObject({
        status: 'COMPENSATED',
        title: 'late',
      });
    });

    it('of one task with several effects it counts what is worst', async () => {
      const runId = await runs.startRun();
      for (const generation of [0, 1]) await effects().register(effectOf(runId, 'a', { generation }));
      await runs.store.rollbacks.request(tenant, runId, { by: 'ann', at });
      await runs.store.rollbacks.begin(tenant, runId);
      const both = [0, 1].map((generation) => ({ path: 'a', generation }));
      await effects().beginCompensation(
        tenant,
        runId,
        both.map((one) => ({ ...one, key: 'k' })),
      );
      const [first, second] = both as [(typeof both)[0], (typeof both)[0]];
      await effects().endCompensation(tenant, runId, [{ ...first, state: 'COMPENSATED', attempts: 1 }]);
      expect(await status(runId, 'a')).toBe('COMPENSATING');
      await effects().endCompensation(tenant, runId, [{ ...second, state: 'FAILED', attempts: 1 }]);
      expect(await status(runId, 'a')).toBe('COMPENSATION_FAILED');
    });

    it('tell whoever comes later that they may have been called, and are refused once the run is to be killed', async () => {
      const runId = await rollingBack('a', 'b');
      const begun = async () =>
        await effects().beginCompensation(tenant, runId, [{ ...place('a'), key: 'k' }]);
      expect(await begun()).toEqual([{ ...place('a'), before: false }]);
      expect(await begun()).toEqual([{ ...place('a'), before: true }]);
      await runs.store.runs.requestStop(tenant, runId, 'kill', 'enough', 'ann');
      await expect(begin(runId, 'b')).rejects.toMatchObject(code('CONFLICT'));
      await effects().endCompensation(tenant, runId, [{ ...place('a'), state: 'COMPENSATED', attempts: 1 }]);
      expect(await status(runId, 'a')).toBe('COMPENSATED');
    });

    it('are refused in a run that is not being rolled back', async () => {
      const runId = await runs.startRun();
      await effects().register(effectOf(runId, 'a'));
      await expect(begin(runId, 'a')).rejects.toMatchObject(code('CONFLICT'));
    });
  });
});
