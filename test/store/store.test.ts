import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId, workflowIdOf } from '#contracts';
import type { NewRunEvent, RunRecord, TaskPatch } from '#contracts';
import { cursorOf, openStore } from '#store';
import type { NewRun, Store } from '#store';
import { databases } from './databases.js';

const tenant = 'acme';
const at = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

function newRun(more: Partial<NewRun> = {}): NewRun {
  const id = newId('run');
  return { id, tenant, workflowId: workflowIdOf(id), createdAt: Date.now(), ...more };
}

function event(data: number | string): NewRunEvent {
  return { type: 'task.progress', at, data: { data } };
}

function record(runId: string, more: Partial<RunRecord> = {}): RunRecord {
  return { tenant, runId, events: [], tasks: [], ...more };
}

const task = (path: string, more: Partial<TaskPatch> = {}): TaskPatch => ({ path, kind: 'tool', ...more });

describe.each(databases)('the store on $name', ({ provide }) => {
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

  async function startRun(more: Partial<NewRun> = {}): Promise<string> {
    const { run } = await store.runs.create(newRun(more), [{ type: 'run.created', at }]);
    return run.id;
  }

  describe('creating a run', () => {
    it('gives back all that was given, with times in milliseconds and keys in their order', async () => {
      const given = newRun({
        goal: 'Tidy up',
        labels: ['a', 'b "quoted", with comma'],
        priority: 1,
        plan: { zebra: 1, apple: [{ y: null, b: 1.5 }] },
        bound: { tasks: ['x'] },
        inputs: { inline: { who: 'me' } },
        budget: { limitNanos: 1_500_000_000, maxTokens: 10 },
        triggers: [{ on: 'COST', threshold: 2, do: 'KILL' }],
        planRequest: { planner: 'rules' },
        createdAt: at,
      });
      const { run, created } = await store.runs.create(given, [{ type: 'run.created', at }]);
      expect(created).toBe(true);
      expect(run).toEqual(await store.runs.get(tenant, given.id));
      const { bound, ...shown } = given;
      expect(run).toMatchObject({
        ...shown,
        status: 'PENDING',
        eventPosition: 1,
        output: null,
        dispatchedAt: null,
      });
      expect(JSON.stringify(run.plan)).toBe('{"zebra":1,"apple":[{"y":null,"b":1.5}]}');
      expect(await store.runs.bound(tenant, given.id)).toEqual(bound);
      expect(await store.events.after(tenant, given.id, 0, 10)).toEqual([
        { type: 'run.created', at, position: 1 },
      ]);
      expect(await store.runs.get('another tenant', given.id)).toBeNull();
    });

    it('makes one run of ten calls with one idempotency key', async () => {
      const key = { key: newId('req'), fingerprint: 'same' };
      const results = await Promise.all(
        Array.from({ length: 10 }, () => store.runs.create(newRun(), [{ type: 'run.created', at }], key)),
      );
      expect(results.filter(({ created }) => created)).toHaveLength(1);
      expect(new Set(results.map(({ run }) => run.id)).size).toBe(1);
      const other = store.runs.create(newRun(), [], { ...key, fingerprint: 'other' });
      await expect(other).rejects.toMatchObject({ code: 'IDEMPOTENCY_MISMATCH' });
    });

    it('keeps the keys of tenants apart, and finds a run by its ID when there is no key', async () => {
      const key = { key: newId('req'), fingerprint: 'f' };
      const mine = await store.runs.create(newRun(), [], key);
      const theirs = await store.runs.create(newRun({ tenant: 'other' }), [], key);
      expect(theirs.created).toBe(true);
      const again = await store.runs.create(newRun({ id: mine.run.id }), []);
      expect(again).toMatchObject({ created: false, run: { id: mine.run.id } });
    });
  });

  describe('recording', () => {
    it('gives out positions without gaps to many callers at once, in the order of each', async () => {
      const runs = await Promise.all([startRun(), startRun(), startRun()]);
      await Promise.all(
        runs.flatMap((runId) =>
          Array.from({ length: 8 }, async (_, caller) => {
            for (let step = 0; step < 5; step++) {
              const events = [event(`${caller}/${step}/0`), event(`${caller}/${step}/1`)];
              const { lastPosition } = await store.record(record(runId, { events }));
              const [last] = await store.events.after(tenant, runId, lastPosition - 1, 1);
              expect(last?.data).toEqual({ data: `${caller}/${step}/1` });
            }
          }),
        ),
      );
      for (const runId of runs) {
        const events = await store.events.after(tenant, runId, 0, 1000);
        expect(events.map(({ position }) => position)).toEqual(Array.from({ length: 81 }, (_, i) => i + 1));
        expect((await store.runs.get(tenant, runId))?.eventPosition).toBe(81);
        for (let caller = 0; caller < 8; caller++) {
          const own = events
            .map(({ data }) => String(data?.['data']))
            .filter((name) => name.startsWith(`${caller}/`));
          expect(own).toEqual(
            [0, 1, 2, 3, 4].flatMap((step) => [`${caller}/${step}/0`, `${caller}/${step}/1`]),
          );
        }
      }
    });

    it('lets a reader resume from any position', async () => {
      const runId = await startRun();
      await store.record(record(runId, { events: Array.from({ length: 25 }, (_, i) => event(i)) }));
      const read: number[] = [];
      for (let position = 0; ;) {
        const page = await store.events.after(tenant, runId, position, 7);
        if (page.length === 0) break;
        read.push(...page.map((one) => one.position));
        position = page.at(-1)?.position ?? 0;
      }
      expect(read).toEqual(Array.from({ length: 26 }, (_, i) => i + 1));
      expect(await store.events.after('other', runId, 0, 10)).toEqual([]);
    });

    it('merges patches of a task: what is absent stays, null clears, attempts go by number', async () => {
      const runId = await startRun();
      const patches: TaskPatch[] = [
        task('a', {
          status: 'RUNNING',
          title: 'First',
          startedAt: at,
          attempts: [{ number: 1, startedAt: at }],
        }),
        task('a', {
          input: { inline: { z: 1, a: 2 } },
          waiting: { kind: 'TIMER', detail: 'x', since: 'now' },
        }),
        task('a', {
          attempts: [{ number: 2, startedAt: at + 5 }],
          error: { code: 'X', message: 'm', retryable: true },
        }),
        task('a', {
          waiting: null,
          attempts: [{ number: 1, startedAt: at, finishedAt: at + 1, stdout: 'out' }],
        }),
        task('a', {
          status: 'SUCCEEDED',
          output: { inline: null },
          finishedAt: at + 9,
          workflowId: 'w',
          tool: 't',
        }),
        task('a', { finishedAt: null, error: null, title: null }),
      ];
      // Once within shared commits, once each in its own: it must come to the same.
      await Promise.all(patches.map((patch) => store.record(record(runId, { tasks: [patch] }))));
      for (const patch of patches) await store.record(record(runId, { tasks: [{ ...patch, path: 'b' }] }));
      const a = await store.tasks.get(tenant, runId, 'a');
      expect(a).toMatchObject({
        status: 'SUCCEEDED',
        title: null,
        waiting: null,
        error: null,
        input: { inline: { z: 1, a: 2 } },
        output: { inline: null },
        startedAt: at,
        finishedAt: null,
        workflowId: 'w',
        tool: 't',
        agent: null,
        attempts: [
          { number: 1, startedAt: at, finishedAt: at + 1, stdout: 'out' },
          { number: 2, startedAt: at + 5 },
        ],
        usage: { toolCalls: 0 },
      });
      expect({ ...(await store.tasks.get(tenant, runId, 'b')), path: 'a' }).toEqual(a);
      expect((await store.tasks.list(tenant, runId)).map(({ path }) => path)).toEqual(['a', 'b']);
    });

    it('lets an ended run keep its end, whatever comes later', async () => {
      for (const together of [true, false]) {
        const runId = await startRun();
        const ended = record(runId, {
          run: { status: 'SUCCEEDED', output: { inline: 1 }, finishedAt: at },
        });
        const late = record(runId, {
          events: [event('late')],
          tasks: [task('late')],
          run: {
            status: 'RUNNING',
            output: { inline: 2 },
            error: { code: 'X', message: 'm', retryable: false },
            waiting: { kind: 'TIMER', detail: 'x', since: 'now' },
            finishedAt: at + 5,
            temporalRunId: 'later',
          },
        });
        if (together) await Promise.all([store.record(ended), store.record(late)]);
        else for (const one of [ended, late]) await store.record(one);
        expect(await store.runs.get(tenant, runId)).toMatchObject({
          status: 'SUCCEEDED',
          output: { inline: 1 },
          error: null,
          waiting: null,
          finishedAt: at,
          temporalRunId: 'later',
          eventPosition: 2,
        });
        expect(await store.tasks.get(tenant, runId, 'late')).toMatchObject({ status: 'PENDING' });
      }
    });

    it('records what has a name once', async () => {
      const runId = await startRun();
      const once = record(runId, { once: 'fold-1', events: [event(1)], tasks: [task('a')] });
      const results = await Promise.all([once, once, once].map((one) => store.record(one)));
      expect(results.map(({ duplicate }) => duplicate).sort()).toEqual([false, true, true]);
      expect(await store.record({ ...once, once: 'fold-2' })).toEqual({ duplicate: false, lastPosition: 3 });
      expect(await store.record(once)).toEqual({ duplicate: true, lastPosition: 3 });
      expect((await store.runs.get(tenant, runId))?.eventPosition).toBe(3);
    });

    it('refuses a record of an unknown run and leaves its neighbours alone', async () => {
      const runId = await startRun();
      const results = await Promise.allSettled([
        store.record(record('run_unknown', { events: [event(1)] })),
        store.record(record(runId, { events: [event(1)] })),
        store.record({ ...record(runId, { events: [event(1)] }), tenant: 'other' }),
      ]);
      expect(results).toMatchObject([
        { status: 'rejected', reason: { code: 'NOT_FOUND' } },
        { status: 'fulfilled', value: { lastPosition: 2 } },
        { status: 'rejected', reason: { code: 'NOT_FOUND' } },
      ]);
    });

    it('writes the others when one record cannot be written', async () => {
      const [good, other] = [await startRun(), await startRun()];
      const broken = [
        record(good, { tasks: [task('a', { status: 'NONSENSE' as 'READY' })] }),
        record(good, { events: [{ type: 'task.output', at: Number.NaN }] }),
        { tenant, runId: good } as RunRecord,
      ];
      for (const bad of broken) {
        const results = await Promise.allSettled([
          store.record(record(good, { events: [event('before')] })),
          store.record(bad),
          store.record(record(good, { events: [event('after')] })),
          store.record(record(other, { events: [event('other')] })),
        ]);
        expect(results.map(({ status }) => status)).toEqual([
          'fulfilled',
          'rejected',
          'fulfilled',
          'fulfilled',
        ]);
        expect(results[1]).toMatchObject({ reason: { nexus: true, code: 'INTERNAL' } });
      }
      const events = await store.events.after(tenant, good, 1, 100);
      expect(events.map(({ data }) => data?.['data'])).toEqual(broken.flatMap(() => ['before', 'after']));
    });

    it('keeps what PostgreSQL cannot hold as replacement characters', async () => {
      const runId = await startRun({ goal: 'nul \0 here', labels: ['\0'] });
      const awkward = { 'k\0': 'a\0b \\u0000 \\\0 \ud800 \ud83d\ude00' };
      const kept = { 'k\ufffd': 'a\ufffdb \\u0000 \\\ufffd \ufffd \u{1f600}' };
      await store.record(
        record(runId, {
          events: [{ type: 'task.output', at, data: awkward, taskPath: 'p\0' }],
          tasks: [
            task('a', {
              title: '\0',
              output: { inline: awkward },
              attempts: [{ number: 1, startedAt: at, stdout: '\0' }],
            }),
          ],
        }),
      );
      expect(await store.runs.get(tenant, runId)).toMatchObject({
        goal: 'nul \ufffd here',
        labels: ['\ufffd'],
      });
      expect((await store.events.after(tenant, runId, 1, 1))[0]).toMatchObject({
        data: kept,
        taskPath: 'p\ufffd',
      });
      expect(await store.tasks.get(tenant, runId, 'a')).toMatchObject({
        title: '\ufffd',
        output: { inline: kept },
        attempts: [{ stdout: '\ufffd' }],
      });
      expect(await store.runs.get(tenant, 'run\0')).toBeNull();
    });
  });

  describe('segments', () => {
    const opening = (runId: string, temporalRunId = 't1', engineVersion = 'e1') => ({
      tenant,
      runId,
      segmentId: 's',
      temporalRunId,
      engineVersion,
    });
    const journalled = (runId: string, epoch: number, ...journal: string[]): RunRecord =>
      record(runId, { events: [event('j')], segment: { id: 's', epoch, journal } });

    it('give the journal to the next opening, in order, and refuse the one before', async () => {
      const [runId, other] = [await startRun(), await startRun()];
      expect(await store.segments.open(opening(runId))).toEqual({ epoch: 1, journal: [] });
      await Promise.all([1, 2, 3].map((n) => store.record(journalled(runId, 1, `${n}a`, `${n}b`))));
      await store.record(journalled(runId, 1, 'last'));
      const second = await store.segments.open(opening(runId));
      expect(second).toEqual({ epoch: 2, journal: ['1a', '1b', '2a', '2b', '3a', '3b', 'last'] });

      const results = await Promise.allSettled([
        store.record(journalled(runId, 1, 'stale')),
        store.record(journalled(runId, 2, 'fresh')),
        store.record(record(other, { events: [event(1)] })),
      ]);
      expect(results).toMatchObject([
        { status: 'rejected', reason: { code: 'CONFLICT' } },
        { status: 'fulfilled' },
        { status: 'fulfilled' },
      ]);
      const third = await store.segments.open(opening(runId));
      expect(third).toEqual({ epoch: 3, journal: [...second.journal, 'fresh'] });
    });

    it('let nobody in who comes late, once they are closed', async () => {
      const runId = await startRun();
      await store.segments.open(opening(runId));
      expect(await store.segments.open({ ...opening(runId), closing: true })).toMatchObject({ epoch: 2 });
      await expect(store.segments.open(opening(runId))).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect(await store.segments.open({ ...opening(runId), closing: true })).toMatchObject({ epoch: 3 });
      expect(await store.segments.open(opening(runId, 'after a reset'))).toMatchObject({ epoch: 4 });
    });

    it('lose no entry to an opening at the same moment', async () => {
      const runId = await startRun();
      const { epoch } = await store.segments.open(opening(runId));
      const writes = Array.from({ length: 40 }, async (_, n) => {
        await store.record(journalled(runId, epoch, String(n)));
        return String(n);
      });
      const opened = store.segments.open(opening(runId));
      const written = (await Promise.allSettled(writes)).flatMap((one) =>
        one.status === 'fulfilled' ? [one.value] : [],
      );
      expect((await opened).journal).toEqual(written);
    });

    it('do not read what another Temporal run has written, nor lend it their epoch', async () => {
      const runId = await startRun();
      await store.segments.open(opening(runId, 't1'));
      await store.record(journalled(runId, 1, 'before the reset'));
      expect(await store.segments.open(opening(runId, 't2', 'e2'))).toEqual({ epoch: 2, journal: [] });
      await expect(store.record(journalled(runId, 1, 'from the past'))).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      await store.record(journalled(runId, 2, 'after the reset'));
      expect((await store.segments.open(opening(runId, 't2', 'e2'))).journal).toEqual(['after the reset']);
    });

    it('are not taken over by another engine once something is journalled', async () => {
      const runId = await startRun();
      await store.segments.open(opening(runId, 't1', 'e1'));
      expect(await store.segments.open(opening(runId, 't1', 'e2'))).toEqual({ epoch: 2, journal: [] });
      await store.record(journalled(runId, 2, 'by e2'));
      await expect(store.segments.open(opening(runId, 't1', 'e3'))).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        failure: { retryable: true },
      });
      expect((await store.segments.open(opening(runId, 't1', 'e2'))).journal).toEqual(['by e2']);
    });
  });

  describe('runs', () => {
    it('are listed newest first, page by page, none lost and none twice', async () => {
      const own = { tenant: newId('req') };
      // Many in one millisecond: only the ID tells their order.
      for (let n = 0; n < 25; n++) await store.runs.create(newRun({ ...own, createdAt: at + (n % 3) }), []);
      const seen: string[] = [];
      let after: string | undefined;
      for (;;) {
        const { rows, hasNextPage } = await store.runs.list(own.tenant, { first: 4, after });
        seen.push(...rows.map(({ id }) => id));
        const last = rows.at(-1);
        if (!hasNextPage || last === undefined) break;
        after = cursorOf(last);
      }
      const all = await store.runs.list(own.tenant, { first: 100 });
      expect(all.hasNextPage).toBe(false);
      expect(seen).toEqual(all.rows.map(({ id }) => id));
      const order = [...all.rows].sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
      expect(seen).toEqual(order.map(({ id }) => id));
      expect(seen).toHaveLength(25);
      await expect(store.runs.list(tenant, { first: 1, after: 'nonsense' })).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    });

    it('are filtered by status, labels, text and time', async () => {
      const own = { tenant: newId('req') };
      const make = async (more: Partial<NewRun>) =>
        (await store.runs.create(newRun({ ...own, ...more }), [])).run.id;
      const first = await make({ goal: 'Pay 100% of it', labels: ['x', 'y'], createdAt: at });
      const second = await make({ plan: { name: 'Nightly_Report' }, labels: ['x'], createdAt: at + 10 });
      const third = await make({ goal: 'pay 1000 of it', status: 'RUNNING', createdAt: at + 20 });
      const ids = async (query: object) =>
        (await store.runs.list(own.tenant, { first: 10, ...query })).rows.map(({ id }) => id);
      expect(await ids({})).toEqual([third, second, first]);
      expect(await ids({ status: ['RUNNING', 'FAILED'] })).toEqual([third]);
      expect(await ids({ status: [] })).toEqual([]);
      expect(await ids({ labels: ['x'] })).toEqual([second, first]);
      expect(await ids({ labels: ['y', 'x'] })).toEqual([first]);
      expect(await ids({ text: 'PAY 100% ' })).toEqual([first]);
      expect(await ids({ text: 'nightly_' })).toEqual([second]);
      expect(await ids({ createdAfter: at, createdBefore: at + 20 })).toEqual([second]);
    });

    it('take what planning comes to, until they are past planning', async () => {
      const runId = await startRun();
      const plan = { plan: { name: 'p' }, bound: { v: 1 }, planner: 'rules', estimate: { tokens: 1 } };
      await store.runs.setPlan(tenant, runId, { ...plan, inputs: { inline: 1 } });
      await store.runs.setPlan(tenant, runId, { ...plan, bound: { v: 2 } });
      expect(await store.runs.get(tenant, runId)).toMatchObject({
        plan: { name: 'p' },
        inputs: { inline: 1 },
      });
      expect(await store.runs.bound(tenant, runId)).toEqual({ v: 2 });
      await store.record(record(runId, { run: { status: 'RUNNING' } }));
      await expect(store.runs.setPlan(tenant, runId, plan)).rejects.toMatchObject({ code: 'CONFLICT' });
      await expect(store.runs.setPlan(tenant, 'run_no', plan)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });

    it('are swept for what was never dispatched, and for what lives', async () => {
      const old = await startRun({ createdAt: Date.now() - 60_000 });
      const young = await startRun();
      const ended = await startRun({ createdAt: Date.now() - 60_000 });
      await store.record(record(ended, { run: { status: 'FAILED' } }));
      const waiting = async () => (await store.runs.neverDispatched(30_000)).map(({ id }) => id);
      expect(await waiting()).toContain(old);
      expect(await waiting()).not.toContain(young);
      expect(await waiting()).not.toContain(ended);
      await store.runs.markDispatched(tenant, old, 'temporal');
      expect(await waiting()).not.toContain(old);
      const live = await store.runs.live();
      expect(live.find(({ id }) => id === old)).toEqual({
        id: old,
        tenant,
        status: 'PENDING',
        workflowId: workflowIdOf(old),
        temporalRunId: 'temporal',
      });
      expect(live.some(({ id }) => id === ended)).toBe(false);
      expect((await store.runs.get(tenant, ended))?.finishedAt).toBeGreaterThan(at);
    });

    it('stand on the stop list until they end, and a cut stays a cut', async () => {
      const runId = await startRun();
      const entry = async () => (await store.runs.holds()).find((one) => one.runId === runId);
      expect(await entry()).toBeUndefined();
      await store.runs.requestStop(tenant, runId, 'drain', 'pause');
      expect(await entry()).toEqual({ runId, stop: 'drain', hold: null });
      await store.runs.requestStop(tenant, runId, 'cut', 'kill');
      await store.runs.requestStop(tenant, runId, 'drain', 'pause again');
      expect(await entry()).toEqual({ runId, stop: 'cut', hold: null });
      expect(await store.runs.get(tenant, runId)).toMatchObject({ stop: 'cut', stopReason: 'kill' });
      await store.record(record(runId, { run: { status: 'KILLED' } }));
      expect(await entry()).toBeUndefined();
      await expect(store.runs.requestStop(tenant, 'run_no', 'cut', '')).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    });
  });

  describe('values and artefacts', () => {
    it('keep small values inline and large ones by reference, of 2 MB too', async () => {
      const runId = await startRun();
      expect(await store.values.put(tenant, runId, 'a', { small: true })).toEqual({
        inline: { small: true },
      });
      const large = { text: 'ä'.repeat(1024 * 1024), z: 1, a: [null, '\0'] };
      const stored = await store.values.put(tenant, runId, 'a', large);
      expect(stored).toMatchObject({ bytes: expect.any(Number), ref: expect.stringMatching(/^art_/) });
      expect(await store.values.put(tenant, runId, 'a', large)).toEqual(stored);
      const loaded = await store.values.load(tenant, stored);
      expect(loaded).toEqual({ ...large, a: [null, '\ufffd'] });
      (loaded as { z: number }).z = 2;
      expect(await store.values.load(tenant, stored)).toMatchObject({ z: 1 });
      await expect(store.values.load('other', stored)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      expect((await store.artefacts.page(tenant, runId, { first: 10 })).rows).toEqual([]);
      expect(await store.values.put(tenant, runId, undefined, 'xx', 3)).toHaveProperty('ref');
    });

    it('give an artefact back byte by byte, page by page, and put one ID once', async () => {
      const runId = await startRun();
      const content = Uint8Array.from({ length: 2 * 1024 * 1024 }, (_, index) => index % 256);
      const given = {
        tenant,
        runId,
        taskPath: 'a',
        name: 'out.bin',
        mediaType: 'x/y',
        content,
        internal: false,
      };
      const id = newId('art');
      const first = await store.artefacts.put({ ...given, id });
      expect(first).toMatchObject({ id, bytes: content.length, taskPath: 'a', internal: false });
      expect(await store.artefacts.put({ ...given, id, content: new Uint8Array(1) })).toEqual(first);
      await expect(store.artefacts.put({ ...given, id, runId: 'run_x' })).rejects.toMatchObject({
        code: 'CONFLICT',
      });
      const read = await store.artefacts.get(tenant, id);
      expect(Buffer.compare(read?.content ?? Buffer.alloc(0), content)).toBe(0);
      expect(await store.artefacts.get('other', id)).toBeNull();
      const second = await store.artefacts.put({ ...given, content: Buffer.from('2') });
      const page = await store.artefacts.page(tenant, runId, { first: 1 });
      expect(page).toEqual({ rows: [first], hasNextPage: true });
      const next = await store.artefacts.page(tenant, runId, { first: 1, after: cursorOf(first) });
      expect(next).toEqual({ rows: [second], hasNextPage: false });
    });
  });

  it('numbers the versions of a template without gaps when ten save at once', async () => {
    const name = newId('tpl');
    const saved = await Promise.all(
      Array.from({ length: 10 }, (_, n) => store.templates.save(tenant, name, { z: n, name })),
    );
    expect(saved.map(({ version }) => version).sort((a, b) => a - b)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
    const newest = saved.find(({ version }) => version === 10);
    expect(await store.templates.get(tenant, name)).toEqual(newest);
    expect(await store.templates.get(tenant, name, 3)).toEqual(saved.find(({ version }) => version === 3));
    expect(await store.templates.get(tenant, name, 11)).toBeNull();
    expect((await store.templates.list(tenant)).filter((one) => one.name === name)).toEqual([newest]);
  });

  it('keeps a conversation by turns, each once', async () => {
    const runId = await startRun();
    await store.conversations.append(tenant, runId, 'agent', 10, ['c']);
    await store.conversations.append(tenant, runId, 'agent', 2, ['b']);
    await store.conversations.append(tenant, runId, 'agent', 0, ['a', { role: 'user', text: '\0' }]);
    await store.conversations.append(tenant, runId, 'agent', 2, ['again']);
    expect(await store.conversations.load(tenant, runId, 'agent')).toEqual([
      'a',
      { role: 'user', text: '\ufffd' },
      'b',
      'c',
    ]);
    expect(await store.conversations.load(tenant, runId, 'other')).toEqual([]);
  });

  it('adds a model call once', async () => {
    const call = {
      id: newId('call'),
      tenant,
      runId: 'run_x',
      deployment: 'd',
      provider: 'p',
      model: 'm',
      inputTokens: 1,
      outputTokens: 2,
      cachedTokens: 0,
      costNanos: 9_000_000_000_000_000,
      ms: 12.5,
      at,
    };
    await store.modelCalls.add(call);
    await expect(store.modelCalls.add(call)).resolves.toBeUndefined();
  });

  it('tells of changes once they can be read', async () => {
    const heard: Promise<unknown>[] = [];
    const runId = await startRun();
    const stop = store.changes.subscribe((change) => {
      if (change.runId === runId) heard.push(store.runs.get(change.tenant, change.runId));
    });
    await store.record(record(runId, { run: { status: 'RUNNING' } }));
    expect(await heard[0]).toMatchObject({ status: 'RUNNING' });
    stop();
    const before = heard.length;
    await store.record(record(runId, { run: { status: 'WAITING' } }));
    expect(heard.length).toBe(before);
  });
});
