import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { nexusError, noUsage } from '#contracts';
import type { RunStatus, TaskPatch } from '#contracts';
import type { RunRow, SignalRow } from '#store';
import { deliverSignals, startSweeper, sweepKilled, sweepNeverDispatched, sweepSignals } from '#commands';
import { type ApiUnderTest, chain, startApi, startedRun } from './api-under-test.js';

const tenant = 'default';
const away = nexusError('UNAVAILABLE', 'Temporal did not answer');

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
beforeEach(() => {
  api.gateway.broken = null;
  for (const list of [api.gateway.signals, api.gateway.terminations, api.gateway.unpaused]) list.length = 0;
});
afterAll(() => api.stop());

const selection = `{ run { id status waitingFor { kind detail inFlight } pauses { by source reason }
  budget { limit spent reserved maxTokens maxModelCalls deadline cheaper } error { code message } } userErrors { field code message } }`;

async function mutate(operation: string, parameters: string, variables: object) {
  const names = Object.keys(variables);
  const declared = parameters
    .split(', ')
    .filter((parameter) => names.includes(parameter.slice(1).split(':')[0] ?? ''));
  const given = names.map((name) => `${name}: $${name}`).join(', ');
  const { data, errors } = await api.graphql(
    `mutation (${declared.join(', ')}) { ${operation}(${given}) ${selection} }`,
    variables,
  );
  return { ...(data?.[operation] ?? { run: null, userErrors: [] }), errors };
}

const pause = (id: string, more: object = {}) =>
  mutate('pauseRun', '$id: ID!, $reason: String, $interrupt: Boolean', { id, ...more });
const resume = (id: string) => mutate('resumeRun', '$id: ID!', { id });
const kill = (id: string, reason = 'runaway') =>
  mutate('killRun', '$id: ID!, $reason: String!', { id, reason });
const retry = (runId: string, path: string, more: object = {}) =>
  mutate('retryTask', '$runId: ID!, $path: String!, $input: JSON', { runId, path, ...more });
const skip = (runId: string, path: string, more: object = {}) =>
  mutate('skipTask', '$runId: ID!, $path: String!, $output: JSON', { runId, path, ...more });
const setBudget = (id: string, budget: object) =>
  mutate('setBudget', '$id: ID!, $budget: BudgetInput!', { id, budget });

const eventsOf = async (id: string) =>
  (await api.store.events.after(tenant, id, 0, 100)).map(({ type }) => type);

async function record(runId: string, status: RunStatus | null, ...tasks: TaskPatch[]): Promise<void> {
  await api.store.record({ tenant, runId, events: [], tasks, ...(status && { run: { status } }) });
}

async function dispatched(id: string): Promise<void> {
  await api.store.runs.markDispatched(tenant, id, 'temporal');
}

const row = (id: string) => api.store.runs.get(tenant, id);
const tool = (path: string, status: TaskPatch['status']): TaskPatch => ({ path, kind: 'tool', status });

describe.each([
  ['pauseRun', pause],
  ['resumeRun', resume],
  ['killRun', kill],
  ['retryTask', (id: string) => retry(id, 'step0')],
  ['skipTask', (id: string) => skip(id, 'step0')],
  ['setBudget', (id: string) => setBudget(id, { maxTokens: 1 })],
])('%s', (_name, act) => {
  it.each(['run_nobody', 'nothing', ''])('is NOT_FOUND for "%s"', async (id) => {
    const { run, errors } = await act(id);
    expect([run, errors[0]?.extensions['code']]).toEqual([null, 'NOT_FOUND']);
  });

  it('is refused once the run has ended, with the run as it is', async () => {
    const id = await startedRun(api);
    await record(id, 'FAILED', tool('step0', 'FAILED'));
    const { run, userErrors } = await act(id);
    expect(run).toMatchObject({ id, status: 'FAILED' });
    expect(userErrors).toEqual([
      expect.objectContaining({ code: 'FAILED_PRECONDITION', message: expect.stringContaining('FAILED') }),
    ]);
    expect(api.gateway.signals).toEqual([]);
    expect(api.gateway.terminations).toEqual([]);
  });
});

