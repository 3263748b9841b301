import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { ApiClient } from './api-client.js';
import { runCli } from './program.js';
import { outputTo } from './terminal.js';

interface Asked {
  readonly name: string;
  readonly variables: unknown;
}

/** The command's answer, and what it asked the API for. */
async function nexus(
  args: readonly string[],
  answer: object = {},
  workingDirectory = tmpdir(),
  confirm?: (question: string) => Promise<boolean>,
) {
  const written = { data: '', talk: '' };
  const asked: Asked[] = [];
  const into = (name: 'data' | 'talk') => outputTo({ write: (text: string) => (written[name] += text) }, {});
  const api: ApiClient = {
    url: 'http://nexus.test',
    request: async ({ text }, variables) => {
      asked.push({ name: /(?:query|mutation) (\w+)/.exec(text)?.[1] ?? '', variables });
      return answer as never;
    },
    subscribe: () => {
      throw new Error('nothing is followed here');
    },
  };
  const code = await runCli(args, {
    terminal: { data: into('data'), talk: into('talk') },
    env: {},
    workingDirectory,
    api: () => api,
    interruptible: (work) => work(new AbortController().signal),
    confirm,
  });
  return { code, asked, ...written };
}

const changed = (status: string) => ({ run: { id: 'run_1', status }, userErrors: [] });
const engaged = {
  scope: 'GLOBAL',
  target: null,
  engagedAt: '2026-01-01T00:00:00.000Z',
  engagedBy: 'ann',
  reason: 'runaway',
  stoppedRuns: 2,
  stoppedInMs: 340,
};

describe('commands that change a run', () => {
  it.each([
    [['pause', 'run_1'], 'PauseRun', { id: 'run_1', reason: undefined, interrupt: false }],
    [
      ['pause', 'run_1', '--interrupt', '--reason', 'look'],
      'PauseRun',
      { id: 'run_1', reason: 'look', interrupt: true },
    ],
    [['resume', 'run_1'], 'ResumeRun', { id: 'run_1' }],
    [['cancel', 'run_1', '--reason', 'x'], 'CancelRun', { id: 'run_1', reason: 'x' }],
    [['kill', 'run_1', '--reason', 'x'], 'KillRun', { id: 'run_1', reason: 'x' }],
    [['retry', 'run_1', 'a/b'], 'RetryTask', { runId: 'run_1', path: 'a/b', input: undefined }],
    [
      ['retry', 'run_1', 'a', '--input', '{"n":1}'],
      'RetryTask',
      { runId: 'run_1', path: 'a', input: { n: 1 } },
    ],
    [
      ['resolve', 'run_1', 'a', '--happened', '--output', '7'],
      'ResolveUncertain',
      { runId: 'run_1', path: 'a', happened: true, output: 7 },
    ],
    [
      ['resolve', 'run_1', 'a', '--did-not-happen'],
      'ResolveUncertain',
      { runId: 'run_1', path: 'a', happened: false, output: undefined },
    ],
    [['compensation', 'retry', 'run_1', 'a'], 'RetryCompensation', { runId: 'run_1', path: 'a' }],
    [
      ['compensation', 'mark', 'run_1', 'a', '--comment', 'by hand'],
      'MarkCompensated',
      { runId: 'run_1', path: 'a', comment: 'by hand' },
    ],
    [['skip', 'run_1', 'a'], 'SkipTask', { runId: 'run_1', path: 'a', output: undefined }],
    [['skip', 'run_1', 'a', '--output', 'null'], 'SkipTask', { runId: 'run_1', path: 'a', output: null }],
  ])('%j asks for %s', async (args, name, variables) => {
    const field = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    const { code, asked, data } = await nexus(args, { [field]: changed('PAUSED') });
    expect({ code, asked, data }).toEqual({ code: 0, asked: [{ name, variables }], data: 'run_1  PAUSED\n' });
    const json = await nexus([...args, '--json'], { [field]: changed('PAUSED') });
    expect(json.data).toBe('{"id":"run_1","status":"PAUSED"}\n');
  });

  it('read JSON from a file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'nexus-cli-'));
    writeFileSync(join(directory, 'input.json'), '[1, 2]');
    const answer = { retryTask: changed('RUNNING') };
    const { asked } = await nexus(['retry', 'run_1', 'a', '--input', '@input.json'], answer, directory);
    expect(asked[0]?.variables).toMatchObject({ input: [1, 2] });
    const missing = await nexus(['retry', 'run_1', 'a', '--input', '@no.json'], answer, directory);
    expect(missing).toMatchObject({ code: 2, asked: [] });
  });

  it.each([
    [['kill', 'run_1'], '--reason'],
    [['retry', 'run_1'], 'task'],
    [['skip', 'run_1', 'a', '--output', '{'], 'not JSON'],
    [['resolve', 'run_1', 'a'], 'give one of --happened and --did-not-happen'],
    [['resolve', 'run_1', 'a', '--happened', '--did-not-happen'], 'give one of'],
    [['compensation', 'mark', 'run_1', 'a'], '--comment'],
    [['approve', 'x', '--answer', '{'], 'not JSON'],
    [['approvals', '--status', 'DONE'], 'PENDING'],
    [['panic'], '--reason is missing'],
    [['panic', '--scope', 'ALL', '--reason', 'x'], 'GLOBAL'],
  ])('%j is wrong usage, and nothing is asked for', async (args, talk) => {
    const result = await nexus(args);
    expect(result).toMatchObject({ code: 2, asked: [] });
    expect(result.talk).toContain(talk);
  });

  it('exit with 5 when they are refused', async () => {
    const refusal = {
      code: 'FAILED_PRECONDITION',
      field: ['id'],
      message: 'run run_1 is not paused (RUNNING)',
    };
    const { code, data, talk } = await nexus(['resume', 'run_1'], {
      resumeRun: { run: { id: 'run_1', status: 'RUNNING' }, userErrors: [refusal] },
    });
    expect([code, data]).toEqual([5, '']);
    expect(talk).toContain('is not paused');
  });
});

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

