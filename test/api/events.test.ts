import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NewRunEvent, RunPatch } from '#contracts';
import { type ApiUnderTest, startApi, startedRun } from './api-under-test.js';
import { subscribe } from './graphql-socket.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

interface Event {
  readonly cursor: string;
  readonly type: string;
  readonly data: { readonly n?: number } | null;
}
const runEvents = `subscription ($id: ID!, $after: String) { runEvents(runId: $id, after: $after) { cursor type data } }`;

/** Commits events of a run, as workflows and activities do. */
async function happen(runId: string, events: readonly NewRunEvent[], run?: RunPatch): Promise<void> {
  await api.store.record({ tenant: 'default', runId, events, tasks: [], run });
}

const progress = (n: number): NewRunEvent => ({
  type: 'task.progress',
  at: Date.now(),
  taskPath: 'step0',
  data: { n },
});
const ended: NewRunEvent = { type: 'run.ended', at: Date.now(), data: { status: 'SUCCEEDED' } };
const end = (runId: string) => happen(runId, [ended], { status: 'SUCCEEDED' });
const cursors = (events: readonly Event[]) => events.map(({ cursor }) => Number(cursor));
const upTo = (count: number) => Array.from({ length: count }, (_unused, index) => index + 1);

describe('runEvents', () => {
  it('tells past events, then live ones, and completes after the end', async () => {
    const id = await startedRun(api);
    const events = subscribe<Event>(api.url, runEvents, { id });
    await events.reached(2);
    await happen(id, [{ type: 'run.started', at: Date.now() }], { status: 'RUNNING' });
    await events.reached(3);
    await end(id);
    expect(await events.ended).toBe('completed');
    expect(events.values.map(({ type }) => type)).toEqual([
      'run.created',
      'run.planned',
      'run.started',
      'run.ended',
    ]);
    expect(cursors(events.values)).toEqual(upTo(4));
  });

  it('tells a live event at once, not at the next look', async () => {
    const id = await startedRun(api);
    const events = subscribe<Event>(api.url, runEvents, { id });
    await events.reached(2);
    const delays: number[] = [];
    for (let n = 0; n < 10; n += 1) {
      const before = performance.now();
      await happen(id, [progress(n)]);
      await events.reached(3 + n);
      delays.push(performance.now() - before);
    }
    await events.stop();
    // The look without a wake-up comes every 500 ms.
    expect(delays.sort((a, b) => a - b)[5]).toBeLessThan(250);
  });

  it('loses none and repeats none across sockets and servers, while more happens', async () => {
    const total = 400;
    const id = await startedRun(api);
    const writing = (async () => {
      for (let n = 0; n < total; n += 4)
        await happen(id, [progress(n), progress(n + 1), progress(n + 2), progress(n + 3)]);
      await end(id);
    })();
    const seen: Event[] = [];
    let last: 'completed' | 'lost' = 'lost';
    for (let round = 1; last === 'lost'; round += 1) {
      const server = await startApi({ store: api.store });
      const after = seen.at(-1)?.cursor;
      const events = subscribe<Event>(server.url, runEvents, after === undefined ? { id } : { id, after });
      const stop = round <= 4 ? events.reached(round * 7).then(() => 'lost' as const) : events.ended;
      last = await Promise.race([events.ended, stop]);
      // The server goes first, in the middle of its stream: the client has what it has.
      await server.close();
      await events.ended;
      seen.push(...events.values);
    }
    await writing;
    expect(cursors(seen)).toEqual(upTo(total + 3));
    expect(seen.slice(2, -1).map(({ data }) => data?.n)).toEqual(
      Array.from({ length: total }, (_unused, n) => n),
    );
    expect(seen.at(-1)?.type).toBe('run.ended');
  });

  it('serves many readers of one run the same stream', async () => {
    const id = await startedRun(api);
    const readers = Array.from({ length: 8 }, () => subscribe<Event>(api.url, runEvents, { id }));
    for (let n = 0; n < 20; n += 1) await happen(id, [progress(n)]);
    await end(id);
    await Promise.all(readers.map(({ ended: over }) => over));
    for (const { values } of readers) expect(cursors(values)).toEqual(upTo(23));
  });

  it('completes at once for a run that has ended and was read to its end', async () => {
    const id = await startedRun(api);
    await end(id);
    const events = subscribe<Event>(api.url, runEvents, { id, after: '3' });
    expect(await events.ended).toBe('completed');
    expect(events.values).toEqual([]);
  });

  it.each([
    ['x', 'BAD_USER_INPUT'],
    ['-1', 'BAD_USER_INPUT'],
    ['1e3', 'BAD_USER_INPUT'],
  ])('refuses the cursor %s', async (after, code) => {
    const id = await startedRun(api);
    const events = subscribe<Event>(api.url, runEvents, { id, after });
    await events.ended;
    expect(events.errors).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code }) }),
    ]);
  });

  it('refuses what is no subscription of the schema, naming the fault', async () => {
    const events = subscribe(api.url, `subscription { runEvents(id: "x") { nope } }`);
    await events.ended;
    expect(events.errors.length).toBeGreaterThan(1);
    for (const error of events.errors)
      expect(error.extensions).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });

  it('lets queries and mutations pass over the socket as well', async () => {
    const answer = subscribe<{ name: string }[]>(api.url, `{ tools { name } }`);
    await answer.ended;
    expect(answer.values).toEqual([[{ name: 'transform' }]]);
  });
});

describe('Run.events', () => {
  it('pages through the stream', async () => {
    const id = await startedRun(api);
    await happen(id, upTo(10).map(progress));
    const page = async (after: string | null) => {
      const { data } = await api.graphql(
        `query ($id: ID!, $after: String) { run(id: $id) { events(first: 5, after: $after) {
          edges { cursor node { cursor } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`,
        { id, after },
      );
      return data.run.events;
    };
    const seen: number[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { edges, pageInfo } = await page(after);
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      seen.push(...edges.map((edge: { cursor: string }) => Number(edge.cursor)));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(seen).toEqual(upTo(12));
  });
});

describe('runsChanged', () => {
  const runsChanged = `subscription ($filter: RunFilter) { runsChanged(filter: $filter) { id status labels } }`;

  it('tells of runs as they change, those that pass the filter', async () => {
    const changes = subscribe<{ id: string; status: string }>(api.url, runsChanged, {
      filter: { labels: ['seen'] },
    });
    // The subscription stands once a run that it must tell of is told of.
    let first = '';
    while (changes.values.length === 0) {
      first = await startedRun(api, undefined, { labels: ['seen'] });
      await Promise.race([changes.reached(1), new Promise((resolve) => setTimeout(resolve, 200))]);
    }
    await startedRun(api, undefined, { labels: ['unseen'] });
    await end(first);
    while (!changes.values.some(({ id, status }) => id === first && status === 'SUCCEEDED')) {
      await changes.reached(changes.values.length + 1);
    }
    await changes.stop();
    expect(
      changes.values.every((run) => (run as never as { labels: string[] }).labels.includes('seen')),
    ).toBe(true);
  });

  it('tells of a run that changes all the time now and then, not every time', async () => {
    const id = await startedRun(api, undefined, { labels: ['busy'] });
    const changes = subscribe<{ id: string }>(api.url, runsChanged, { filter: { labels: ['busy'] } });
    const began = performance.now();
    let writes = 0;
    while (changes.values.length < 3) {
      await happen(id, [progress(writes)]);
      writes += 1;
    }
    await changes.stop();
    expect(writes).toBeGreaterThan(changes.values.length);
    expect(changes.values.length).toBeLessThan((performance.now() - began) / 50 + 2);
  });
});
