import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { ApprovalKind, JsonValue, ToolContext } from '#contracts';
import { inline, nexusError, workflowIdOf } from '#contracts';
import type { ApprovalRow } from '#store';
import { startRuns, tool } from './runs-fixture.js';
import type { RunsFixture } from './runs-fixture.js';

let runs: RunsFixture;
const tenant = 'default';
/** Calls of tools, in order, with what they were given. */
let calls: { path: string; input: JsonValue; key: string }[] = [];
let failures = 0;

beforeAll(async () => {
  const work = async (input: JsonValue, { taskPath: path, idempotencyKey: key }: ToolContext) => {
    calls.push({ path, input, key });
    if (failures-- > 0) throw nexusError('TOOL_FAILED', `${path} does not go`);
    return { did: path };
  };
  const lost = async (input: JsonValue, context: ToolContext) => {
    await work(input, context);
    throw new Error('the connection is gone');
  };
  runs = await startRuns(
    [tool('work', work, 'keyed'), tool('once', lost, 'unkeyed'), tool('burn', work, 'irreversible')],
    (goal) => ({
      name: goal || 'edited',
      tasks: [{ id: 'planned', kind: 'tool', tool: 'work' }],
    }),
  );
});
afterAll(() => runs.close());
beforeEach(() => {
  calls = [];
  failures = 0;
});

const work = (id: string, needs: string[] = [], more: object = {}) => ({
  id,
  kind: 'tool',
  tool: 'work',
  needs,
  ...more,
});

