import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { newId, workflowIdOf } from '#contracts';
import { openStore } from '#store';
import type { Store } from '#store';
import { providePostgres } from './databases.js';
import type { Provided } from './databases.js';

const tenant = 'acme';
const at = Date.UTC(2026, 0, 2);

describe('several processes on one PostgreSQL', () => {
  let provided: Provided;
  let left: Store;
  let right: Store;
  const logged: string[] = [];

  beforeAll(async () => {
    provided = await providePostgres();
    // An empty database, opened by all at once: one migrates, the others wait for it.
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openStore({ ...provided.options, log: (line) => logged.push(line) })),
    );
    [left, right] = stores as [Store, Store];
    for (const other of stores.slice(2)) await other.close();
  }, 60_000);

  afterAll(async () => {
    await left.close();
    await right.close();
    await provided.release();
  });

  async function query<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: provided.options.url });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as Row[];
    } finally {
      await client.end();
    }
  }

  async function startRun(): Promise<string> {
    const id = newId('run');
    await left.runs.create({ id, tenant, workflowId: workflowIdOf(id), createdAt: Date.now() }, []);
    return id;
  }

  /** How many of this database's sessions wait for a lock. */
  async function waiting(): Promise<number> {
    const rows = await query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    );
    return rows.length;
  }

  async function until(reached: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!(await reached())) {
      if (Date.now() > deadline) throw new Error('what was waited for did not come');
    }
  }

  /** Resolves when the store hears of the run; the test's own time limit is the only clock. */
  function heardOf(store: Store, runId: string): Promise<void> {
    return new Promise((resolve) => {
      const stop = store.changes.subscribe((change) => {
        if (change.runId !== runId || change.tenant !== tenant) return;
        stop();
        resolve();
      });
    });
  }

  it('migrate it once', () => {
    expect(logged.filter((line) => line.includes('0001-tables'))).toHaveLength(1);
  });

  it('give out positions without gaps and never wait for each other in a circle', async () => {
    const runs = await Promise.all(Array.from({ length: 6 }, startRun));
    const positions = new Map<string, number[]>(runs.map((runId) => [runId, []]));
    await Promise.all(
      [left, right].flatMap((store) =>
        Array.from({ length: 10 }, async (_, caller) => {
          for (let step = 0; step < 12; step++) {
            const runId = runs[(caller * 5 + step * 7) % runs.length] as string;
            const { lastPosition } = await store.record({
              tenant,
              runId,
              events: [{ type: 'task.progress', at }],
              tasks: [{ path: `${caller}/${step % 3}`, kind: 'tool', status: 'RUNNING' }],
              once: step % 4 === 0 ? `${store === left ? 'left' : 'right'}/${caller}/${step}` : undefined,
            });
            positions.get(runId)?.push(lastPosition);
          }
        }),
      ),
    );
    for (const [runId, given] of positions) {
      const all = (await left.events.after(tenant, runId, 0, 1000)).map(({ position }) => position);
      expect(all).toEqual(given.map((_, index) => index + 1));
      expect([...given].sort((a, b) => a - b)).toEqual(all);
    }
  });

  it('record a name once between them', async () => {
    const runId = await startRun();
    const record = { tenant, runId, events: [{ type: 'task.progress' as const, at }], tasks: [], once: 'n' };
    const results = await Promise.all([left, right, left, right].map((store) => store.record(record)));
    expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await left.events.after(tenant, runId, 0, 10)).toHaveLength(1);
  });

  it('lose no journal entry to an opening by the other at the same moment', async () => {
    for (let round = 0; round < 15; round++) {
      const runId = await startRun();
      const opening = { tenant, runId, segmentId: 's', temporalRunId: 't', engineVersion: 'e' };
      const { epoch } = await left.segments.open(opening);
      const written: number[] = [];
      const writing = (async () => {
        for (let n = 0; ; n++) {
          await left.record({
            tenant,
            runId,
            events: [],
            tasks: [],
            segment: { id: 's', epoch, journal: [n] },
          });
          written.push(n);
        }
      })();
      const refusal = writing.catch((error: unknown) => error);
      while (written.length < round % 4) await new Promise((resolve) => setImmediate(resolve));
      const { journal } = await right.segments.open(opening);
      expect(await refusal).toMatchObject({ code: 'CONFLICT' });
      expect(journal).toEqual(written);
    }
  });

  it('let an opening wait for a record that was admitted before it', async () => {
    const runId = await startRun();
    const opening = { tenant, runId, segmentId: 's', temporalRunId: 't', engineVersion: 'e' };
    const { epoch } = await left.segments.open(opening);
    const tasks = [{ path: 'a', kind: 'tool' as const }];
    await left.record({ tenant, runId, events: [], tasks });
    const holder = new pg.Client({ connectionString: provided.options.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('select from task where run_id = $1 for update', [runId]);
    // Past its check of the epoch, the record waits for the task's row.
    const recording = left.record({
      tenant,
      runId,
      events: [],
      tasks,
      segment: { id: 's', epoch, journal: ['kept'] },
    });
    await until(async () => (await waiting()) === 1);
    let opened = false;
    const reopening = right.segments.open(opening).finally(() => (opened = true));
    await until(async () => opened || (await waiting()) === 2);
    await holder.query('rollback');
    await holder.end();
    await recording;
    expect((await reopening).journal).toEqual(['kept']);
  });

  it('tell all who listen of a change, by tenant and run, and listen themselves', async () => {
    const listener = new pg.Client({ connectionString: provided.options.url });
    await listener.connect();
    const told: string[] = [];
    listener.on('notification', ({ payload = '' }) => told.push(payload));
    await listener.query('listen nexus_run');
    const runId = await startRun();
    await until(async () => {
      await listener.query('select 1');
      return told.includes(`${tenant} ${runId}`);
    });

    const heard = heardOf(right, 'run_that_no_poll_can_find');
    await listener.query(`select pg_notify('nexus_run', '${tenant} run_that_no_poll_can_find')`);
    await heard;
    await listener.end();
  });

  it('hear of each other, also of what happened while the connection was down', async () => {
    const first = await startRun();
    const heard = heardOf(right, first);
    await left.record({ tenant, runId: first, events: [], tasks: [], run: { status: 'RUNNING' } });
    await heard;

    const second = await startRun();
    const heardAgain = heardOf(right, second);
    const cut = await query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'nexus changes' and datname = current_database()`,
    );
    expect(cut).toHaveLength(2);
    await left.record({ tenant, runId: second, events: [], tasks: [], run: { status: 'RUNNING' } });
    // Nobody tells of this one: it has to be looked for.
    const untold = heardOf(right, 'run_untold');
    await query(
      `insert into run select (jsonb_populate_record(r,
         jsonb_build_object('id', 'run_untold', 'updated_at', clock_timestamp()))).* from run r where id = $1`,
      [first],
    );
    await Promise.all([heardAgain, untold]);
    expect(logged.some((line) => line.includes('the connection for changes was lost'))).toBe(true);
  }, 20_000);

  it('go on when all connections were cut, after one refusal for each that may be tried again', async () => {
    const runId = await startRun();
    const cut = await query(`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'nexus' and datname = current_database()`);
    const refusals: unknown[] = [];
    const record = { tenant, runId, events: [{ type: 'task.progress' as const, at }], tasks: [] };
    const recorded = async (): Promise<number> => {
      try {
        return (await left.record(record)).lastPosition;
      } catch (error) {
        refusals.push(error);
        expect(error).toMatchObject({ code: 'UNAVAILABLE', failure: { retryable: true } });
        return await recorded();
      }
    };
    expect(await recorded()).toBe(1);
    expect(refusals.length).toBeLessThanOrEqual(cut.length);
  });

  it('have pgvector', async () => {
    expect(await query(`select '[1,2,3]'::vector <-> '[1,2,4]'::vector as distance`)).toEqual([
      { distance: 1 },
    ]);
  });

  it('refuse a database that a newer build has migrated', async () => {
    await query(`insert into nexus_migration values ('9999-of-tomorrow', now()::text)`);
    try {
      await expect(openStore(provided.options)).rejects.toMatchObject({
        code: 'FAILED_PRECONDITION',
        message: expect.stringContaining('9999-of-tomorrow'),
        failure: { hint: expect.stringContaining('newer') },
      });
    } finally {
      await query(`delete from nexus_migration where name = '9999-of-tomorrow'`);
    }
  });
});

describe('a PostgreSQL that does not answer', () => {
  it('is named, without its password, and with what to look at', async () => {
    const opening = openStore({ url: 'postgres://me:secret@127.0.0.1:9/nexus' });
    await expect(opening).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: expect.stringMatching(/127\.0\.0\.1:9\/nexus.*ECONNREFUSED/),
      failure: { retryable: true, hint: expect.stringContaining('running') },
    });
    await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining('secret') });
  });
});