describe('a pause', () => {
  it('is stored, told to the workflow, and shown with who, why and what is still at work', async () => {
    const id = await startedRun(api);
    await record(id, 'RUNNING', tool('step0', 'RUNNING'));
    const { run, userErrors } = await pause(id, { reason: 'look', interrupt: true });
    expect(userErrors).toEqual([]);
    expect(run).toMatchObject({
      status: 'PAUSED',
      waitingFor: { kind: 'PAUSED', detail: expect.stringContaining('look'), inFlight: 1 },
      pauses: [{ by: expect.any(String), source: 'API', reason: 'look' }],
    });
    expect(api.gateway.signals).toMatchObject([
      {
        workflowId: `run/${id}`,
        name: 'pause',
        argument: { source: 'API', reason: 'look', interrupt: true },
      },
    ]);
    expect(await api.store.runs.holds()).toContainEqual({ runId: id, stop: null, hold: 'interrupt' });
    await record(id, 'RUNNING', tool('step0', 'SUCCEEDED'), tool('step1', 'READY'));
    const { data } = await api.graphql(
      `query ($id: ID!) { run(id: $id) { status waitingFor { inFlight } task(path: "step1") { waitingFor { kind } } } }`,
      { id },
    );
    expect(data.run).toMatchObject({ status: 'PAUSED', waitingFor: { inFlight: 0 } });
  });

  it('shows on the tasks that could start', async () => {
    const id = await startedRun(api, chain(2));
    await record(id, 'RUNNING', tool('step0', 'READY'));
    await pause(id);
    const { data } = await api.graphql(
      `query ($id: ID!) { run(id: $id) { tasks { edges { node { path waitingFor { kind } } } } task(path: "step0") { waitingFor { kind } } } }`,
      { id },
    );
    expect(data.run.task.waitingFor).toEqual({ kind: 'PAUSED' });
    expect(data.run.tasks.edges).toEqual([
      { node: { path: 'step0', waitingFor: { kind: 'PAUSED' } } },
      { node: { path: 'step1', waitingFor: null } },
    ]);
  });

  it('may come twice: it is one, told of once, with the newer wish', async () => {
    const id = await startedRun(api);
    await pause(id, { reason: 'first' });
    const { run, userErrors } = await pause(id, { reason: 'second', interrupt: true });
    expect(userErrors).toEqual([]);
    expect(run.pauses).toEqual([expect.objectContaining({ reason: 'second' })]);
    expect((await eventsOf(id)).filter((type) => type === 'run.paused')).toHaveLength(1);
    expect(api.gateway.signals).toHaveLength(2);
  });

  it('is refused while the run is being stopped', async () => {
    const id = await startedRun(api);
    await api.store.runs.requestStop(tenant, id, 'cut', 'no more');
    const { userErrors } = await pause(id);
    expect(userErrors).toMatchObject([{ code: 'FAILED_PRECONDITION', field: ['id'] }]);
    expect(await api.store.pauses.of(tenant, id)).toEqual([]);
  });

  it('holds though Temporal is away, and the sweep tells it in the order of what was decided', async () => {
    const id = await startedRun(api);
    await dispatched(id);
    api.gateway.broken = away;
    const { run, userErrors } = await pause(id);
    expect([run.status, userErrors]).toEqual(['PAUSED', []]);
    const resumed = await resume(id);
    expect([resumed.run.status, resumed.userErrors]).toEqual(['PENDING', []]);
    await sweepSignals(api.deps).catch(() => undefined);
    expect(api.gateway.signals).toEqual([]);
    api.gateway.broken = null;
    expect(await api.store.signals.of(id)).toHaveLength(2);
    // As old as a sweep wants them.
    const signals = { ...api.store.signals, overdue: async () => [{ tenant, runId: id }] };
    await sweepSignals({ ...api.deps, store: { ...api.store, signals } });
    expect(api.gateway.signals.map(({ name }) => name)).toEqual(['pause', 'resume']);
    expect(new Set(api.gateway.signals.map((signal) => signal.id)).size).toBe(2);
    expect(await api.store.signals.of(id)).toEqual([]);
  });

  it('of a run whose workflow is not there yet goes with its start', async () => {
    const id = await startedRun(api);
    await pause(id, { reason: 'wait' });
    const runs = {
      ...api.store.runs,
      neverDispatched: async () => [(await api.store.runs.get(tenant, id)) as RunRow],
    };
    await sweepNeverDispatched({ ...api.deps, store: { ...api.store, runs } });
    expect(api.gateway.starts.at(-1)?.input).toMatchObject({
      runId: id,
      pauses: [{ source: 'API', reason: 'wait' }],
    });
  });
});

