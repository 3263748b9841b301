import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { sweepKilled } from '#commands';
import { type ApiUnderTest, chain, startApi, startedRun, startPlan } from './api-under-test.js';

const tenant = 'default';
const fields = `{ killSwitch { scope target engagedAt engagedBy reason stoppedRuns stoppedInMs } userErrors { field code message } }`;

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterEach(async () => {
  for (const { scope, target } of (await api.graphql('{ killSwitches { scope target } }')).data.killSwitches)
    await release(scope, target);
});
afterAll(() => api.stop());

async function engage(scope: string, target: string | null = null, reason = 'runaway') {
  const { data, errors } = await api.graphql(
    `mutation ($scope: KillScope!, $target: String, $reason: String!) {
      engageKillSwitch(scope: $scope, target: $target, reason: $reason) ${fields} }`,
    { scope, target, reason },
  );
  return { ...data?.engageKillSwitch, errors };
}

async function release(scope: string, target: string | null = null) {
  const { data } = await api.graphql(
    `mutation ($scope: KillScope!, $target: String) { releaseKillSwitch(scope: $scope, target: $target) ${fields} }`,
    { scope, target },
  );
  return data.releaseKillSwitch;
}

const list = async () =>
  (await api.graphql('{ killSwitches { scope target reason stoppedRuns } }')).data.killSwitches;
const statusOf = async (id: string) => (await api.store.runs.get(tenant, id))?.status;
const start = (more: object = {}) => api.graphql(startPlan, { input: { plan: chain(1), ...more } });

it('kills all that lives, refuses what comes, and lets it come again once released', async () => {
  const runs = await Promise.all([startedRun(api), startedRun(api), startedRun(api)]);
  const { killSwitch, userErrors } = await engage('GLOBAL');
  expect(userErrors).toEqual([]);
  expect(killSwitch).toMatchObject({
    scope: 'GLOBAL',
    target: null,
    reason: 'runaway',
    engagedBy: expect.any(String),
    stoppedRuns: 3,
    stoppedInMs: expect.any(Number),
  });
  for (const id of runs) expect(await statusOf(id)).toBe('KILLED');
  expect(await list()).toEqual([{ scope: 'GLOBAL', target: null, reason: 'runaway', stoppedRuns: 3 }]);
  const refused = await start();
  expect(refused.errors[0]).toMatchObject({
    message: expect.stringContaining('runaway'),
    extensions: { code: 'KILL_SWITCH_ACTIVE' },
  });
  const preview = await api.graphql('{ planPreview(goal: "x") { name } }');
  expect(preview.errors[0]?.extensions['code']).toBe('KILL_SWITCH_ACTIVE');
  expect((await release('GLOBAL')).killSwitch).toMatchObject({ scope: 'GLOBAL', stoppedRuns: 3 });
  expect(await list()).toEqual([]);
  expect((await start()).data.startPlan.run).not.toBeNull();
});

it('of a project concerns the runs that carry its label', async () => {
  const [inside, outside] = await Promise.all([
    startedRun(api, chain(1), { labels: ['project:x'] }),
    startedRun(api),
  ]);
  await engage('PROJECT', 'x');
  expect([await statusOf(inside), await statusOf(outside)]).toEqual(['KILLED', 'PENDING']);
  expect((await start({ labels: ['project:x'] })).errors[0]?.extensions['code']).toBe('KILL_SWITCH_ACTIVE');
  expect((await start()).data.startPlan.run).not.toBeNull();
});

it('of a tool kills nothing; released, it lets what waits for it look again', async () => {
  const [waiting, other] = await Promise.all([startedRun(api), startedRun(api)]);
  expect((await engage('TOOL', 'transform')).killSwitch).toMatchObject({ stoppedRuns: 0, stoppedInMs: null });
  expect([await statusOf(waiting), await statusOf(other)]).toEqual(['PENDING', 'PENDING']);
  const wait = { kind: 'KILL_SWITCH', detail: 'tool transform', since: 'now' } as const;
  const tasks = [
    { path: 'sub', kind: 'plan', status: 'RUNNING', workflowId: `run/${waiting}/sub` },
    { path: 'sub/a', kind: 'tool', status: 'WAITING', waiting: wait },
  ] as const;
  await api.store.record({ tenant, runId: waiting, events: [], tasks });
  api.gateway.signals.length = 0;
  await release('TOOL', 'transform');
  expect(api.gateway.signals.map(({ workflowId, name }) => `${name} ${workflowId}`)).toEqual([
    `nudge run/${waiting}`,
    `nudge run/${waiting}/sub`,
  ]);
});

