import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deliverSignals, startSweeper } from '#commands';
import type { Effect, RunStatus, TaskStatus, ToolFacts } from '#contracts';
import { type ApiUnderTest, startApi, startedRun, transform } from './api-under-test.js';

const tenant = 'default';
const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const make: ToolFacts = { ...transform, name: 'make', effect: 'keyed', inputSchema: { type: 'object' } };
const send: ToolFacts = { ...make, name: 'send', effect: 'irreversible' };
const unmake: ToolFacts = { ...make, name: 'unmake' };

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi({ tools: [make, send, unmake, transform] });
});
beforeEach(() => {
  api.gateway.broken = null;
  for (const list of [api.gateway.signals, api.gateway.rollbacks, api.gateway.unpaused]) list.length = 0;
});
afterAll(() => api.stop());

const task = (id: string, tool: string, more: object = {}) => ({
  id,
  kind: 'tool',
  tool,
  with: { name: id },
  ...more,
});
const compensate = { tool: 'unmake', with: { name: '${self.output.made}', key: '${self.idempotencyKey}' } };
const plan = {
  version: 1,
  name: 'saga',
  tasks: [
    task('a', 'make', { compensate }),
    task('b', 'make', { compensate, needs: ['a'] }),
    task('mail', 'send', { needs: ['b'] }),
    task('read', 'transform', { needs: ['b'], with: { expression: '${1}' } }),
    task('later', 'make', { needs: ['mail'] }),
  ],
};

async function run(status: RunStatus, tasks: Record<string, TaskStatus> = {}): Promise<string> {
  const id = await startedRun(api, plan);
  await api.store.runs.markDispatched(tenant, id, 'temporal');
  const ended = ['FAILED', 'SUCCEEDED', 'KILLED'].includes(status);
  await api.store.record({
    tenant,
    runId: id,
    events: [],
    tasks: Object.entries(tasks).map(([path, state]) => ({
      path,
      kind: 'tool',
      status: state,
      startedAt: at,
    })),
    run: { status, ...(ended && { finishedAt: at }) },
  });
  return id;
}

async function effect(
  runId: string,
  path: string,
  state: 'HAPPENED' | 'MAYBE' | 'NONE',
  more: Partial<Effect> = {},
) {
  await api.store.effects.register({
    tenant,
    runId,
    path,
    generation: 0,
    idempotencyKey: `key-${path}`,
    tool: 'make',
    effect: 'keyed',
    input: { inline: { name: path } },
    compensating: {
      type: 'call',
      ...compensate,
      environment: {
        inputs: { inline: {} },
        tasks: {},
        run: { id: runId, startedAt: '2026-01-01T00:00:00Z' },
      },
    },
    at: at + path.length,
    ...more,
  });
  const output = state === 'HAPPENED' ? { output: { inline: { made: `${path}!` } } } : {};
  await api.store.effects.settle({ tenant, runId, path, generation: 0, state, ...output });
}

async function mutate(operation: string, variables: object) {
  const types: Record<string, string> = {
    id: 'ID!',
    runId: 'ID!',
    path: 'String!',
    reason: 'String',
    comment: 'String!',
  };
  const names = Object.keys(variables);
  const { data, errors } = await api.graphql(
    `mutation (${names.map((name) => `$${name}: ${types[name]}`).join(', ')}) {
      ${operation}(${names.map((name) => `${name}: $${name}`).join(', ')}) {
        run { id status } userErrors { field code message } } }`,
    variables,
  );
  return { run: null, userErrors: [], ...data?.[operation], errors };
}

const preview = async (id: string) => {
  const { data, errors } = await api.graphql(
    'query ($id: ID!) { rollbackPreview(id: $id) { order taskPath action state possible why } }',
    { id },
  );
  expect(errors).toEqual([]);
  return data.rollbackPreview;
};

const types = async (id: string) =>
  (await api.store.events.after(tenant, id, 0, 100)).map(({ type }) => type);

