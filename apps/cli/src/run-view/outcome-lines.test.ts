import { expect, it } from '@jest/globals';
import { outcomeLines } from './outcome-lines.js';
import type { RunDetails } from './run-details.js';

const paused: RunDetails = {
  id: 'run_1',
  goal: 'Do it',
  labels: [],
  status: 'PAUSED',
  waitingFor: {
    kind: 'PAUSED',
    detail: 'paused by ann: look',
    since: '2026-01-01T00:00:00.000Z',
    until: null,
    inFlight: 2,
    position: null,
  },
  approvals: [],
  pauses: [
    { by: 'ann', source: 'API', reason: 'look', since: '2026-01-01T00:00:00.000Z' },
    { by: 'bob', source: 'TEMPORAL', reason: null, since: '2026-01-01T00:00:01.000Z' },
  ],
  plan: null,
  estimate: { tokens: 1_500, cost: '0.003', durationMs: 61_000 },
  output: null,
  error: null,
  usage: {
    inputTokens: 0,
    outputTokens: 0,
    cachedTokens: 0,
    modelCalls: 0,
    toolCalls: 0,
    cost: '0',
    durationMs: 0,
  },
  workflowId: 'run/run_1',
  temporalUrl: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: null,
  finishedAt: null,
  tasks: [],
  artefacts: [],
};

const lines = (run: RunDetails) =>
  outcomeLines(run, { paint: (_style, text) => text, width: 80, now: Date.parse('2026-01-01T00:00:09Z') });

it('says who holds a run, why, and how much is still at work', () => {
  expect(lines(paused)).toEqual(
    expect.arrayContaining([
      '  waits: paused by ann: look (PAUSED), 2 still at work',
      '  paused by ann (API) since 2026-01-01T00:00:00.000Z: look',
      '  paused by bob (TEMPORAL) since 2026-01-01T00:00:01.000Z',
    ]),
  );
  const quiet = { ...paused, waitingFor: paused.waitingFor && { ...paused.waitingFor, inFlight: 0 } };
  expect(lines(quiet)).toContain('  waits: paused by ann: look (PAUSED), nothing at work');
});

it('says what was expected beside what was used', () => {
  expect(lines(paused).find((line) => line.startsWith('Expected'))).toMatch(/1m.*1,?500 tokens.*\$0\.003/);
  expect(lines({ ...paused, estimate: null }).some((line) => line.startsWith('Expected'))).toBe(false);
});

it('says when a wait is over, and the place in a queue', () => {
  const waitingFor = {
    kind: 'QUEUE',
    detail: 'all workers are busy',
    since: '2026-01-01T00:00:00.000Z',
    until: '2026-01-01T00:01:00.000Z',
    inFlight: null,
    position: 3,
  };
  expect(lines({ ...paused, status: 'WAITING', waitingFor, pauses: [] })).toContain(
    '  waits: all workers are busy (QUEUE), until 2026-01-01T00:01:00.000Z, place 3 in the queue',
  );
});

it('tells what waits for a decision, and what to type', () => {
  const approval = {
    id: 'approval:run_1:uncertain.1:pay',
    runId: 'run_1',
    kind: 'UNCERTAIN',
    status: 'PENDING',
    taskPath: 'pay',
    question: 'Did it happen?',
    answerSchema: null,
    requestedAt: '2026-01-01T00:00:00.000Z',
    expiresAt: null,
  } as const;
  const shown = lines({
    ...paused,
    approvals: [approval, { ...approval, status: 'APPROVED', question: 'Old?' }],
  });
  expect(shown).toContain('    nexus resolve run_1 pay --happened');
  expect(shown).not.toContain('  Old?');
});