describe('resuming', () => {
  it('lifts every pause, that of Temporal too, and tells the workflow when that was', async () => {
    const id = await startedRun(api);
    await pause(id);
    await api.store.pauses.add(tenant, id, { source: 'TEMPORAL', by: 'bob', since: Date.now() }, true);
    api.gateway.nativelyPaused.add(`run/${id}`);
    const { run, userErrors } = await resume(id);
    expect(userErrors).toEqual([]);
    expect(run).toMatchObject({ status: 'PENDING', waitingFor: null, pauses: [] });
    expect(api.gateway.nativelyPaused.size).toBe(0);
    expect(api.gateway.signals.at(-1)).toMatchObject({
      name: 'resume',
      argument: { by: expect.any(String), at: expect.any(Number) },
    });
    expect(await eventsOf(id)).toContain('run.resumed');
  });

  it('takes a native pause that nobody has noticed yet', async () => {
    const id = await startedRun(api);
    api.gateway.nativelyPaused.add(`run/${id}`);
    expect((await resume(id)).userErrors).toEqual([]);
  });

  it('is refused when nothing holds the run', async () => {
    const id = await startedRun(api);
    const { userErrors } = await resume(id);
    expect(userErrors).toMatchObject([
      { code: 'FAILED_PRECONDITION', message: expect.stringContaining('not paused') },
    ]);
    expect(api.gateway.signals).toEqual([]);
  });

  it('does nothing by half: with a native pause in place and Temporal away it is an error', async () => {
    const id = await startedRun(api);
    await api.store.pauses.add(tenant, id, { source: 'TEMPORAL', by: 'bob', since: Date.now() }, true);
    api.gateway.broken = away;
    const { errors } = await resume(id);
    expect(errors[0]?.extensions['code']).toBe('UNAVAILABLE');
    expect(await api.store.pauses.of(tenant, id)).toHaveLength(1);
  });
});

describe('a kill', () => {
  it('ends the run, its tasks and every workflow of it, once nothing runs', async () => {
    const id = await startedRun(api);
    await record(
      id,
      'RUNNING',
      tool('step0', 'RUNNING'),
      { path: 'sub', kind: 'plan', status: 'RUNNING', workflowId: `run/${id}/sub` },
      { path: 'agent', kind: 'agent', status: 'WAITING', workflowId: `run/${id}/agent` },
    );
    api.gateway.strays.set(id, [`run/${id}`, `run/${id}/unseen`]);
    const killing = kill(id);
    // The step ends when its worker has heard of it.
    const heard = new Promise<void>((resolve) => {
      const stop = api.store.changes.subscribe(({ runId }) => {
        if (runId === id) resolve(stop());
      });
    });
    await heard;
    await record(id, null, tool('step0', 'CANCELLED'));
    const { run, userErrors } = await killing;
    expect(userErrors).toEqual([]);
    expect(run).toMatchObject({ status: 'KILLED', error: { code: 'KILLED' }, waitingFor: null });
    expect(new Set(api.gateway.terminations.map(({ workflowId }) => workflowId))).toEqual(
      new Set([`run/${id}`, `run/${id}/sub`, `run/${id}/agent`, `run/${id}/unseen`]),
    );
    expect(api.gateway.terminations[0]?.reason).toMatch(/^killed by .*: runaway$/);
    const row = await api.store.runs.get(tenant, id);
    expect(row?.stoppedInMs).toBeLessThan(2_000);
    expect((await api.store.tasks.list(tenant, id)).map(({ status }) => status)).toEqual([
      'CANCELLED',
      'CANCELLED',
      'CANCELLED',
    ]);
    expect((await eventsOf(id)).filter((type) => /^(kill|run\.ended)/.test(type))).toEqual([
      'kill.engaged',
      'run.ended',
    ]);
  });

  it('does not wait longer than its grace for what does not end', async () => {
    const id = await startedRun(api);
    await record(id, 'RUNNING', tool('step0', 'RUNNING'));
    const { run } = await kill(id);
    expect(run.status).toBe('KILLED');
    const row = await api.store.runs.get(tenant, id);
    expect(row?.stoppedInMs).toBeGreaterThanOrEqual(2_000);
    expect(await api.store.tasks.get(tenant, id, 'step0')).toMatchObject({
      status: 'CANCELLED',
      error: { code: 'KILLED' },
    });
  });

  it('stops work though Temporal is away, and the sweep ends it', async () => {
    const id = await startedRun(api);
    await record(id, 'RUNNING');
    api.gateway.broken = away;
    const { run, userErrors } = await kill(id);
    expect([run.status, userErrors]).toEqual(['CANCELLING', []]);
    expect(await api.store.runs.holds()).toContainEqual({ runId: id, stop: 'kill', hold: null });
    api.gateway.broken = null;
    await sweepKilled(api.deps);
    expect((await api.store.runs.get(tenant, id))?.status).toBe('CANCELLING');
    await sweepKilled({ ...api.deps, now: () => Date.now() + 60_000 });
    expect(await api.store.runs.get(tenant, id)).toMatchObject({ status: 'KILLED', stopReason: 'runaway' });
  });

  it('wants a reason', async () => {
    const id = await startedRun(api);
    const { errors } = await kill(id, ' ');
    expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
    expect((await api.store.runs.get(tenant, id))?.stop).toBeNull();
  });
});