describe('rollbackPreview (A12)', () => {
  it('shows what would be called in which order, then what cannot be undone and why', async () => {
    const id = await run('FAILED', { a: 'SUCCEEDED', b: 'FAILED', mail: 'SUCCEEDED', read: 'SUCCEEDED' });
    await effect(id, 'a', 'HAPPENED');
    await effect(id, 'b', 'HAPPENED');
    expect(await preview(id)).toEqual([
      {
        order: 1,
        taskPath: 'b',
        action: { tool: 'unmake', with: { name: 'b!', key: 'key-b' } },
        state: 'FAILED',
        possible: true,
        why: null,
      },
      {
        order: 2,
        taskPath: 'a',
        action: { tool: 'unmake', with: { name: 'a!', key: 'key-a' } },
        state: 'SUCCEEDED',
        possible: true,
        why: null,
      },
      {
        order: 3,
        taskPath: 'mail',
        action: null,
        state: 'SUCCEEDED',
        possible: false,
        why: 'send is irreversible, and its task declares no compensation',
      },
    ]);
    expect(api.gateway.rollbacks).toEqual([]);
  });

  it('tells what did not happen, what cannot be evaluated, and whose tool is not here', async () => {
    const id = await run('FAILED', { a: 'FAILED', b: 'FAILED' });
    await effect(id, 'a', 'NONE');
    await effect(id, 'b', 'MAYBE');
    const environment = { inputs: { inline: {} }, tasks: {}, run: { id, startedAt: '2026-01-01T00:00:00Z' } };
    const compensating = { type: 'call', tool: 'gone', with: {}, environment } as const;
    await effect(id, 'dynamic', 'HAPPENED', { compensating });
    const steps = await preview(id);
    expect(
      Object.fromEntries(steps.map((step: { taskPath: string; why: string }) => [step.taskPath, step.why])),
    ).toEqual({
      a: 'it is known not to have happened',
      b: expect.stringContaining('its compensation cannot be made out: '),
      dynamic: 'this server has no tool gone',
    });
  });

  it('of a run that is not there is NOT_FOUND', async () => {
    const { errors } = await api.graphql('{ rollbackPreview(id: "run_x") { order } }');
    expect(errors[0]?.extensions['code']).toBe('NOT_FOUND');
  });
});

describe('rollbackRun (A12)', () => {
  it.each<RunStatus>(['SUCCEEDED', 'FAILED', 'KILLED'])(
    'starts the rollback of a run that is %s',
    async (status) => {
      const id = await run(status);
      const { run: after, userErrors } = await mutate('rollbackRun', { id, reason: 'wrong bucket' });
      expect([after.status, userErrors]).toEqual(['ROLLING_BACK', []]);
      expect(api.gateway.rollbacks).toEqual([{ input: { tenant, runId: id }, name: 'saga', priority: 3 }]);
      expect(api.gateway.signals).toEqual([]);
      expect(await types(id)).toContain('run.rolling_back');
    },
  );

  it('tells the workflow of one that lives, and lifts what Temporal itself holds', async () => {
    const id = await run('RUNNING');
    await api.store.pauses.add(tenant, id, { source: 'API', by: 'ann', since: at }, true);
    api.gateway.nativelyPaused.add(`run/${id}`);
    await mutate('rollbackRun', { id, reason: 'no' });
    expect(api.gateway.unpaused).toEqual([`run/${id}`]);
    expect(api.gateway.signals).toEqual([
      expect.objectContaining({
        name: 'rollback',
        workflowId: `run/${id}`,
        argument: expect.objectContaining({ by: 'local', reason: 'no' }),
      }),
    ]);
    expect(await api.store.pauses.of(tenant, id)).toEqual([]);
    expect(api.gateway.rollbacks).toEqual([]);
  });

  it('is asked for once, however often', async () => {
    const id = await run('FAILED');
    await mutate('rollbackRun', { id });
    expect((await mutate('rollbackRun', { id })).userErrors).toEqual([]);
    expect((await types(id)).filter((type) => type === 'run.rolling_back')).toHaveLength(1);
  });

  it('is started by the sweep when nobody could start it', async () => {
    const id = await run('FAILED');
    api.gateway.broken = new Error('Temporal is away');
    expect((await mutate('rollbackRun', { id })).run.status).toBe('ROLLING_BACK');
    api.gateway.broken = null;
    const sweeper = startSweeper({ ...api.deps, now: () => Date.now() + 60_000 });
    while (!api.gateway.rollbacks.some(({ input }) => input.runId === id))
      await new Promise((resolve) => setTimeout(resolve, 10));
    await sweeper.stop();
  });

  it('refuses what is rolled back, and what is being killed', async () => {
    const id = await run('RUNNING');
    await api.store.runs.requestStop(tenant, id, 'kill', 'x', 'ann');
    expect((await mutate('rollbackRun', { id })).userErrors[0].message).toContain('is being killed');
    const done = await run('FAILED');
    await rolledBack(done);
    expect((await mutate('rollbackRun', { id: done })).userErrors[0].message).toContain(
      'is rolled back already',
    );
    expect((await mutate('rollbackRun', { id: 'run_x' })).errors[0]?.extensions['code']).toBe('NOT_FOUND');
  });

  it('leaves nothing to be retried or skipped, held or not', async () => {
    const id = await run('RUNNING', { a: 'FAILED' });
    await mutate('rollbackRun', { id });
    const message = expect.stringContaining('is being rolled back: none of its tasks can be');
    for (const operation of ['retryTask', 'skipTask'])
      expect((await mutate(operation, { runId: id, path: 'a' })).userErrors).toContainEqual(
        expect.objectContaining({ message }),
      );
    await api.store.pauses.add(tenant, id, { source: 'API', by: 'ann', since: at }, true);
    expect((await mutate('retryTask', { runId: id, path: 'a' })).userErrors).toContainEqual(
      expect.objectContaining({ message }),
    );
  });
});

