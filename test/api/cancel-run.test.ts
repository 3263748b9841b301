import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type ApiUnderTest, startApi, startedRun } from './api-under-test.js';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const cancel = (id: string, reason = 'enough') =>
  api.graphql(
    `mutation ($id: ID!, $reason: String) { cancelRun(id: $id, reason: $reason) { run { id status error { code message } } userErrors { code message } } }`,
    { id, reason },
  );
const eventsOf = async (id: string) =>
  (await api.store.events.after('default', id, 0, 100)).map(({ type }) => type);

it('is CANCELLING at once, on the stop list, and its workflow is told', async () => {
  const id = await startedRun(api);
  const { data } = await cancel(id);
  expect(data.cancelRun).toMatchObject({
    run: {
      id,
      status: 'CANCELLING',
      error: { code: 'CANCELLED', message: expect.stringMatching(/by \S.*: enough$/) },
    },
    userErrors: [],
  });
  expect(api.gateway.cancels).toEqual([
    { runId: id, reason: expect.stringMatching(/^cancelled by .+: enough$/) },
  ]);
  expect(await api.store.runs.holds()).toContainEqual({ runId: id, stop: 'cut', hold: null });
  expect(api.gateway.unpaused).toEqual([`run/${id}`]);
  expect(await eventsOf(id)).toEqual(['run.created', 'run.planned', 'run.cancelling']);
});

it('may be cancelled twice, and that is told once', async () => {
  const id = await startedRun(api);
  await cancel(id);
  const { data } = await cancel(id, 'again');
  expect(data.cancelRun).toMatchObject({ run: { id, status: 'CANCELLING' }, userErrors: [] });
  expect(await eventsOf(id)).toEqual(['run.created', 'run.planned', 'run.cancelling']);
});

it('is told once, with who and why, whatever its workflow says of it, and again once it goes on', async () => {
  const id = await startedRun(api);
  const announced = (told: string) =>
    api.store.record({
      tenant: 'default',
      runId: id,
      once: 'run.cancelling',
      events: [{ type: 'run.cancelling', at: Date.now(), data: { reason: told } }],
      tasks: [],
      run: { status: 'CANCELLING', waiting: null },
    });
  const cancelling = async () =>
    (await api.store.events.after('default', id, 0, 100)).filter(({ type }) => type === 'run.cancelling');
  await cancel(id);
  await announced('the workflow was cancelled');
  expect(await cancelling()).toMatchObject([{ data: { by: expect.any(String), reason: 'enough' } }]);
  const ended = { type: 'run.ended', at: Date.now(), data: { status: 'CANCELLED' } } as const;
  const run = { status: 'CANCELLED' } as const;
  await api.store.record({ tenant: 'default', runId: id, events: [ended], tasks: [], run });
  const { data } = await api.graphql(
    `query ($id: ID!) { run(id: $id) { error { message } postMortem { markdown } } }`,
    {
      id,
    },
  );
  expect(data.run.error.message).toMatch(/^cancelled by .+: enough$/);
  expect(data.run.postMortem.markdown).toMatch(/- Stopped by .+: enough/);
  await api.store.runs.keepState('default', id, { inline: {} });
  expect(await api.store.runs.reopen('default', id)).toBe(true);
  await cancel(id, 'again');
  await announced('the workflow was cancelled');
  expect(await cancelling()).toMatchObject([{ data: { reason: 'enough' } }, { data: { reason: 'again' } }]);
});

it('is in the wrong state when it has ended', async () => {
  const id = await startedRun(api);
  const ended = { type: 'run.ended', at: Date.now(), data: { status: 'FAILED' } } as const;
  await api.store.record({
    tenant: 'default',
    runId: id,
    events: [ended],
    tasks: [],
    run: { status: 'FAILED' },
  });
  const { data } = await cancel(id);
  expect(data.cancelRun).toMatchObject({
    run: { status: 'FAILED' },
    userErrors: [{ code: 'FAILED_PRECONDITION', message: expect.stringContaining('has ended (FAILED)') }],
  });
});

it.each(['run_nobody', 'nothing', ''])('is NOT_FOUND as %s', async (id) => {
  const { data, errors } = await cancel(id);
  expect([data, errors[0]?.extensions['code']]).toEqual([null, 'NOT_FOUND']);
});