it('of a tool lets new runs start: their tasks wait when they reach it', async () => {
  await engage('TOOL', 'transform');
  const { data, errors } = await start();
  expect([errors, data.startPlan.userErrors]).toEqual([[], []]);
  expect(await statusOf(data.startPlan.run.id)).toBe('PENDING');
});

describe('of the model that plans goals', () => {
  let planning: ApiUnderTest;
  let planned = 0;
  beforeAll(async () => {
    const modelPlanner = {
      model: 'nexus:standard',
      plan: async () => {
        planned += 1;
        return chain(1) as never;
      },
    };
    planning = await startApi({ modelPlanner });
  });
  afterAll(() => planning.stop());
  const switched = (operation: string) =>
    planning.graphql(`mutation { ${operation} { userErrors { message } } }`);
  const codeOf = async (query: string) => (await planning.graphql(query)).errors[0]?.extensions['code'];

  it('refuses what would ask it outside of any task, until it is released', async () => {
    const preview = '{ planPreview(goal: "anything") { name } }';
    const goal =
      'mutation { startGoal(input: { goal: "anything" }) { run { status } userErrors { message } } }';
    await switched('engageKillSwitch(scope: MODEL, target: "nexus:standard", reason: "it rambles")');
    expect([await codeOf(preview), await codeOf(goal), planned]).toEqual([
      'KILL_SWITCH_ACTIVE',
      'KILL_SWITCH_ACTIVE',
      0,
    ]);
    expect((await planning.store.runs.list(tenant, { first: 5 })).rows).toEqual([]);
    await switched('releaseKillSwitch(scope: MODEL, target: "nexus:standard")');
    expect((await planning.graphql(goal)).data.startGoal.run).toEqual({ status: 'PLANNING' });
    expect((await planning.graphql(preview)).errors).toEqual([]);
    expect(planned).toBe(1);
  });
});

it('catches a run that slipped in beside it', async () => {
  await api.store.killSwitches.engage({
    scope: 'TENANT',
    target: null,
    tenant,
    engagedAt: Date.now(),
    engagedBy: 'ann',
    reason: 'late',
  });
  const id = (await api.store.runs.live()).find((run) => run.tenant === tenant)?.id ?? '';
  await sweepKilled(api.deps);
  expect(await statusOf(id)).toBe('KILLED');
  expect((await list())[0].stoppedRuns).toBeGreaterThan(0);
});

it('is engaged once, however often it is asked for', async () => {
  await engage('TENANT', null, 'first');
  await engage('TENANT', null, 'second');
  expect(await list()).toMatchObject([{ scope: 'TENANT', reason: 'first' }]);
});

it.each([
  ['GLOBAL', 'x', /takes no target/],
  ['TOOL', null, /needs a target/],
  ['TOOL', 'transfrom', /no tool "transfrom".*transform/],
  ['AGENT', 'nobody', /no agent/],
])('says what is wrong with %s %s', async (scope, target, message) => {
  const { killSwitch, userErrors } = await engage(scope, target);
  expect(killSwitch).toBeNull();
  expect(userErrors).toEqual([
    { field: ['target'], code: 'BAD_USER_INPUT', message: expect.stringMatching(message) },
  ]);
  expect(await list()).toEqual([]);
});

it('that is not engaged cannot be released', async () => {
  expect(await release('TENANT')).toMatchObject({
    killSwitch: null,
    userErrors: [{ code: 'FAILED_PRECONDITION', message: 'no kill switch TENANT is engaged' }],
  });
});

it('wants a reason', async () => {
  expect((await engage('GLOBAL', null, '')).errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
});