async function rolledBack(id: string): Promise<void> {
  await mutate('rollbackRun', { id });
  await api.store.rollbacks.begin(tenant, id);
  await api.store.rollbacks.end(tenant, id);
}

describe('a compensation that failed (A12)', () => {
  async function incomplete(): Promise<{ id: string; approval: string }> {
    const id = await run('FAILED', { a: 'SUCCEEDED' });
    await effect(id, 'a', 'HAPPENED');
    await rolledBack(id);
    api.gateway.rollbacks.length = 0;
    const [approval] = await api.store.approvals.of(tenant, id);
    expect(approval).toMatchObject({ kind: 'COMPENSATION', status: 'PENDING' });
    return { id, approval: approval?.id ?? '' };
  }
  const decide = async (id: string, more: string) =>
    (
      await api.graphql(
        `mutation ($id: ID!) { decideApproval(id: $id, ${more}) { approval { status } userErrors { field message } } }`,
        { id },
      )
    ).data.decideApproval;

  it('is tried again: the run rolls back once more', async () => {
    const { id } = await incomplete();
    const { run: after } = await mutate('retryCompensation', { runId: id, path: 'a' });
    expect(after.status).toBe('ROLLING_BACK');
    expect(api.gateway.rollbacks).toHaveLength(1);
    const [fault] = (await mutate('retryCompensation', { runId: id, path: 'a' })).userErrors;
    expect(fault.message).toContain('the compensation of "a" has not failed');
  });

  it('is marked as done by hand: with the last one the run is rolled back', async () => {
    const { id } = await incomplete();
    const empty = await mutate('markCompensated', { runId: id, path: 'a', comment: ' ' });
    expect(empty.errors[0]?.message).toContain('say how it was undone');
    const { run: after } = await mutate('markCompensated', {
      runId: id,
      path: 'a',
      comment: 'deleted by hand',
    });
    expect(after.status).toBe('ROLLED_BACK');
    const unknown = await mutate('markCompensated', { runId: id, path: 'x', comment: 'y' });
    expect(unknown.userErrors[0].code).toBe('NOT_FOUND');
    expect((await preview(id))[0]).toMatchObject({
      possible: false,
      why: 'local has undone it by hand: deleted by hand',
    });
  });

  it('is decided as an approval is', async () => {
    const first = await incomplete();
    expect((await decide(first.approval, 'approve: true')).userErrors[0].message).toContain(
      'an answer is wanted',
    );
    const silent = await decide(first.approval, 'approve: true, answer: { do: "mark" }');
    expect(silent.userErrors).toEqual([expect.objectContaining({ field: ['comment'] })]);
    const marked = await decide(first.approval, 'approve: true, answer: { do: "mark" }, comment: "by hand"');
    expect(marked).toEqual({ approval: { status: 'APPROVED' }, userErrors: [] });
    expect((await api.store.runs.get(tenant, first.id))?.status).toBe('ROLLED_BACK');

    const second = await incomplete();
    await decide(second.approval, 'approve: true, answer: { do: "retry" }');
    expect(api.gateway.rollbacks).toHaveLength(1);

    const third = await incomplete();
    expect((await decide(third.approval, 'approve: false')).approval.status).toBe('REJECTED');
    expect((await api.store.runs.get(tenant, third.id))?.status).toBe('ROLLBACK_INCOMPLETE');
    await deliverSignals(api.deps, tenant, third.id);
    expect(api.gateway.signals).toEqual([]);
  });
});
