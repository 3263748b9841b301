import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { nexus } from './testing/nexus-command.js';

const changed = (status: string) => ({ run: { id: 'run_1', status }, userErrors: [] });
const approval = {
  id: 'approval:run_1:task.1:each[0]/gate',
  runId: 'run_1',
  kind: 'TASK',
  status: 'PENDING',
  taskPath: 'each[0]/gate',
  question: 'Publish?',
  answerSchema: { type: 'object' },
  requestedAt: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-02T00:00:00.000Z',
  goal: 'release',
  cost: '0.5',
  context: { n: 1 },
  quorum: 2,
  role: null,
  policy: null,
  argumentsHash: null,
  onTimeout: 'reject',
  answer: null,
  decidedAt: null,
  decisions: [],
  difference: null,
};

describe('nexus approvals (A13)', () => {
  it('lists what waits for a decision', async () => {
    const answer = { approvals: { edges: [{ node: approval }], pageInfo: { hasNextPage: false } } };
    const { asked, data, talk } = await nexus(['approvals'], answer);
    expect(asked).toEqual([{ name: 'Approvals', variables: { status: 'PENDING', first: 50 } }]);
    for (const part of [approval.id, 'TASK', 'due 2026-01-02', '$0.50', 'Publish? (release)'])
      expect(data).toContain(part);
    expect(talk).toContain('nexus approvals ID');
    const any = await nexus(['approvals', '--status', 'any', '--json'], answer);
    expect(any.asked[0]?.variables).toEqual({ status: null, first: 50 });
    expect(JSON.parse(any.data)).toEqual(approval);
    const none = { approvals: { edges: [], pageInfo: { hasNextPage: false } } };
    expect(await nexus(['approvals'], none)).toMatchObject({
      code: 0,
      data: '',
      talk: 'nothing waits for a decision\n',
    });
  });

  it('shows one, with what to type, so that a shell takes it as it is', async () => {
    const { data } = await nexus(['approvals', approval.id], { node: approval });
    for (const part of ['Publish?', '"n": 1', 'then reject', `nexus approve '${approval.id}' --answer JSON`])
      expect(data).toContain(part);
    expect(await nexus(['approvals', 'run_1'], { node: {} })).toMatchObject({ code: 3, data: '' });
    expect(await nexus(['approvals', 'x'], { node: null })).toMatchObject({ code: 3 });
  });

  it('makes a link', async () => {
    const link = {
      url: 'http://x.test/v1?token=t',
      expiresAt: '2026-01-01T00:00:00Z',
      person: 'ann',
      userErrors: [],
    };
    const result = await nexus(['approvals', 'link', 'a', '--for', 'ann', '--expires', '2h'], {
      approvalLink: link,
    });
    expect(result.asked[0]?.variables).toEqual({ id: 'a', expiresIn: '2h', person: 'ann' });
    expect(result.data).toBe('http://x.test/v1?token=t\n');
    const refusal = {
      url: null,
      userErrors: [{ code: 'FAILED_PRECONDITION', field: ['id'], message: 'it is over' }],
    };
    expect(await nexus(['approvals', 'link', 'a'], { approvalLink: refusal })).toMatchObject({
      code: 5,
      data: '',
    });
  });

  it('approves and rejects, and says who was first', async () => {
    const decided = { approval: { ...approval, status: 'APPROVED' }, userErrors: [] };
    const directory = mkdtempSync(join(tmpdir(), 'nexus-cli-'));
    writeFileSync(join(directory, 'plan.yaml'), 'version: 1\ntasks: []');
    const args = ['approve', 'a', '--answer', '@plan.yaml', '--comment', 'ok'];
    const { asked, data } = await nexus(args, { decideApproval: decided }, directory);
    expect(asked).toEqual([
      {
        name: 'DecideApproval',
        variables: { id: 'a', approve: true, answer: { version: 1, tasks: [] }, comment: 'ok' },
      },
    ]);
    expect(data).toBe(`${approval.id}  APPROVED\n`);
    const message = 'it was APPROVED by ann at 2026-01-01T00:00:00.000Z';
    const over = { approval, userErrors: [{ code: 'FAILED_PRECONDITION', field: ['id'], message }] };
    const second = await nexus(['reject', 'a'], { decideApproval: over });
    expect([second.code, second.talk.includes(message)]).toEqual([5, true]);
    const counted = { approval: { ...approval, decisions: [{ approve: true }] }, userErrors: [] };
    expect((await nexus(['approve', 'a'], { decideApproval: counted })).talk).toBe('1 of 2 have approved\n');
  });
});

