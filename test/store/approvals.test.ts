import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { approvalId, workflowIdOf } from '#contracts';
import type { ApprovalRequest, JsonValue, TaskStatus } from '#contracts';
import { cursorOf } from '#store';
import { databases } from './databases.js';
import { at, code, effectOf, openUndoRuns, tenant } from './undo-runs.js';
import type { UndoRuns } from './undo-runs.js';

describe.each(databases)('approvals in the store on $name', ({ provide }) => {
  let runs: UndoRuns;
  const approvals = () => runs.store.approvals;

  beforeAll(async () => {
    runs = await openUndoRuns(provide);
  }, 120_000);
  afterAll(() => runs.close());

  function requestOf(runId: string, more: Partial<ApprovalRequest> = {}): ApprovalRequest {
    const path = more.taskPath ?? 'gate';
    return {
      id: approvalId(runId, path, 'task.1'),
      kind: 'TASK',
      taskPath: path,
      question: 'Publish?',
      quorum: 1,
      requestedAt: at,
      ...more,
    };
  }

  async function asked(more: Partial<ApprovalRequest> = {}, runId?: string): Promise<ApprovalRequest> {
    const run = runId ?? (await runs.startRun());
    const request = requestOf(run, more);
    await approvals().apply(tenant, run, [{ type: 'request', request }]);
    return request;
  }
  const runOf = (id: string): string => id.split(':')[1] ?? '';
  const status = async (id: string) => (await approvals().get(tenant, id))?.status;

  it('are asked for once, and read as they were asked', async () => {
    const runId = await runs.startRun();
    const request = requestOf(runId, {
      context: { inline: { z: 1, a: null } },
      answerSchema: { type: 'object' },
      role: 'ops',
      policy: 'careful@2',
      argumentsHash: 'abc',
      expiresAt: at + 1000,
      onTimeout: 'escalate',
      escalateTo: 'chief',
    });
    for (const question of ['Publish?', 'Again?'])
      await approvals().apply(tenant, runId, [{ type: 'request', request: { ...request, question } }]);
    const read = await approvals().get(tenant, request.id);
    expect(read).toEqual({
      ...request,
      runId,
      status: 'PENDING',
      answer: null,
      decidedAt: null,
      decisions: [],
    });
    expect(JSON.stringify(read?.context)).toBe('{"inline":{"z":1,"a":null}}');
    expect(await approvals().of(tenant, runId)).toEqual([read]);
    expect(await approvals().get('other', request.id)).toBeNull();
    expect(await approvals().of('other', runId)).toEqual([]);
    expect(await runs.told(runId)).toEqual([]);
    const unknown = approvals().apply(tenant, 'run_x', [{ type: 'request', request }]);
    await expect(unknown).rejects.toMatchObject(code('NOT_FOUND'));
  });

  it('are withdrawn and escalated while nobody has answered', async () => {
    const first = await asked({ expiresAt: at + 5, onTimeout: 'escalate' });
    const runId = runOf(first.id);
    const second = await asked({ taskPath: 'other' }, runId);
    await approvals().apply(tenant, runId, [
      { type: 'escalate', id: first.id, role: 'chief', expiresAt: at + 99 },
      { type: 'withdraw', id: second.id, at: at + 9 },
      { type: 'escalate', id: second.id, role: 'chief' },
    ]);
    expect(await approvals().get(tenant, first.id)).toMatchObject({
      status: 'PENDING',
      role: 'chief',
      expiresAt: at + 99,
    });
    expect(await approvals().get(tenant, second.id)).toMatchObject({
      status: 'EXPIRED',
      role: null,
      decidedAt: at + 9,
    });
    await approvals().apply(tenant, runId, [{ type: 'request', request: second }]);
    expect(await status(second.id)).toBe('EXPIRED');
    const anew = { ...second, requestedAt: at + 10 };
    await approvals().apply(tenant, runId, [{ type: 'request', request: anew }]);
    expect(await status(second.id)).toBe('PENDING');
  });

  describe('are decided', () => {
    it('together with the event and the signal that tell of it', async () => {
      const request = await asked({ argumentsHash: 'abc', policy: 'careful@2' });
      const runId = runOf(request.id);
      const answer = { z: null, a: 1 };
      const result = await approvals().decide(
        tenant,
        request.id,
        { by: 'ann', approve: true, at: at + 5, comment: 'fine', answer },
        { workflowId: workflowIdOf(runId, 'each[1]'), answer: { inline: answer } },
      );
      const decision = { by: 'ann', approve: true, at: at + 5, comment: 'fine', answer, ruleId: null };
      expect(result).toMatchObject({
        outcome: 'decided',
        approval: { status: 'APPROVED', answer, decidedAt: at + 5, decisions: [decision] },
      });
      expect(await approvals().get(tenant, request.id)).toEqual(result?.approval);
      const [signal] = await runs.store.signals.of(runId);
      expect(signal).toMatchObject({ workflowId: workflowIdOf(runId, 'each[1]'), name: 'decide' });
      expect(signal?.argument).toEqual({
        approvalId: request.id,
        kind: 'TASK',
        path: 'gate',
        approve: true,
        comment: 'fine',
        by: ['ann'],
        at: at + 5,
        argumentsHash: 'abc',
        policy: 'careful@2',
        answer: { inline: answer },
      });
      expect(JSON.stringify(signal?.argument)).toContain('"answer":{"inline":{"z":null,"a":1}}');
      expect(await runs.told(runId)).toEqual([
        {
          type: 'approval.decided',
          path: 'gate',
          data: {
            id: request.id,
            kind: 'TASK',
            status: 'APPROVED',
            approve: true,
            by: ['ann'],
            comment: 'fine',
            argumentsHash: 'abc',
            policy: 'careful@2',
          },
        },
      ]);
    });

    it('once: who comes later is told who it was', async () => {
      const { id } = await asked();
      const [first, second] = await Promise.all(
        ['ann', 'bob'].map((by, index) =>
          approvals().decide(tenant, id, { by, approve: index === 0, at }, { workflowId: 'w' }),
        ),
      );
      expect([first?.outcome, second?.outcome].sort()).toEqual(['decided', 'over']);
      const over = first?.outcome === 'over' ? first : second;
      expect(over?.approval.decisions).toHaveLength(1);
      expect(await runs.store.signals.of(runOf(id))).toHaveLength(1);
      expect(await runs.told(runOf(id))).toHaveLength(1);
      expect(await approvals().decide(tenant, 'approval:x', { by: 'ann', approve: true, at })).toBeNull();
      expect(await approvals().decide('other', id, { by: 'cid', approve: true, at })).toBeNull();
    });

    it('by a quorum of different people, whose last answer counts', async () => {
      const { id } = await asked({ quorum: 2 });
      const listener = { workflowId: 'w' };
      const one = { by: 'ann', approve: true, at, answer: { n: 1 } };
      expect(await approvals().decide(tenant, id, one, listener)).toMatchObject({
        outcome: 'counted',
        approval: { status: 'PENDING', decidedAt: null },
      });
      expect(await approvals().decide(tenant, id, one, listener)).toMatchObject({ outcome: 'repeated' });
      expect(await runs.store.signals.of(runOf(id))).toEqual([]);
      const two = { by: 'bob', approve: true, at: at + 1 };
      expect(await approvals().decide(tenant, id, two, listener)).toMatchObject({
        outcome: 'decided',
        approval: { status: 'APPROVED', answer: { n: 1 }, decisions: [{ by: 'ann' }, { by: 'bob' }] },
      });
      const [signal] = await runs.store.signals.of(runOf(id));
      expect(signal?.argument).toMatchObject({ by: ['ann', 'bob'], answer: { inline: { n: 1 } } });
    });

    it('against, by one who rejects', async () => {
      const { id } = await asked({ quorum: 3 });
      await approvals().decide(tenant, id, { by: 'ann', approve: true, at });
      const against = { by: 'bob', approve: false, at: at + 1, comment: 'no' };
      expect(await approvals().decide(tenant, id, against, { workflowId: 'w' })).toMatchObject({
        outcome: 'decided',
        approval: { status: 'REJECTED' },
      });
      const [signal] = await runs.store.signals.of(runOf(id));
      expect(signal?.argument).toMatchObject({ approve: false, by: ['bob'], comment: 'no' });
      expect(signal?.argument).not.toHaveProperty('answer');
    });
  });

  it('expire unless a decision came first', async () => {
    const { id } = await asked();
    expect(await approvals().expire(tenant, id, at + 9)).toMatchObject({
      expired: true,
      approval: { status: 'EXPIRED', decidedAt: at + 9 },
    });
    expect(await approvals().expire(tenant, id, at + 10)).toMatchObject({ expired: false });
    expect(await approvals().decide(tenant, id, { by: 'ann', approve: true, at })).toMatchObject({
      outcome: 'over',
    });
    expect(await runs.told(runOf(id))).toMatchObject([
      { type: 'approval.decided', data: { status: 'EXPIRED', approve: false } },
    ]);
    const decided = await asked();
    await approvals().decide(tenant, decided.id, { by: 'ann', approve: true, at });
    expect(await approvals().expire(tenant, decided.id, at + 9)).toMatchObject({
      expired: false,
      approval: { status: 'APPROVED', decisions: [{ by: 'ann' }] },
    });
    expect(await approvals().expire(tenant, 'approval:x', at)).toBeNull();
  });

  it('do not outlive their run, however it ends, and are not asked of one that has ended', async () => {
    const killed = await asked();
    const ended = await asked();
    const late = requestOf(runOf(ended.id), { taskPath: 'late' });
    const kill = { reason: 'enough', by: 'bob', stoppedInMs: 1, startedKillAt: at };
    await runs.store.runs.endKilled(tenant, runOf(killed.id), kill);
    await runs.store.record({
      tenant,
      runId: runOf(ended.id),
      events: [],
      tasks: [],
      run: { status: 'FAILED' },
    });
    await approvals().apply(tenant, runOf(ended.id), [{ type: 'request', request: late }]);
    for (const { id } of [killed, ended, late]) expect(await status(id)).toBe('EXPIRED');
    const rolling = await asked();
    await runs.store.rollbacks.request(tenant, runOf(rolling.id), { by: 'ann', at });
    expect(await status(rolling.id)).toBe('EXPIRED');
  });

  describe('what follows from a decision', () => {
    it('of an effect counts only with the decision that does', async () => {
      const runId = await runs.startRun();
      await runs.store.effects.register(effectOf(runId, 'gate'));
      const request = requestOf(runId, { kind: 'UNCERTAIN' });
      await approvals().apply(tenant, runId, [{ type: 'request', request }]);
      const decide = async (by: string, approve: boolean, output: JsonValue) =>
        (
          await approvals().decide(
            tenant,
            request.id,
            { by, approve, at, answer: output },
            { workflowId: 'run', answer: { inline: output } },
          )
        )?.outcome;
      expect(await decide('ann', true, 'hers')).toBe('decided');
      expect(await decide('bob', true, 'his')).toBe('over');
      expect(await decide('eve', false, 'none')).toBe('over');
      expect(await runs.store.effects.get(tenant, runId, 'gate')).toMatchObject({
        state: 'HAPPENED',
        output: { inline: 'hers' },
      });
    });

    it('of the budget counts only with an approval, and the workflow hears of it first', async () => {
      for (const isFirst of [true, false]) {
        const runId = await runs.startRun();
        const request = requestOf(runId, { kind: 'BUDGET', taskPath: undefined });
        await approvals().apply(tenant, runId, [{ type: 'request', request }]);
        if (!isFirst) await approvals().decide(tenant, request.id, { by: 'ann', approve: false, at });
        const more = { by: 'bob', approve: true, at, budget: { maxModelCalls: 9 }, told: { by: 'bob' } };
        await approvals().decide(tenant, request.id, more, { workflowId: workflowIdOf(runId) });
        expect((await runs.row(runId))['budget']).toEqual(isFirst ? { maxModelCalls: 9 } : null);
        const names = (await runs.store.signals.of(runId)).map(({ name }) => name);
        expect(names).toEqual(isFirst ? ['setBudget', 'decide'] : []);
      }
    });
  });

  it('have more time when there is more, while nobody has answered', async () => {
    const { id } = await asked({ expiresAt: at + 5, role: 'ops' });
    const over = await asked({ taskPath: 'other', expiresAt: at + 5 }, runOf(id));
    await approvals().expire(tenant, over.id, at + 6);
    for (const one of [id, over.id])
      await approvals().apply(tenant, runOf(id), [{ type: 'extend', id: one, expiresAt: at + 99 }]);
    expect(await approvals().get(tenant, id)).toMatchObject({
      status: 'PENDING',
      role: 'ops',
      expiresAt: at + 99,
    });
    expect(await approvals().get(tenant, over.id)).toMatchObject({ status: 'EXPIRED', expiresAt: at + 5 });
  });

  it('about a plan keep their run waiting after a pause', async () => {
    const request = await asked({ kind: 'PLAN', question: 'Run it?' }, await runs.startRun('PENDING'));
    const runId = runOf(request.id);
    const waiting = { kind: 'APPROVAL', detail: 'Run it?', since: new Date(at).toISOString() } as const;
    const run = { status: 'WAITING', waiting } as const;
    await runs.store.record({ tenant, runId, events: [], tasks: [], run });
    const pauses = ['API', 'SIGNAL'] as const;
    for (const source of pauses)
      await runs.store.pauses.add(tenant, runId, { source, by: 'ops', since: at, interrupt: false }, true);
    await runs.store.pauses.lift(tenant, runId, ['API'], 'ops');
    expect(await runs.store.runs.get(tenant, runId)).toMatchObject({
      status: 'PAUSED',
      waiting: { kind: 'PAUSED' },
    });
    await runs.store.pauses.lift(tenant, runId, 'all', 'ops');
    expect(await runs.store.runs.get(tenant, runId)).toMatchObject({ status: 'WAITING', waiting });
    await approvals().decide(tenant, request.id, { by: 'ann', approve: true, at });
    await runs.store.pauses.add(
      tenant,
      runId,
      { source: 'API', by: 'ops', since: at, interrupt: false },
      true,
    );
    await runs.store.pauses.lift(tenant, runId, 'all', 'ops');
    const after = await runs.store.runs.get(tenant, runId);
    expect([after?.status === 'WAITING', after?.waiting]).toEqual([false, null]);
  });

  describe('of a run that has ended and was reset', () => {
    const minute = 60_000;
    const ended = (runId: string) =>
      runs.store.record({ tenant, runId, events: [], tasks: [], run: { status: 'FAILED' } });
    /** Its workflow goes on from `from`, as of now. */
    const revive = (runId: string, from: number, live: number) =>
      runs.store.runs.revive(tenant, runId, { temporalRunId: 'again', from, at: live, told: { by: 'ada' } });

    it('are open again with their votes, but not those that nobody answered in time', async () => {
      const requestedAt = Date.now() - minute;
      const kept = await asked({ quorum: 2, requestedAt });
      const runId = runOf(kept.id);
      const tasks = [{ path: 'gate', kind: 'approval', status: 'WAITING', startedAt: requestedAt } as const];
      await runs.store.record({ tenant, runId, events: [], tasks });
      await approvals().decide(tenant, kept.id, { by: 'ann', approve: true, at: requestedAt });
      const policy = await asked({ taskPath: 'step', policy: 'irreversible', requestedAt }, runId);
      const overdue = await asked({ taskPath: 'overdue', requestedAt }, runId);
      await approvals().expire(tenant, overdue.id, Date.now() - 1);
      const refused = await asked({ taskPath: 'refused', requestedAt }, runId);
      await approvals().decide(tenant, refused.id, { by: 'ann', approve: false, at: requestedAt });
      const early = await asked({ taskPath: 'early', requestedAt }, runId);
      await approvals().apply(tenant, runId, [{ type: 'withdraw', id: early.id, at: requestedAt + 1 }]);
      const undone = await asked({ taskPath: 'undone', requestedAt, kind: 'COMPENSATION' }, runId);
      const later = await asked({ taskPath: 'later', requestedAt: requestedAt + 3 }, runId);
      const error = { code: 'CANCELLED', message: 'no', retryable: false };
      const cancelled = [
        { path: 'gate', kind: 'approval', status: 'CANCELLED', error, finishedAt: Date.now() } as const,
      ];
      await runs.store.record({ tenant, runId, events: [], tasks: cancelled });
      await ended(runId);
      expect(await status(kept.id)).toBe('EXPIRED');
      expect(await revive(runId, requestedAt + 2, Date.now() + 1)).toBe(true);
      for (const { id } of [kept, policy]) expect(await status(id)).toBe('PENDING');
      for (const { id } of [overdue, early, undone, later]) expect(await status(id)).toBe('EXPIRED');
      expect(await status(refused.id)).toBe('REJECTED');
      expect(await runs.store.tasks.get(tenant, runId, 'gate')).toMatchObject({
        status: 'WAITING',
        waiting: { kind: 'APPROVAL', detail: 'Publish?' },
      });
      const decision = { by: 'bob', approve: true, at: Date.now() };
      expect(await approvals().decide(tenant, kept.id, decision)).toMatchObject({
        outcome: 'decided',
        approval: { status: 'APPROVED', decisions: [{ by: 'ann' }, { by: 'bob' }] },
      });
    });

    it('are open when they were asked before the run was live again', async () => {
      const requestedAt = Date.now() - minute;
      const first = await asked({ quorum: 2, requestedAt });
      const runId = runOf(first.id);
      await approvals().decide(tenant, first.id, { by: 'ann', approve: true, at: requestedAt });
      await ended(runId);
      const anew = Date.now() + 5;
      const requests = [first, requestOf(runId, { taskPath: 'new' })];
      for (const request of requests)
        await approvals().apply(tenant, runId, [
          { type: 'request', request: { ...request, requestedAt: anew } },
        ]);
      const gateRequest = {
        ...requestOf(runId, { taskPath: 'step' }),
        policy: 'irreversible',
        argumentsHash: 'h',
      };
      const gate = await approvals().gate(
        tenant,
        runId,
        { ...gateRequest, requestedAt: anew },
        { id: 'rule_x' },
      );
      // The step must not take that nobody can be asked for a refusal.
      expect(gate).toMatchObject({ status: 'PENDING', decisions: [] });
      for (const { id } of [...requests, gate]) expect(await status(id)).toBe('EXPIRED');
      expect(await revive(runId, requestedAt - 1, anew)).toBe(true);
      for (const { id } of [...requests, gate]) expect(await status(id)).toBe('PENDING');
      expect((await approvals().get(tenant, first.id))?.decisions).toHaveLength(1);
    });

    it('are asked again when it is live, and a vote counts for what it was given on alone', async () => {
      const requestedAt = Date.now() - minute;
      const same = await asked({ quorum: 2, requestedAt });
      const runId = runOf(same.id);
      const other = await asked({ taskPath: 'other', quorum: 2, requestedAt }, runId);
      for (const { id } of [same, other])
        await approvals().decide(tenant, id, { by: 'ann', approve: true, at: requestedAt });
      await ended(runId);
      const anew = Date.now() + 5;
      await revive(runId, requestedAt - 1, anew);
      for (const { id } of [same, other]) expect(await status(id)).toBe('EXPIRED');
      await approvals().apply(tenant, runId, [
        { type: 'request', request: { ...same, requestedAt: anew } },
        { type: 'request', request: { ...other, question: 'Delete?', requestedAt: anew } },
      ]);
      expect(await approvals().get(tenant, same.id)).toMatchObject({
        status: 'PENDING',
        decisions: [{ by: 'ann' }],
      });
      expect(await approvals().get(tenant, other.id)).toMatchObject({
        status: 'PENDING',
        question: 'Delete?',
        decisions: [],
      });
    });

    it('about its plan keep it waiting', async () => {
      const requestedAt = Date.now() - minute;
      const { id } = await asked({ kind: 'PLAN', question: 'Run it?', requestedAt });
      await ended(runOf(id));
      await revive(runOf(id), requestedAt + 1, Date.now() + 1);
      expect(await runs.store.runs.get(tenant, runOf(id))).toMatchObject({
        status: 'WAITING',
        waiting: { kind: 'APPROVAL', detail: 'Run it?', since: new Date(requestedAt).toISOString() },
      });
    });
  });

  describe('of all runs', () => {
    it('are listed oldest first, in pages, with what their run is for and has cost', async () => {
      const ids: string[] = [];
      for (const [index, age] of [3, 1, 2, 2].entries()) {
        const runId = await runs.startRun('RUNNING', { goal: `goal ${index}` });
        await runs.store.record({
          tenant,
          runId,
          events: [],
          tasks: [],
          run: {
            usage: {
              inputTokens: 0,
              outputTokens: 0,
              cachedTokens: 0,
              modelCalls: 1,
              toolCalls: 0,
              costNanos: 1000 + index,
            },
          },
        });
        const { id } = await asked({ requestedAt: at - 1_000_000 + age }, runId);
        ids.push(id);
      }
      const list = async (first: number, after?: string) =>
        await approvals().list(tenant, { status: 'PENDING', first, after });
      const firstPage = await list(2);
      expect(firstPage.hasNextPage).toBe(true);
      expect(firstPage.rows[0]).toMatchObject({ id: ids[1], run: { goal: 'goal 1', costNanos: 1001 } });
      const last = firstPage.rows[1];
      const cursor = cursorOf({ createdAt: last?.requestedAt ?? 0, id: last?.id ?? '' });
      const secondPage = await list(2, cursor);
      const seen = [...firstPage.rows, ...secondPage.rows].map(({ id }) => id);
      expect(seen).toEqual([ids[1], ...[ids[2], ids[3]].sort(), ids[0]]);
      await approvals().decide(tenant, ids[1] ?? '', { by: 'ann', approve: true, at });
      expect((await list(1)).rows[0]?.id).toBe([ids[2], ids[3]].sort()[0]);
      const approved = await approvals().list(tenant, { status: 'APPROVED', first: 100 });
      expect(approved.rows.map(({ id }) => id)).toContain(ids[1]);
      expect((await approvals().list(tenant, { first: 1 })).rows[0]?.id).toBe(ids[1]);
      expect((await approvals().list('lister', { first: 10 })).rows).toEqual([]);
    });
  });

  describe('before a step', () => {
    const gateOf = (runId: string, argumentsHash = 'abc') =>
      requestOf(runId, { question: 'Really?', policy: 'irreversible', argumentsHash });

    it('are asked for once, told of, and hold for these arguments alone', async () => {
      const runId = await runs.startRun();
      for (let look = 0; look < 2; look += 1)
        expect(await approvals().gate(tenant, runId, gateOf(runId))).toMatchObject({ status: 'PENDING' });
      expect(await runs.told(runId)).toEqual([
        {
          type: 'approval.requested',
          path: 'gate',
          data: { id: gateOf(runId).id, kind: 'TASK', question: 'Really?', policy: 'irreversible' },
        },
      ]);
      await approvals().decide(tenant, gateOf(runId).id, { by: 'ann', approve: true, at });
      expect(await approvals().gate(tenant, runId, gateOf(runId))).toMatchObject({ status: 'APPROVED' });
      const other = approvals().gate(tenant, runId, gateOf(runId, 'def'));
      await expect(other).rejects.toMatchObject(code('CONFLICT'));
    });

    it('are answered by a standing rule, on record as who did', async () => {
      const rule = await approvals().standingRules.add(tenant, { tool: 'deploy', createdBy: 'ann' });
      for (const isAsked of [false, true]) {
        const runId = await runs.startRun();
        if (isAsked) await approvals().gate(tenant, runId, gateOf(runId));
        const allowed = await approvals().gate(tenant, runId, gateOf(runId), {
          id: rule.id,
          comment: 'always',
        });
        expect(allowed).toMatchObject({
          status: 'APPROVED',
          decisions: [{ by: rule.id, approve: true, comment: 'always', ruleId: rule.id }],
        });
        expect((await runs.told(runId)).map(({ type }) => type)).toEqual([
          'approval.requested',
          'approval.decided',
        ]);
      }
    });

    it.each(['SKIPPED', 'CANCELLED', 'FAILED'] as const)(
      'are not asked any more once the task is %s, while others are',
      async (ended) => {
        const runId = await runs.startRun();
        const record = async (status: TaskStatus) =>
          await runs.store.record({
            tenant,
            runId,
            events: [],
            tasks: ['gate', 'other'].map((path) => ({
              path,
              kind: 'tool',
              status: path === 'gate' ? status : 'WAITING',
            })),
          });
        const other = { ...gateOf(runId), id: `${runId}:other`, taskPath: 'other' };
        await record('WAITING');
        await approvals().gate(tenant, runId, gateOf(runId));
        await approvals().gate(tenant, runId, other);
        await record(ended);
        expect(await approvals().get(tenant, gateOf(runId).id)).toMatchObject({ status: 'EXPIRED' });
        expect(await approvals().get(tenant, other.id)).toMatchObject({ status: 'PENDING' });
      },
    );

    it('are refused by a run that is over', async () => {
      const runId = await runs.startRun();
      await runs.store.rollbacks.request(tenant, runId, { by: 'ann', at });
      expect(await approvals().gate(tenant, runId, gateOf(runId), { id: 'rule_x' })).toMatchObject({
        status: 'EXPIRED',
        decisions: [],
      });
    });
  });

  describe('standing rules', () => {
    const rules = () => approvals().standingRules;
    const call = { tool: 'mail', template: 'weekly', argumentsHash: 'h1' };
    const add = async (more: object) =>
      await rules().add(tenant, { tool: 'mail', createdBy: 'ann', ...more });

    it('allow what they name, the narrowest first, until they are revoked', async () => {
      expect(await rules().matching(tenant, call)).toBeNull();
      const wide = await add({});
      const narrow = await add({ template: 'weekly', argumentsHash: 'h1', arguments: { to: 'all' } });
      await add({ template: 'daily' });
      await add({ argumentsHash: 'h2' });
      expect(await rules().matching(tenant, call)).toEqual(narrow);
      expect(await rules().matching(tenant, { ...call, template: null })).toEqual(wide);
      expect(await rules().matching('other', call)).toBeNull();
      expect(await rules().matching(tenant, { ...call, tool: 'post' })).toBeNull();
      expect(await rules().revoke(tenant, narrow.id, 'bob')).toMatchObject({ revokedBy: 'bob' });
      expect(await rules().revoke(tenant, narrow.id, 'bob')).toBeNull();
      expect(await rules().matching(tenant, call)).toEqual(wide);
      expect((await rules().list(tenant)).map(({ id }) => id)).not.toContain(narrow.id);
      expect((await rules().list(tenant, true)).map(({ id }) => id)).toContain(narrow.id);
      expect(await rules().list('other', true)).toEqual([]);
    });
  });

  describe('links', () => {
    it('are good for one use, and kept as a hash alone', async () => {
      const { id } = await asked();
      const given = { tenant, approvalId: id, person: 'ann', expiresAt: Date.now() + 60_000 };
      const { token } = await approvals().links.create(given);
      expect(await approvals().links.find(token)).toEqual(given);
      const uses = await Promise.all([1, 2, 3].map(() => approvals().links.use(token)));
      expect(uses.filter((one) => one !== null)).toEqual([given]);
      expect(await approvals().links.find(token)).toBeNull();
      const hash = createHash('sha256').update(token).digest('hex');
      expect(await approvals().links.use(hash)).toBeNull();
    });

    it('are good for nothing once they are expired, and only for what there is', async () => {
      const { id } = await asked();
      const given = { tenant, approvalId: id, person: 'ann', expiresAt: Date.now() - 1 };
      const { token } = await approvals().links.create(given);
      expect(await approvals().links.find(token)).toBeNull();
      expect(await approvals().links.use(token)).toBeNull();
      const other = approvals().links.create({ ...given, tenant: 'other' });
      await expect(other).rejects.toMatchObject(code('NOT_FOUND'));
    });
  });

  it('about what could not be undone outlive the end of their run', async () => {
    const runId = await runs.startRun();
    await runs.store.effects.register(effectOf(runId, 'a'));
    await runs.store.rollbacks.request(tenant, runId, { by: 'ann', at });
    await runs.store.rollbacks.begin(tenant, runId);
    await runs.store.rollbacks.end(tenant, runId);
    const [one] = await approvals().of(tenant, runId);
    expect(one).toMatchObject({ kind: 'COMPENSATION', status: 'PENDING', taskPath: 'a' });
  });

  it('about what could not be undone are asked again when it fails again, though nothing was called', async () => {
    const runId = await runs.startRun();
    await runs.store.effects.register(effectOf(runId, 'a'));
    await runs.store.rollbacks.request(tenant, runId, { by: 'ann', at });
    for (const asked of [1, 2]) {
      await runs.store.rollbacks.begin(tenant, runId);
      await runs.store.rollbacks.end(tenant, runId);
      await runs.store.rollbacks.end(tenant, runId);
      const all = await approvals().of(tenant, runId);
      expect(all).toHaveLength(asked);
      expect(all.filter(({ status }) => status === 'PENDING')).toHaveLength(1);
      await runs.store.effects.retry(tenant, runId, 'a', 'ann');
    }
  });
});