/** The question that the run waits for, once it is asked. */
async function asked(
  runId: string,
  kind: ApprovalKind,
  taskPath?: string,
  role?: string,
): Promise<ApprovalRow> {
  for (;;) {
    const all = await runs.store.approvals.of(tenant, runId);
    const found = all.find(
      (one) =>
        one.kind === kind &&
        one.status === 'PENDING' &&
        (taskPath ?? one.taskPath) === one.taskPath &&
        (role ?? one.role) === one.role,
    );
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** As the command does it; the signal is delivered by whoever empties the outbox. */
async function decide(
  approval: ApprovalRow,
  approve: boolean,
  { answer, by = 'ada', child = '' }: { answer?: JsonValue; by?: string; child?: string } = {},
): Promise<string | undefined> {
  const workflowId = workflowIdOf(approval.runId, child);
  const decision = { by, approve, at: Date.now(), comment: 'so be it', answer };
  const result = await runs.store.approvals.decide(tenant, approval.id, decision, {
    workflowId,
    answer: answer === undefined ? undefined : inline(answer),
  });
  for (const signal of await runs.store.signals.of(approval.runId)) {
    await runs.client.workflow.getHandle(signal.workflowId).signal(signal.name, signal.argument);
    await runs.store.signals.remove(signal.id);
  }
  return result?.outcome;
}

/** The approvals that readers of the run's events have been told of. */
async function toldOf(runId: string): Promise<unknown[]> {
  const events = await runs.store.events.after(tenant, runId, 0, 500);
  return events.flatMap(({ type, data }) => (type === 'approval.requested' ? [data?.['id']] : []));
}

async function reaches(runId: string, status: string): Promise<void> {
  while ((await runs.store.runs.get(tenant, runId))?.status !== status) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('people decide (A13)', () => {
  it('a question of the plan: the run waits, and goes on with the answer', async () => {
    const tasks = [
      work('a'),
      {
        id: 'gate',
        kind: 'approval',
        needs: ['a'],
        question: 'Use ${tasks.a.output.did}?',
        context: { of: '${tasks.a.output}' },
        quorum: 2,
      },
      work('b', ['gate'], { with: { given: '${tasks.gate.output.answer}' } }),
    ];
    const runId = await runs.start({ name: 'approval', tasks, output: '${tasks.gate.output}' });
    const approval = await asked(runId, 'TASK');
    expect(approval).toMatchObject({
      question: 'Use a?',
      context: inline({ of: { did: 'a' } }),
      taskPath: 'gate',
    });
    await reaches(runId, 'WAITING');
    expect((await runs.store.runs.get(tenant, runId))?.waiting).toMatchObject({ kind: 'APPROVAL' });
    expect(await decide(approval, true, { answer: { x: 1 } })).toBe('counted');
    expect(await decide(approval, true, { answer: { x: 1 } })).toBe('repeated');
    expect(await decide(approval, true, { answer: { x: 2 }, by: 'bob' })).toBe('decided');
    const row = await runs.ended(runId);
    expect(row).toMatchObject({ status: 'SUCCEEDED', output: inline({ approved: true }) as object });
    expect(calls.map(({ path }) => path)).toEqual(['a', 'b']);
    expect(await decide(approval, false, { by: 'eve' })).toBe('over');
    const { decisions, status } = (await runs.store.approvals.get(tenant, approval.id)) ?? {};
    expect(status).toBe('APPROVED');
    expect(decisions?.map(({ by }) => by)).toEqual(['ada', 'bob']);
    expect(await toldOf(runId)).toEqual([approval.id]);
  });

  it('within a sub-plan with a workflow of its own', async () => {
    const plan = { tasks: [{ id: 'gate', kind: 'approval', question: 'Go?' }, work('b', ['gate'])] };
    const runId = await runs.start({ tasks: [{ id: 'sub', kind: 'plan', plan }] });
    const approval = await asked(runId, 'TASK', 'sub/gate');
    expect(await toldOf(runId)).toEqual([approval.id]);
    await decide(approval, false, { child: 'sub' });
    expect(await runs.ended(runId)).toMatchObject({
      status: 'FAILED',
      error: { code: 'APPROVAL_REJECTED', taskPath: 'sub/gate', message: 'rejected by ada: so be it' },
    });
    expect(calls).toEqual([]);
  });

  it.each([
    ['reject', 'FAILED', 'EXPIRED'],
    ['approve', 'SUCCEEDED', 'EXPIRED'],
  ])('or their time is over: %s', async (onTimeout, status, approvalStatus) => {
    const tasks = [{ id: 'gate', kind: 'approval', question: 'Go?', timeout: '500ms', onTimeout }];
    const runId = await runs.start({ tasks });
    expect((await runs.ended(runId)).status).toBe(status);
    expect(await runs.store.approvals.of(tenant, runId)).toMatchObject([{ status: approvalStatus }]);
  });

  it('others are asked when the first do not answer', async () => {
    const gate = { id: 'gate', kind: 'approval', question: 'Go?', role: 'dev' };
    const tasks = [{ ...gate, timeout: '500ms', onTimeout: 'escalate', escalateTo: 'ops' }];
    const runId = await runs.start({ name: 'approval-by-others', tasks });
    expect((await asked(runId, 'TASK')).role).toBe('dev');
    const approval = await asked(runId, 'TASK', 'gate', 'ops');
    await decide(approval, true);
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
  });

  it('what follows a failure: another try, with another key, or an output instead', async () => {
    failures = 2;
    const failing = work('a', [], { onError: 'escalate', retry: { maxAttempts: 1 } });
    const runId = await runs.start({
      tasks: [failing, work('b', ['a'], { with: { of: '${tasks.a.output}' } })],
    });
    await decide(await asked(runId, 'ESCALATION', 'a'), true);
    const second = await asked(runId, 'ESCALATION', 'a');
    await decide(second, true, { answer: { do: 'skip', output: { did: 'by hand' } } });
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect(calls.map(({ path }) => path)).toEqual(['a', 'a', 'b']);
    expect(calls[2]?.input).toEqual({ of: { did: 'by hand' } });
    expect(calls[0]?.key).not.toBe(calls[1]?.key);
  });

  it('what an effect came to of which nobody knows', async () => {
    const tasks = [
      { id: 'a', kind: 'tool', tool: 'once' },
      work('b', ['a'], { with: { of: '${tasks.a.output}' } }),
    ];
    const runId = await runs.start({ tasks });
    const approval = await asked(runId, 'UNCERTAIN', 'a');
    await decide(approval, true, { answer: { id: 7 } });
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect(calls.map(({ path, input }) => [path, input])).toEqual([
      ['a', {}],
      ['b', { of: { id: 7 } }],
    ]);
  });

  it('and it is made again when they say that it did not happen', async () => {
    const runId = await runs.start({ tasks: [{ id: 'a', kind: 'tool', tool: 'once' }] });
    await decide(await asked(runId, 'UNCERTAIN', 'a'), false);
    const again = await asked(runId, 'UNCERTAIN', 'a');
    expect(calls).toHaveLength(2);
    await decide(again, true);
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
  });

  it('a plan, before anything of it runs, and may put another in its place', async () => {
    const document = { name: 'approved-plan', tasks: [work('a')] };
    const runId = await runs.start(document, {}, { approvePlan: true });
    const approval = await asked(runId, 'PLAN');
    expect(calls).toEqual([]);
    await reaches(runId, 'WAITING');
    await decide(approval, true, { answer: { tasks: [] } });
    expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    expect(calls.map(({ path }) => path)).toEqual(['planned']);
  });

  describe('after a pause', () => {
    const pause = { source: 'API', by: 'ops', interrupt: false } as const;
    async function pausedAndResumed(runId: string): Promise<void> {
      const handle = runs.client.workflow.getHandle(workflowIdOf(runId));
      const held = { ...pause, since: Date.now() };
      await runs.store.pauses.add(tenant, runId, held, true);
      await handle.signal('pause', held);
      await reaches(runId, 'PAUSED');
      await runs.store.pauses.lift(tenant, runId, 'all', 'ops');
      await handle.signal('resume', { at: Date.now() });
    }

    it('have as much time left to answer as before it', async () => {
      const gate = { id: 'gate', kind: 'approval', question: 'Go?', role: 'dev', timeout: '1h' };
      const runId = await runs.start({ tasks: [gate] });
      const before = await asked(runId, 'TASK');
      await reaches(runId, 'WAITING');
      await pausedAndResumed(runId);
      const later = async () => {
        const row = await runs.store.approvals.get(tenant, before.id);
        return row && (row.expiresAt ?? 0) > (before.expiresAt ?? 0) ? row : null;
      };
      let after = await later();
      for (; after === null; after = await later()) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(after).toMatchObject({ status: 'PENDING', role: 'dev' });
      await decide(after, true);
      expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    });

    it('are still seen to be waited for by a run whose plan is in question', async () => {
      const runId = await runs.start({ tasks: [work('a')] }, {}, { approvePlan: true });
      const approval = await asked(runId, 'PLAN');
      await reaches(runId, 'WAITING');
      const before = await runs.store.runs.get(tenant, runId);
      await pausedAndResumed(runId);
      expect(await runs.store.runs.get(tenant, runId)).toMatchObject({
        status: 'WAITING',
        waiting: before?.waiting ?? {},
      });
      await decide(approval, true);
      expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
    });
  });

  it('that a plan is not run', async () => {
    const runId = await runs.start({ tasks: [work('a')] }, {}, { approvePlan: true });
    await decide(await asked(runId, 'PLAN'), false);
    expect(await runs.ended(runId)).toMatchObject({ status: 'FAILED', error: { code: 'APPROVAL_REJECTED' } });
    expect(calls).toEqual([]);
  });

  it('nothing any more, once the run that asks for its plan is rolled back', async () => {
    const runId = await runs.start({ tasks: [work('a')] }, {}, { approvePlan: true });
    await asked(runId, 'PLAN');
    await runs.store.rollbacks.request(tenant, runId, { by: 'ada', at: Date.now() });
    const handle = runs.client.workflow.getHandle(workflowIdOf(runId));
    await handle.signal('rollback', { by: 'ada', at: Date.now() });
    await handle.result().catch(() => undefined);
    expect((await handle.describe()).status.name).not.toBe('RUNNING');
    expect(calls).toEqual([]);
  });

  it('that there is no more money', async () => {
    const model = { id: 'm', kind: 'model', model: 'x', prompt: 'y' };
    const runId = await runs.start({ name: 'budget', tasks: [model] }, {}, { budget: { maxModelCalls: 0 } });
    await decide(await asked(runId, 'BUDGET'), false);
    expect(await runs.ended(runId)).toMatchObject({ status: 'FAILED', error: { code: 'BUDGET_EXCEEDED' } });
  });

  describe('before what nothing can undo', () => {
    const burn = { id: 'a', kind: 'tool', tool: 'burn', with: { what: 'paper' } };

    it('waits for their word, and is done with just these arguments', async () => {
      const runId = await runs.start({ tasks: [burn] });
      const approval = await asked(runId, 'TASK', 'a');
      expect(approval).toMatchObject({ policy: 'irreversible', context: inline({ tool: 'burn' }) as object });
      expect(calls).toEqual([]);
      await reaches(runId, 'WAITING');
      await decide(approval, true);
      expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
      expect(calls.map(({ input }) => input)).toEqual([{ what: 'paper' }]);
    });

    it('is not done when they say no', async () => {
      const runId = await runs.start({ tasks: [burn] });
      await decide(await asked(runId, 'TASK', 'a'), false);
      expect(await runs.ended(runId)).toMatchObject({
        status: 'FAILED',
        error: { code: 'APPROVAL_REJECTED' },
      });
      expect(calls).toEqual([]);
    });

    it('nobody is asked any more once the task is skipped, though the run goes on', async () => {
      const runId = await runs.start({ tasks: [burn, { id: 'long', kind: 'wait', for: '1h' }] });
      const { id } = await asked(runId, 'TASK', 'a');
      const handle = runs.client.workflow.getHandle(workflowIdOf(runId));
      await handle.signal('skipTask', { path: 'a', by: 'ada' });
      while ((await runs.store.approvals.get(tenant, id))?.status === 'PENDING')
        await new Promise((resolve) => setTimeout(resolve, 20));
      expect((await runs.store.approvals.get(tenant, id))?.status).toBe('EXPIRED');
      expect((await runs.store.runs.get(tenant, runId))?.finishedAt).toBeNull();
      await handle.cancel();
      expect([(await runs.ended(runId)).status, calls]).toEqual(['CANCELLED', []]);
    });

    it('nobody is asked again where a standing rule allows it, and the rule is on record', async () => {
      const { standingRules } = runs.store.approvals;
      const rule = await standingRules.add(tenant, { tool: 'burn', createdBy: 'ada' });
      const runId = await runs.start({ tasks: [burn] });
      expect((await runs.ended(runId)).status).toBe('SUCCEEDED');
      const [approval] = await runs.store.approvals.of(tenant, runId);
      expect(approval).toMatchObject({ status: 'APPROVED', decisions: [{ ruleId: rule.id }] });
      await standingRules.revoke(tenant, rule.id, 'ada');
      const next = await runs.start({ tasks: [burn] });
      await decide(await asked(next, 'TASK', 'a'), false);
      expect((await runs.ended(next)).status).toBe('FAILED');
    });
  });
});
