import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createCatalogue, listModels, openSharedBoard, openSharedLimits } from '#routing';
import type { SharedBoard, SharedLimits } from '#routing';
import { openStore } from '#store';
import type { Store } from '#store';
import { type ApiUnderTest, startApi, startedRun } from './api-under-test.js';

const id = 'openai:gpt-6-sol';
const name = `model:${id}`;
const catalogue = createCatalogue({ providers: { openai: { baseUrl: 'http://127.0.0.1:9/v1' } } });
const models = listModels(catalogue).filter((one) => one.id === id || one.id === 'nexus:standard');
const fields = '{ name state availableAt forced reason failures calls openings refusals since }';
const log = (): void => undefined;

let store: Store;
let board: SharedBoard;
let limits: SharedLimits;
let api: ApiUnderTest;
beforeAll(async () => {
  store = await openStore({});
  [board, limits] = await Promise.all([openSharedBoard({ store, log }), openSharedLimits({ store, log })]);
  api = await startApi({ store, models, breakers: { board, limits } });
});
afterEach(() => reset(name));
afterAll(async () => {
  await board.close();
  await limits.close();
  await api.stop();
});

const list = async (): Promise<{ name: string }[]> =>
  (await api.graphql(`{ breakers ${fields} }`)).data.breakers;

async function set(variables: { name: string; force?: string | null; reason?: string }) {
  const { data, errors } = await api.graphql(
    `mutation ($name: String!, $force: BreakerForce, $reason: String) {
      setBreaker(name: $name, force: $force, reason: $reason) {
        breaker ${fields} userErrors { field code message } } }`,
    variables,
  );
  return { ...data?.setBreaker, errors };
}

async function reset(of: string) {
  const { data } = await api.graphql(
    `mutation ($name: String!) {
      resetBreaker(name: $name) { breaker ${fields} userErrors { field code message } } }`,
    { name: of },
  );
  return data.resetBreaker;
}

async function trip(): Promise<void> {
  for (let count = 0; count < 5; count += 1)
    (await board.enter(name, Date.now()))?.end({ kind: 'failed', reason: 'HTTP 503' });
}

it('shows the breakers of all deployments, and why one is open', async () => {
  expect(await list()).toMatchObject([{ name, state: 'CLOSED', since: null, calls: 0 }]);
  await trip();
  await board.enter(name, Date.now());
  expect(await list()).toEqual([
    {
      name,
      state: 'OPEN',
      availableAt: expect.stringMatching(/^20..-/),
      forced: null,
      reason: 'HTTP 503',
      failures: 5,
      calls: 5,
      openings: 1,
      refusals: 1,
      since: expect.stringMatching(/^20..-/),
    },
  ]);
  const { models: shown } = (await api.graphql('{ models { id breaker } }')).data;
  expect(shown).toContainEqual({ id: 'nexus:standard', breaker: null });
  expect(shown).toContainEqual({ id, breaker: 'OPEN' });
});

it('resets one: it lets all through again', async () => {
  await trip();
  expect(await reset(name)).toMatchObject({
    breaker: { name, state: 'CLOSED', reason: null, calls: 0 },
    userErrors: [],
  });
  expect(await board.enter(name, Date.now())).not.toBeNull();
});

it('holds one open or closed, with who and why, until it is let go', async () => {
  expect(await set({ name, force: 'OPEN', reason: 'it bills twice' })).toMatchObject({
    breaker: {
      state: 'OPEN',
      forced: 'OPEN',
      availableAt: null,
      reason: expect.stringMatching(/: it bills twice$/),
    },
    userErrors: [],
  });
  expect(await board.enter(name, Date.now() + 1e9)).toBeNull();
  expect((await set({ name, force: 'CLOSED', reason: 'we need it' })).breaker.forced).toBe('CLOSED');
  await trip();
  expect(await list()).toMatchObject([{ state: 'CLOSED', forced: 'CLOSED' }]);
  expect((await set({ name })).breaker).toMatchObject({ state: 'CLOSED', forced: null });
});

it('holds the breaker of a tool for the tenant that asks', async () => {
  const tool = 'tool:transform';
  await set({ name: tool, force: 'OPEN', reason: 'x' });
  expect(await list()).toMatchObject([{ name }, { name: tool, forced: 'OPEN' }]);
  expect(board.of('default').view(tool).state).toBe('OPEN');
  expect(board.of('other').view(tool).state).toBe('CLOSED');
  await reset(tool);
});

it('shows limits that providers have set, which nobody can hold and a reset lifts', async () => {
  const pool = 'pool:openai/default';
  limits.limited(pool, Date.now() + 60_000, 'HTTP 429');
  limits.limited('key:openai/default', null, 'HTTP 401');
  const listed = (await list()).filter((one) => !one.name.startsWith('tool:'));
  expect(listed).toMatchObject([
    { name: 'key:openai/default', state: 'OPEN', availableAt: null, reason: 'HTTP 401' },
    { name },
    { name: pool, state: 'OPEN', availableAt: expect.any(String), reason: 'HTTP 429' },
  ]);
  expect(await set({ name: pool, force: 'CLOSED', reason: 'x' })).toMatchObject({
    breaker: null,
    userErrors: [{ code: 'FAILED_PRECONDITION', field: ['name'] }],
  });
  expect(await reset(pool)).toMatchObject({ breaker: { name: pool, state: 'CLOSED' }, userErrors: [] });
  await reset('key:openai/default');
  expect([limits.until(pool), limits.until('key:openai/default')]).toEqual([null, null]);
  expect((await list()).map((one) => one.name)).not.toContain(pool);
});

it('wakes what waits for a tool when that is reset', async () => {
  const runId = await startedRun(api);
  const waiting = { kind: 'DEPENDENCY', detail: 'tool transform keeps failing', since: 'now' } as const;
  const task = { path: 'step0', kind: 'tool', status: 'WAITING', waiting } as const;
  await store.record({ tenant: 'default', runId, events: [], tasks: [task] });
  await set({ name: 'tool:transform', force: 'OPEN', reason: 'x' });
  api.gateway.signals.length = 0;
  await reset('tool:transform');
  expect(api.gateway.signals.map(({ workflowId, name: signal }) => [signal, workflowId])).toEqual([
    ['nudge', `run/${runId}`],
  ]);
});

describe('refuses', () => {
  it('a name that there is not', async () => {
    const error = {
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(/model:openai:gpt-6-sol, tool:transform/),
    };
    expect(await set({ name: 'model:gpt', force: 'OPEN', reason: 'x' })).toMatchObject({
      userErrors: [error],
    });
    expect(await reset('model:gpt')).toMatchObject({ breaker: null, userErrors: [error] });
  });

  it('to hold one without a reason, and to let go of one that is not held', async () => {
    expect((await set({ name, force: 'OPEN' })).errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    expect(await set({ name })).toMatchObject({
      breaker: null,
      userErrors: [{ code: 'FAILED_PRECONDITION', message: `nobody holds breaker ${name}` }],
    });
  });
});

it('is kept: who starts anew finds what was held', async () => {
  await set({ name, force: 'OPEN', reason: 'x' });
  const after = await openSharedBoard({ store, log });
  expect(after.view(name)).toMatchObject({ state: 'OPEN', forced: 'OPEN' });
  await after.close();
});