describe('a second try', () => {
  it('is told to the workflow that holds the task, with the input kept', async () => {
    const id = await startedRun(api);
    await record(
      id,
      'RUNNING',
      { path: 'sub', kind: 'plan', status: 'RUNNING', workflowId: `run/${id}/sub` },
      tool('sub/a', 'FAILED'),
      tool('step0', 'CANCELLED'),
    );
    expect((await retry(id, 'sub/a', { input: { n: 2 } })).userErrors).toEqual([]);
    expect((await retry(id, 'step0')).userErrors).toEqual([]);
    expect(api.gateway.signals).toMatchObject([
      {
        workflowId: `run/${id}/sub`,
        name: 'retryTask',
        argument: { path: 'sub/a', input: { inline: { n: 2 } } },
      },
      { workflowId: `run/${id}`, name: 'retryTask', argument: { path: 'step0', by: expect.any(String) } },
    ]);
    expect(api.gateway.signals[1]?.argument).not.toHaveProperty('input');
  });

  it.each(['RUNNING', 'SUCCEEDED', 'UNCERTAIN', 'PENDING'] as const)('is refused for %s', async (status) => {
    const id = await startedRun(api);
    await record(id, 'RUNNING', tool('step0', status));
    const { userErrors } = await retry(id, 'step0');
    expect(userErrors).toMatchObject([
      { field: ['path'], code: 'FAILED_PRECONDITION', message: expect.stringContaining(status) },
    ]);
    expect(api.gateway.signals).toEqual([]);
  });

  it('names a path that is wrong', async () => {
    const id = await startedRun(api);
    for (const act of [retry, skip])
      expect((await act(id, 'step9')).userErrors).toMatchObject([
        { field: ['path'], code: 'NOT_FOUND', message: expect.stringContaining('step9') },
      ]);
  });
});