describe('nexus rollback (A12)', () => {
  const steps = [
    {
      order: 1,
      taskPath: 'b',
      action: { tool: 'http.request', with: { method: 'DELETE' } },
      state: 'SUCCEEDED',
      possible: true,
      why: null,
    },
    {
      order: 2,
      taskPath: 'm',
      action: null,
      state: 'SUCCEEDED',
      possible: false,
      why: 'mail.send is irreversible',
    },
  ];
  const answer = { rollbackPreview: steps, rollbackRun: changed('ROLLING_BACK') };

  it('only shows what would be done', async () => {
    const { code, asked, data } = await nexus(['rollback', 'run_1', '--preview'], answer);
    expect([code, asked.map(({ name }) => name)]).toEqual([0, ['RollbackPreview']]);
    expect(data).toContain('1 effect to undo');
    expect(data).toContain('http.request {"method":"DELETE"}');
    expect(data).toContain('mail.send is irreversible');
    const json = await nexus(['rollback', 'run_1', '--preview', '--json'], answer);
    expect(
      json.data
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(steps);
  });

  it('asks on a terminal, and needs --yes elsewhere', async () => {
    const off = await nexus(['rollback', 'run_1'], answer);
    expect([off.code, off.asked.length, off.talk.includes('--yes is missing')]).toEqual([2, 1, true]);
    const questions: string[] = [];
    const no = await nexus(['rollback', 'run_1', '--detach'], answer, tmpdir(), async (question) => {
      questions.push(question);
      return false;
    });
    expect([no.code, no.asked.length, questions]).toEqual([5, 1, ['Roll back run run_1?']]);
    const yes = await nexus(
      ['rollback', 'run_1', '--detach', '--reason', 'x'],
      answer,
      tmpdir(),
      async () => true,
    );
    expect(yes.asked.at(-1)).toEqual({ name: 'RollbackRun', variables: { id: 'run_1', reason: 'x' } });
    expect(yes.data).toBe('run_1  ROLLING_BACK\n');
    expect((await nexus(['rollback', 'run_1', '--yes', '--detach'], answer)).code).toBe(0);
  });
});

describe('nexus rules (A13)', () => {
  const rule = {
    id: 'rule_1',
    tool: 'mail.send',
    template: null,
    arguments: null,
    argumentsHash: null,
    comment: null,
    createdBy: 'ann',
    createdAt: '2026-01-01T00:00:00.000Z',
    revokedBy: null,
    revokedAt: null,
  };

  it('lists, allows and revokes', async () => {
    expect((await nexus(['rules', 'list'], { standingRules: [rule] })).data).toBe(
      'rule_1  mail.send  any plan  any arguments  by ann 2026-01-01T00:00:00.000Z\n',
    );
    const payload = { rule, userErrors: [] };
    const added = await nexus(['rules', 'allow', 'mail.send', '--args', '{"to":"x"}', '--template', 't'], {
      addStandingRule: payload,
    });
    expect(added.asked[0]?.variables).toEqual({
      input: {
        tool: 'mail.send',
        template: 't',
        arguments: { to: 'x' },
        argumentsHash: undefined,
        comment: undefined,
      },
    });
    const revoked = await nexus(['rules', 'revoke', 'rule_1', '--json'], { revokeStandingRule: payload });
    expect(JSON.parse(revoked.data)).toEqual(rule);
  });
});
