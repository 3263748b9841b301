import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { activityQueue, type RunStatus, type TaskPatch, type WaitReason } from '#contracts';
import { type ApiUnderTest, chain, startApi, startedRun } from './api-under-test.js';

const tenant = 'default';
let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const transform = { kind: 'tool', tool: 'transform', with: { expression: '1' } };
async function record(runId: string, status: RunStatus, ...tasks: TaskPatch[]): Promise<void> {
  await api.store.record({ tenant, runId, events: [], tasks, run: { status } });
}
const waits = (path: string, kind: WaitReason['kind'], more: Partial<WaitReason> = {}): TaskPatch => ({
  path,
  kind: 'tool',
  status: 'WAITING',
  waiting: { kind, detail: `for ${kind}`, since: '2026-01-01T00:00:00.000Z', ...more },
});
const read = async (id: string) => {
  const { data, errors } = await api.graphql(
    `query ($id: ID!) { run(id: $id) { waitingFor { kind detail } tasks(first: 50) { edges { node {
      path status waitingFor { kind detail until } error { code hint } progress { done total } } } } } }`,
    { id },
  );
  expect(errors).toEqual([]);
  const { waitingFor, tasks } = data.run;
  const nodes = tasks.edges.map(({ node }: { node: { path: string } }) => [node.path, node]);
  return { waitingFor, tasks: Object.fromEntries(nodes) };
};

describe('of the waits of a run', () => {
  it('the one that a person can do most about is shown', async () => {
    const id = await startedRun(api, chain(4));
    const own = { kind: 'TIMER', detail: 'step0 waits', since: '2026-01-01T00:00:00.000Z' } as const;
    const tasks = [waits('step0', 'TIMER'), waits('step1', 'RETRY_BACKOFF')];
    await api.store.record({
      tenant,
      runId: id,
      events: [],
      tasks,
      run: { status: 'WAITING', waiting: own },
    });
    expect((await read(id)).waitingFor).toMatchObject({
      kind: 'RETRY_BACKOFF',
      detail: 'step1: for RETRY_BACKOFF',
    });
    await record(id, 'WAITING', waits('step2', 'KILL_SWITCH'));
    expect((await read(id)).waitingFor).toMatchObject({
      kind: 'KILL_SWITCH',
      detail: 'step2: for KILL_SWITCH',
    });
    await record(id, 'WAITING', { ...waits('step3', 'UNCERTAIN'), status: 'UNCERTAIN' });
    expect((await read(id)).waitingFor).toMatchObject({ kind: 'UNCERTAIN' });
  });

  it('an uncertain task names what a person can do, and no defect', async () => {
    const id = await startedRun(api);
    const error = { code: 'INTERNAL', message: 'mail takes no key', retryable: false };
    await record(id, 'WAITING', { ...waits('step0', 'UNCERTAIN'), status: 'UNCERTAIN', error });
    const { tasks } = await read(id);
    expect(tasks['step0'].error).toMatchObject({
      code: 'TOOL_FAILED',
      hint: expect.stringContaining(`nexus resolve ${id} 'step0' --happened`),
    });
  });
});

describe('a task that no worker can do', () => {
  const gpu = { kind: 'tool', tool: 'transform', with: { expression: '1' }, requires: { gpu: '1' } };
  const plan = {
    version: 1,
    name: 'choosy',
    tasks: [
      { id: 'first', ...transform },
      { id: 'train', needs: ['first'], ...gpu },
    ],
  };
  const since = Date.now();
  const plain = { id: 'plain', labels: {}, queues: [activityQueue()], since };
  const strong = {
    id: 'strong',
    labels: { gpu: '1' },
    queues: [activityQueue(), activityQueue({ gpu: '1' })],
    since,
  };

  it('says so, and the run does, as soon as it could start, until a worker is there', async () => {
    await api.store.workers.heartbeat(plain);
    const id = await startedRun(api, plan);
    await record(id, 'RUNNING', { path: 'first', kind: 'tool', status: 'RUNNING' });
    const before = await read(id);
    expect([before.waitingFor, before.tasks['train'].waitingFor]).toEqual([null, null]);
    await record(id, 'RUNNING', { path: 'first', kind: 'tool', status: 'SUCCEEDED', finishedAt: 5 });
    const detail = expect.stringContaining('train: no worker offers gpu=1');
    const held = await read(id);
    expect(held.waitingFor).toMatchObject({ kind: 'NO_WORKER', detail });
    expect(held.tasks['train'].waitingFor).toMatchObject({ kind: 'NO_WORKER', detail });
    expect(held.tasks['first'].waitingFor).toBeNull();
    await api.store.workers.heartbeat(strong);
    const served = await read(id);
    expect([served.waitingFor, served.tasks['train'].waitingFor]).toEqual([null, null]);
    await api.store.workers.remove('strong');
    await record(id, 'SUCCEEDED');
    expect((await read(id)).tasks['train'].waitingFor).toBeNull();
  });
});

describe('a map', () => {
  it('says how many of its items have ended', async () => {
    const map = { id: 'each', kind: 'map', over: [1], do: transform };
    const id = await startedRun(api, {
      version: 1,
      name: 'mapped',
      tasks: [map, { id: 'other', ...transform }],
    });
    expect((await read(id)).tasks['each'].progress).toBeNull();
    const progress = (done: number) =>
      ({ type: 'task.progress', at: 1, taskPath: 'each', data: { done, total: 9 } }) as const;
    await api.store.record({ tenant, runId: id, events: [progress(3), progress(4)], tasks: [] });
    const { tasks } = await read(id);
    expect([tasks['each'].progress, tasks['other'].progress]).toEqual([{ done: 4, total: 9 }, null]);
  });
});

describe('the moment that a task waits for', () => {
  it('moves by the time that the run was held', async () => {
    const id = await startedRun(api);
    const until = '2030-01-01T00:00:00.000Z';
    await record(id, 'WAITING', waits('step0', 'TIMER', { until, detail: `waits until ${until}` }));
    const since = Date.now() - 3_600_000;
    await api.store.pauses.add(tenant, id, { source: 'API', by: 'ann', since }, true);
    await api.graphql(`mutation ($id: ID!) { resumeRun(id: $id) { userErrors { code } } }`, { id });
    const { waitingFor } = (await read(id)).tasks['step0'];
    const moved = Date.parse(waitingFor.until) - Date.parse(until);
    expect(moved).toBeGreaterThanOrEqual(3_600_000);
    expect(moved).toBeLessThan(3_700_000);
    expect(waitingFor.detail).toBe(`waits until ${waitingFor.until}`);
    const events = await api.store.events.after(tenant, id, 0, 100);
    expect(events.at(-1)).toMatchObject({
      type: 'task.waiting',
      taskPath: 'step0',
      data: { wait: { until: waitingFor.until } },
    });
  });
});
