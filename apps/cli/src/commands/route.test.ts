import { expect, it } from '@jest/globals';
import { explanation } from './route.js';

it('says in dollars why a call went where it went', () => {
  const hop = {
    at: '2026-11-21T10:00:00Z',
    inputTokens: 1_000,
    cachedTokens: 0,
    outputTokens: 0,
    reserved: '0.05',
    priceVersion: 'p7',
    estimated: false,
    firstTokenMs: null,
    error: null,
  };
  const terms = { cost: 0.0021, time: 0.0004, failure: 0.00005, headroom: 0, deadline: 0, total: 0.00255 };
  const lines = explanation({
    id: 'call_1',
    runId: 'run_1',
    taskPath: 'ask',
    model: 'nexus:standard',
    status: 'ANSWERED',
    deployment: 'anthropic:claude-sonnet-5',
    inputTokens: 1_000,
    outputTokens: 10,
    cachedTokens: 400,
    cost: '0.0021',
    at: '2026-11-21T10:00:00Z',
    durationMs: 812,
    retryAt: null,
    error: null,
    request: {},
    candidates: [
      { deployment: 'openai:gpt-6-sol', terms, worst: '0.05', explored: null },
      {
        deployment: 'anthropic:claude-sonnet-5',
        terms: { ...terms, cost: 0.003 },
        worst: '0.06',
        explored: true,
      },
    ],
    dropped: [
      {
        deployment: 'openrouter:x',
        reason: 'breaker-open',
        detail: 'its breaker is open (overloaded)',
        availableAt: '2026-11-21T10:01:00Z',
      },
    ],
    hops: [
      {
        ...hop,
        deployment: 'openai:gpt-6-sol',
        outcome: 'overloaded',
        durationMs: 40,
        cost: '0',
        error: { code: 'PROVIDER_UNAVAILABLE', message: 'status 503: busy' },
      },
      {
        ...hop,
        deployment: 'anthropic:claude-sonnet-5',
        outcome: 'answered',
        durationMs: 770,
        cost: '0.0021',
      },
    ],
  });
  expect(lines).toEqual([
    'nexus:standard: ANSWERED by anthropic:claude-sonnet-5, $0.0021, 1000 tokens in (400 cached), 10 out, 812 ms',
    'run run_1, task ask, 2026-11-21T10:00:00Z',
    '',
    '2 candidates, in US dollars:',
    '   deployment                 cost      time      failure   headroom  deadline  total     at most',
    '1  openai:gpt-6-sol           0.002100  0.000400  0.000050  0         0         0.002550  $0.05',
    '2  anthropic:claude-sonnet-5  0.003000  0.000400  0.000050  0         0         0.002550  $0.06    to learn about it',
    '',
    'Left out:',
    'openrouter:x  breaker-open  its breaker is open (overloaded)  until 2026-11-21T10:01:00Z',
    '',
    'Asked:',
    '1  openai:gpt-6-sol           overloaded  40 ms   $0.00    of $0.05 reserved  prices p7  status 503: busy',
    '2  anthropic:claude-sonnet-5  answered    770 ms  $0.0021  of $0.05 reserved  prices p7',
  ]);
});
