import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { nexus } from './testing/nexus-command.js';

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
