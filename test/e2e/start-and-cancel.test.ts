import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { taskEnded } from '#plan';
import { isGroupAlive, ledgerCommand, readLedger } from './ledger.js';
import { createHome, hookTimeoutMs, type NexusProcess } from './nexus-process.js';
import { endedRun, follow, runPlan, startPlan } from './runs.js';
import { until } from './until.js';

const home = createHome('start');
let nexus: NexusProcess;
beforeAll(async () => {
  nexus = await home.start();
}, hookTimeoutMs);
afterAll(() => home.remove());

const startPlanMutation = `mutation ($input: StartPlanInput!) {
  startPlan(input: $input) { run { id } userErrors { code message } }
}`;
const startGoalMutation = `mutation ($input: StartGoalInput!) {
  startGoal(input: $input) { run { id } userErrors { code message } }
}`;
const step = (id: string, needs: string[] = []) => ({ id, kind: 'tool', tool: 'ledger.quick', needs });

describe('ten starts at once with one idempotency key', () => {
  it('of a plan are one run, whose effect happens once (A1)', async () => {
    const input = { plan: { tasks: [step('a')] }, idempotencyKey: 'ten-plans' };
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => nexus.graphql(startPlanMutation, { input })),
    );
    const ids = new Set(replies.map(({ data }) => data.startPlan.run.id as string));
    expect(ids.size).toBe(1);
    const [id = ''] = ids;
    expect(await endedRun(nexus, id)).toMatchObject({ status: 'SUCCEEDED' });
    expect(readLedger(home.ledger).filter(({ run, at }) => run === id && at === 'start')).toHaveLength(1);
  });

  it('of a goal are one run (A1)', async () => {
    const saved = await nexus.graphql(
      `mutation ($document: JSON!) { saveTemplate(document: $document) { userErrors { message } } }`,
      { document: { name: 'one-step', match: ['do one step'], tasks: [step('a')] } },
    );
    expect(saved.data.saveTemplate.userErrors).toEqual([]);
    const input = { goal: 'do one step', idempotencyKey: 'ten-goals' };
    const replies = await Promise.all(
      Array.from({ length: 10 }, () => nexus.graphql(startGoalMutation, { input })),
    );
    const ids = new Set(replies.map(({ data }) => data.startGoal.run.id as string));
    expect(ids.size).toBe(1);
    expect(await endedRun(nexus, [...ids][0]!)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('are refused when the key was given for something else (A1)', async () => {
    const started = { plan: { tasks: [step('a')] }, idempotencyKey: 'taken' };
    const { data } = await nexus.graphql(startPlanMutation, { input: started });
    await endedRun(nexus, data.startPlan.run.id as string);
    const other = { ...started, plan: { tasks: [step('b')] } };
    const { errors } = await nexus.graphql(startPlanMutation, { input: other });
    expect(errors).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'IDEMPOTENCY_MISMATCH' }) }),
    ]);
    expect(errors[0]?.message).toContain('taken');
  });
});

const sleeping = {
  inputs: { type: 'object', required: ['ledger'] },
  tasks: [
    {
      id: 'sleep',
      kind: 'tool',
      tool: 'shell.run',
      with: { command: ledgerCommand(600), env: { TEST_LEDGER: '${inputs.ledger}' } },
    },
    step('after', ['sleep']),
  ],
};

/** A run whose command is under way, and the command's process group. */
async function startSleeping(): Promise<{ id: string; group: number }> {
  const id = await startPlan(nexus, sleeping, { inputs: { ledger: home.ledger } });
  const line = await until('the command runs', () =>
    readLedger(home.ledger).find(({ run, at }) => run === id && at === 'start'),
  );
  expect(isGroupAlive(line.group!)).toBe(true);
  return { id, group: line.group! };
}

async function expectCancelled(id: string): Promise<void> {
  const run = await endedRun(nexus, id, 10_000);
  expect(run.status).toBe('CANCELLED');
  expect(run.tasks.map(({ path, status }) => [path, status])).toEqual([
    ['sleep', 'CANCELLED'],
    ['after', 'CANCELLED'],
  ]);
  expect(readLedger(home.ledger).filter((entry) => entry.run === id)).toHaveLength(1);
}

describe('a cancel while a command runs', () => {
  it('through the API ends its processes within two seconds (A9)', async () => {
    const { id, group } = await startSleeping();
    const { data } = await nexus.graphql(
      'mutation ($id: ID!) { cancelRun(id: $id) { run { status } userErrors { message } } }',
      { id },
    );
    expect(data.cancelRun.userErrors).toEqual([]);
    await until('the processes are gone', () => !isGroupAlive(group), { withinMs: 2_000 });
    await expectCancelled(id);
  });

  it('through Temporal does the same (A9)', async () => {
    const { id, group } = await startSleeping();
    const connection = await Connection.connect({ address: nexus.temporalAddress });
    try {
      await new Client({ connection }).workflow.getHandle(`run/${id}`).cancel();
      await until('the processes are gone', () => !isGroupAlive(group), { withinMs: 5_000 });
      await expectCancelled(id);
      const { status } = await new Client({ connection }).workflow.getHandle(`run/${id}`).describe();
      expect(status.name).toBe('CANCELLED');
    } finally {
      await connection.close();
    }
  });
});

describe('what is told of a run that has ended', () => {
  const failing = {
    id: 'bad',
    kind: 'tool',
    tool: 'fail.verbosely',
    with: { chars: 9 },
    retry: { maxAttempts: 2, initial: '10ms' },
  };
  const plans = {
    success: { tasks: [step('a'), step('b', ['a']), { id: 'w', kind: 'wait', for: '50ms' }] },
    failure: { tasks: [failing, step('never', ['bad'])] },
    'a failure that is put up with': { tasks: [{ ...failing, onError: 'continue' }, step('then', ['bad'])] },
    'a task that is left out': { tasks: [{ ...step('out'), when: '${1 > 2}' }, step('then', ['out'])] },
    'a sub-plan that fails in a child': {
      tasks: [{ id: 'sub', kind: 'plan', grain: 'task', plan: { tasks: [failing] } }, step('never', ['sub'])],
    },
  };

  it.each(Object.entries(plans))(
    '%s: tasks in end states, events without gaps, sums that add up (A8 A21)',
    async (_name, plan) => {
      const run = await runPlan(nexus, plan);
      expect(run.tasks.filter(({ status }) => !taskEnded(status as never))).toEqual([]);
      expect(run.events.map(({ cursor }) => cursor)).toEqual(
        run.events.map((_event, index) => String(index + 1)),
      );
      const types = run.events.map(({ type }) => type);
      expect([types[0], types.at(-1)]).toEqual(['run.created', 'run.ended']);
      expect(run.events.at(-1)?.data).toMatchObject({ status: run.status });
      const leaves = run.tasks.filter(({ kind }) => kind !== 'PLAN');
      expect(run.usage.toolCalls).toBe(leaves.reduce((sum, { usage }) => sum + usage.toolCalls, 0));
      const told = run.events.filter(({ type }) => /^task\.(succeeded|failed|skipped|cancelled)$/.test(type));
      expect(told).toHaveLength(run.tasks.length);
      expect(new Set(told.map(({ taskPath }) => taskPath))).toEqual(
        new Set(run.tasks.map(({ path }) => path)),
      );
    },
  );

  it('is told again, whole, to who subscribes afterwards (A21)', async () => {
    const { id, events } = await runPlan(nexus, plans.success);
    const again = follow(nexus, id);
    expect(await again.ended).toBe('completed');
    expect(again.values).toEqual(events);
  });
});
