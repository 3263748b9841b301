import { describe, expect, it } from '@jest/globals';
import { nexus } from './testing/nexus-command.js';

const open = {
  name: 'model:openai:gpt-6-sol',
  state: 'OPEN',
  availableAt: '2026-01-01T00:00:05.000Z',
  forced: null,
  reason: 'HTTP 503\u001b[2J',
  failures: 5,
  calls: 6,
  openings: 2,
  refusals: 9,
  since: '2026-01-01T00:00:00.000Z',
};
const closed = {
  ...open,
  name: 'tool:http.request',
  state: 'CLOSED',
  availableAt: null,
  reason: null,
  failures: 0,
  calls: 0,
  openings: 0,
  since: null,
};

describe('nexus breakers', () => {
  it('lists them, with what opened them and until when', async () => {
    const { code, asked, data } = await nexus(['breakers'], { breakers: [open, closed] });
    expect({ code, asked }).toEqual({ code: 0, asked: [{ name: 'Breakers', variables: {} }] });
    const [heading, first, second] = data.trimEnd().split('\n');
    expect(heading).toMatch(/^BREAKER +STATE +FAILED +OPENED +AGAIN AT +REASON/);
    expect(first).toMatch(/^model:openai:gpt-6-sol +OPEN +5 of 6 +2x +2026-01-01T00:00:05.000Z +HTTP 503/);
    expect(first).not.toContain('\u001b');
    expect(second?.trimEnd()).toMatch(/^tool:http.request +CLOSED$/);
    const json = await nexus(['breakers', '--json'], { breakers: [open] });
    expect(JSON.parse(json.data)).toEqual(open);
  });

  it('says when there are none', async () => {
    const { code, data, talk } = await nexus(['breakers'], { breakers: [] });
    expect([code, data]).toEqual([0, '']);
    expect(talk).toContain('no breakers');
  });

  it.each([
    [['open', 'a', '--reason', 'x'], 'SetBreaker', { name: 'a', force: 'OPEN', reason: 'x' }],
    [['close', 'a', '--reason', 'x'], 'SetBreaker', { name: 'a', force: 'CLOSED', reason: 'x' }],
    [['release', 'a'], 'SetBreaker', { name: 'a', force: null, reason: undefined }],
    [['reset', 'a'], 'ResetBreaker', { name: 'a' }],
  ])('%j asks for %s', async (args, name, variables) => {
    const field = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    const answer = { [field]: { breaker: { ...closed, forced: 'CLOSED' }, userErrors: [] } };
    const { code, asked, data } = await nexus(['breakers', ...args], answer);
    expect({ code, asked, data }).toEqual({
      code: 0,
      asked: [{ name, variables }],
      data: 'tool:http.request  CLOSED, held so\n',
    });
    const json = await nexus(['breakers', ...args, '--json'], answer);
    expect(JSON.parse(json.data)).toMatchObject({ name: 'tool:http.request', forced: 'CLOSED' });
  });

  it('tells a refusal with the way on, and exits with 5', async () => {
    const refusal = { code: 'FAILED_PRECONDITION', field: ['force'], message: 'nobody holds breaker a' };
    const { code, talk } = await nexus(['breakers', 'release', 'a'], {
      setBreaker: { breaker: null, userErrors: [refusal] },
    });
    expect(code).toBe(5);
    expect(talk).toContain('nobody holds breaker a');
    expect(talk).toContain('nexus breakers');
  });

  it.each([
    [['open', 'a'], '--reason'],
    [['reset'], 'name'],
    [['explode', 'a'], 'explode'],
  ])('%j is wrong usage, and nothing is asked for', async (args, text) => {
    const { code, asked, talk } = await nexus(['breakers', ...args]);
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(talk).toContain(text);
  });
});