describe('nexus panic', () => {
  it('stops everything, and says how fast', async () => {
    const { code, asked, data } = await nexus(['panic', '--reason', 'runaway'], {
      engageKillSwitch: { killSwitch: engaged, userErrors: [] },
    });
    expect([code, data]).toEqual([
      0,
      'GLOBAL is engaged: 2 runs stopped within 340 ms, and none can be started\n',
    ]);
    expect(asked).toEqual([
      { name: 'EngageKillSwitch', variables: { scope: 'GLOBAL', target: undefined, reason: 'runaway' } },
    ]);
  });

  it('switches off one tool, and lifts that', async () => {
    const tool = { ...engaged, scope: 'TOOL', target: 'shell.run', stoppedRuns: 0, stoppedInMs: null };
    const on = await nexus(['panic', '--scope', 'tool', '--target', 'shell.run', '--reason', 'x'], {
      engageKillSwitch: { killSwitch: tool, userErrors: [] },
    });
    expect(on.data).toBe('TOOL shell.run is engaged: tasks that reach it wait\n');
    const off = await nexus(['panic', '--lift', '--scope', 'TOOL', '--target', 'shell.run'], {
      releaseKillSwitch: { killSwitch: tool, userErrors: [] },
    });
    expect(off.data).toBe('TOOL shell.run is released\n');
    expect(off.asked[0]?.variables).toEqual({ scope: 'TOOL', target: 'shell.run' });
  });

  it('lists what is engaged', async () => {
    const { data } = await nexus(['panic', '--list'], { killSwitches: [engaged] });
    expect(data).toBe('GLOBAL  2026-01-01T00:00:00.000Z  runaway\n');
    const json = await nexus(['panic', '--list', '--json'], { killSwitches: [engaged] });
    expect(JSON.parse(json.data)).toEqual(engaged);
  });
});

describe('nexus status', () => {
  it('tells the post-mortem of a run that did not succeed', async () => {
    const postMortem = { markdown: '# Killed: x\n\nWhy', timeline: [], causes: [], done: [], undone: ['a'] };
    const answer = { run: { postMortem } };
    expect((await nexus(['status', 'run_1', '--post-mortem'], answer)).data).toBe('# Killed: x\n\nWhy\n');
    const json = await nexus(['status', 'run_1', '--post-mortem', '--json'], answer);
    expect(JSON.parse(json.data)).toEqual(postMortem);
    const none = await nexus(['status', 'run_1', '--post-mortem'], { run: { postMortem: null } });
    expect(none).toMatchObject({ code: 5, data: '' });
  });
});
