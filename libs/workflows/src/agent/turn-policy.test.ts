import { describe, expect, it } from '@jest/globals';
import { noUsage } from '#contracts';
import { decideTurn, endsAgent, limitReached } from './turn-policy.js';
import type { TurnReply } from './turn-policy.js';

const said = (reply: Partial<TurnReply>): TurnReply => ({
  text: '',
  finishReason: 'stop',
  calls: [],
  ...reply,
});
const schema = { type: 'object', required: ['a'], properties: { a: { type: 'number' } } };
const submit = (input: never, fault?: string) => ({ id: '1', name: 'submit_result', input, fault });
const read = { id: '2', name: 'file_read', input: {} };

describe('what follows from a reply', () => {
  it.each([
    ['text is the result', said({ text: 'Yes.' }), undefined, { kind: 'done', result: 'Yes.' }],
    [
      'calls come before text',
      said({ text: 'Let me see.', calls: [read] }),
      undefined,
      { kind: 'call', calls: [read] },
    ],
    ['nothing is asked again', said({ text: ' \n' }), undefined, { kind: 'ask-again' }],
    [
      'a cut answer is none',
      said({ text: 'Yes, bec', finishReason: 'length' }),
      undefined,
      { kind: 'failed' },
    ],
    [
      'text is no result where one of a form is wanted',
      said({ text: 'Yes.' }),
      schema,
      { kind: 'ask-again' },
    ],
    [
      'a result of the form ends',
      said({ calls: [submit({ a: 1 } as never)] }),
      schema,
      { kind: 'done', result: { a: 1 } },
    ],
    [
      'one of another form is refused',
      said({ calls: [submit({ a: 'x' } as never)] }),
      schema,
      { kind: 'refuse-result' },
    ],
    [
      'one that is not JSON is refused',
      said({ calls: [submit(null as never, 'no')] }),
      schema,
      { faults: ['no'] },
    ],
    [
      'a result ends, calls beside it or not',
      said({ calls: [read, submit({ a: 1 } as never)] }),
      schema,
      { kind: 'done' },
    ],
    [
      'without a form that name is a tool as any',
      said({ calls: [submit({} as never)] }),
      undefined,
      { kind: 'call' },
    ],
  ] as const)('%s', (_name, reply, output, decision) => {
    expect(decideTurn(reply, output)).toMatchObject(decision);
  });
});

describe('the limits of an agent', () => {
  const agent = {
    name: 'a',
    version: 1,
    instructions: '',
    model: 'nexus:fast',
    tools: [],
    limits: { maxTurns: 3, maxTokens: 100 },
  };
  const used = (inputTokens: number, outputTokens: number) => ({ ...noUsage, inputTokens, outputTokens });

  it('leave room up to the last turn and token', () => {
    expect(limitReached(2, used(90, 9), agent)).toBeNull();
  });

  it('are reached with the last turn', () => {
    expect(limitReached(3, noUsage, agent)).toMatchObject({ code: 'AGENT_LIMIT', retryable: false });
  });

  it('are reached with the last token, whichever way it went', () => {
    expect(limitReached(1, used(60, 40), agent)?.message).toBe(
      'agent a has used 100 of 100 tokens without a result',
    );
  });
});

describe('the failure of a tool', () => {
  it.each([
    ['KILLED', true],
    ['CANCELLED', true],
    ['BUDGET_EXCEEDED', true],
    ['TOOL_FAILED', false],
    ['INVALID_INPUT', false],
    ['TIMEOUT', false],
  ])('ends the agent only when its run is stopped: %s %s', (code, ends) => {
    expect(endsAgent({ code, message: '', retryable: false })).toBe(ends);
  });
});