describe('a run that has ended', () => {
  const ended = async (status: RunStatus, ...tasks: TaskPatch[]) => {
    const id = await startedRun(api, chain(2));
    await dispatched(id);
    await record(id, 'RUNNING', ...tasks);
    await api.store.runs.keepState(tenant, id, { inline: { kept: true } });
    await record(id, status);
    return id;
  };

  it.each([
    ['retried', (id: string) => retry(id, 'step0', { input: 5 }), { kind: 'retry', input: { inline: 5 } }],
    ['skipped', (id: string) => skip(id, 'step0', { output: 6 }), { kind: 'skip', output: { inline: 6 } }],
  ])('goes on from where it stood with a task %s', async (_done, act, secondTry) => {
    const id = await ended('FAILED', tool('step0', 'FAILED'), tool('step1', 'CANCELLED'));
    const { run, userErrors } = await act(id);
    expect([userErrors, run.status, run.error]).toEqual([[], 'RUNNING', null]);
    expect(api.gateway.starts.at(-1)).toMatchObject({
      again: true,
      name: 'chain',
      input: { runId: id, state: { kept: true }, secondTry: { path: 'step0', ...secondTry } },
    });
    expect((await eventsOf(id)).filter((type) => type === 'run.resumed')).toHaveLength(1);
    expect(await api.store.signals.of(id)).toEqual([]);
    expect(await api.store.runs.get(tenant, id)).toMatchObject({ dispatchedAt: expect.any(Number) });
  });

  it('goes on once, though Temporal is away at first and two processes sweep', async () => {
    const id = await ended('CANCELLED', tool('step0', 'CANCELLED'));
    api.gateway.broken = away;
    expect((await retry(id, 'step0')).userErrors).toEqual([]);
    const before = api.gateway.starts.length;
    api.gateway.broken = null;
    const runs = {
      ...api.store.runs,
      neverDispatched: async () => [(await api.store.runs.get(tenant, id)) as RunRow],
    };
    const late = { ...api.deps, store: { ...api.store, runs } };
    const kept = await api.store.signals.of(id);
    await sweepNeverDispatched(late);
    expect(api.gateway.starts).toHaveLength(before + 1);
    expect(api.gateway.starts.at(-1)?.input).toMatchObject({ secondTry: { path: 'step0' } });
    // The other process had read the same before.
    await api.store.signals.add(kept[0] as SignalRow);
    await deliverSignals(api.deps, tenant, id);
    expect(api.gateway.starts).toHaveLength(before + 1);
  });

  it.each(['SUCCEEDED', 'KILLED'] as const)('is over when it %s', async (status) => {
    const id = await ended(status, tool('step0', 'FAILED'));
    expect((await retry(id, 'step0')).userErrors).toMatchObject([{ code: 'FAILED_PRECONDITION' }]);
  });

  it('does not go on against a kill switch', async () => {
    const id = await ended('FAILED', tool('step0', 'FAILED'));
    const engaged = { scope: 'TENANT', target: null, tenant } as const;
    await api.store.killSwitches.engage({ ...engaged, engagedAt: 1, engagedBy: 'ann', reason: 'r' });
    const { errors } = await retry(id, 'step0');
    await api.store.killSwitches.release('TENANT', null, tenant, 'ann');
    expect(errors[0]?.extensions['code']).toBe('KILL_SWITCH_ACTIVE');
    expect(await row(id)).toMatchObject({ status: 'FAILED' });
  });

  it('has parts with workflows of their own, which go on as a whole', async () => {
    const sub = { path: 'sub', kind: 'plan', status: 'FAILED', workflowId: 'run/x/sub' } as const;
    const id = await ended('FAILED', sub, tool('sub/a', 'FAILED'));
    expect((await retry(id, 'sub/a')).userErrors).toMatchObject([
      { field: ['path'], code: 'FAILED_PRECONDITION', message: expect.stringContaining('"sub"') },
    ]);
    expect((await retry(id, 'sub')).userErrors).toEqual([]);
  });
});

describe('a skip', () => {
  it.each(['PENDING', 'READY', 'WAITING', 'FAILED', 'CANCELLED'] as const)(
    'counts a task that is %s',
    async (status) => {
      const id = await startedRun(api);
      await record(id, 'RUNNING', tool('step0', status));
      expect((await skip(id, 'step0', { output: { given: true } })).userErrors).toEqual([]);
      expect(api.gateway.signals).toMatchObject([
        { name: 'skipTask', argument: { path: 'step0', output: { inline: { given: true } } } },
      ]);
    },
  );

  it('gives null when no output is given, and takes a task that nothing has touched', async () => {
    const id = await startedRun(api);
    await record(id, 'RUNNING');
    await skip(id, 'step0');
    expect(api.gateway.signals).toMatchObject([{ argument: { output: { inline: null } } }]);
  });

  it.each(['RUNNING', 'SUCCEEDED', 'UNCERTAIN'] as const)('is refused for %s', async (status) => {
    const id = await startedRun(api);
    await record(id, 'RUNNING', tool('step0', status));
    expect((await skip(id, 'step0')).userErrors).toMatchObject([{ code: 'FAILED_PRECONDITION' }]);
  });
});

describe('a budget', () => {
  it('is what was given with the start, then what is changed of it', async () => {
    const id = await startedRun(api, chain(1), { budget: { limit: '1.5', maxTokens: 100 } });
    expect(api.gateway.starts.at(-1)?.input).toMatchObject({
      budget: { limitNanos: 1_500_000_000, maxTokens: 100 },
    });
    const deadline = '2030-01-31T08:00:00.000Z';
    const { run, userErrors } = await setBudget(id, { maxTokens: null, maxModelCalls: 3, deadline });
    expect(userErrors).toEqual([]);
    expect(run.budget).toEqual({
      limit: '1.5',
      spent: '0',
      reserved: '0',
      maxTokens: null,
      maxModelCalls: 3,
      deadline,
      cheaper: false,
    });
    expect(api.gateway.signals).toMatchObject([
      {
        name: 'setBudget',
        argument: { limitNanos: 1_500_000_000, maxModelCalls: 3, deadline: Date.parse(deadline) },
      },
    ]);
    expect(await eventsOf(id)).toContain('budget.changed');
  });

  it('shows what the ledger has: what is spent, and what is put by for calls under way (C6)', async () => {
    const id = await startedRun(api, chain(1), { budget: { limit: '1' } });
    const { ledger } = api.store;
    const call = { tenant, runId: id, taskPath: null, deployment: 'd', priceVersion: null, leaseMs: 60_000 };
    await ledger.reserve({ ...call, key: `${id}/1`, nanos: 600_000_000, tokens: 10 });
    await ledger.settle(tenant, `${id}/1`, { nanos: 250_000_000, usage: noUsage });
    await ledger.reserve({ ...call, key: `${id}/2`, nanos: 500_000_000, tokens: 10 });
    const late = { ...call, key: `${id}/3`, nanos: 300_000_000, tokens: 10 };
    expect((await ledger.reserve(late)).state).toBe('refused');
    const { run } = await setBudget(id, { limit: '1.05', cheaper: true });
    expect(run.budget).toMatchObject({ limit: '1.05', spent: '0.25', reserved: '0.5', cheaper: true });
    expect((await ledger.reserve(late)).state).toBe('reserved');
    expect((await setBudget(id, { cheaper: false })).run.budget).toMatchObject({
      reserved: '0.8',
      cheaper: false,
    });
  });

  it('is charged, by the sweep, for calls that nobody has settled by the end of their lease (C6)', async () => {
    const id = await startedRun(api, chain(1), { budget: { limit: '1' } });
    const call = { tenant, runId: id, taskPath: null, deployment: 'd', priceVersion: null };
    const lost = { ...call, key: `${id}/lost`, nanos: 300_000_000, tokens: 10, leaseMs: 1 };
    await api.store.ledger.reserve(lost);
    const sweeper = startSweeper(api.deps);
    try {
      while ((await api.store.ledger.ofRun(tenant, id))?.reservedNanos !== 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      await sweeper.stop();
    }
    const { run } = await setBudget(id, { maxTokens: 5 });
    expect(run.budget).toMatchObject({ spent: '0.3', reserved: '0' });
  });

  it('is null without limits, and names what is wrong with new ones', async () => {
    const id = await startedRun(api);
    expect((await pause(id)).run.budget).toBeNull();
    expect((await setBudget(id, {})).userErrors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
    const { errors } = await setBudget(id, { maxTokens: -1 });
    expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });
});

it('is estimated before it runs, and keeps that beside what it used', async () => {
  const id = await startedRun(api, chain(3));
  const estimate = { tokens: 0, cost: '0', durationMs: 15 };
  await record(id, 'SUCCEEDED', { ...tool('step0', 'SUCCEEDED'), startedAt: 0, finishedAt: 60_000 });
  const { data } = await api.graphql(
    `query ($id: ID!) { run(id: $id) { estimate { tokens cost durationMs } plan { estimate { tokens cost durationMs } } } }`,
    { id },
  );
  expect(data.run).toEqual({ estimate, plan: { estimate } });
});

describe('triggers', () => {
  it('go with the start', async () => {
    const triggers = [
      { on: 'COST', threshold: 2, do: 'KILL' },
      { on: 'ERROR_RATE', threshold: 0.5, do: 'ROLLBACK' },
    ];
    const id = await startedRun(api, chain(1), { triggers });
    expect(api.gateway.starts.at(-1)?.input.triggers).toEqual(triggers);
    expect((await api.store.runs.get(tenant, id))?.triggers).toEqual(triggers);
  });

  it.each([
    { on: 'COST', threshold: 0, do: 'KILL' },
    { on: 'ERROR_RATE', threshold: 1.5, do: 'PAUSE' },
  ])('make sense: %j', async (trigger) => {
    const { errors } = await api.graphql(
      `mutation ($input: StartPlanInput!) { startPlan(input: $input) { run { id } } }`,
      { input: { plan: chain(1), triggers: [trigger] } },
    );
    expect(errors[0]?.extensions['code']).toBe('BAD_USER_INPUT');
  });
});
