import { describe, expect, it } from '@jest/globals';
import type { ApprovalKind, Failure } from '#contracts';
import { inline } from '#contracts';
import { advance, initialState } from './advance.js';
import type { Advanced } from './advance.js';
import type { BoundPlan } from './bound-plan.js';
import { runRecordOf } from './run-record.js';
import type { EngineEvent } from './state.js';
import { bound } from './testing/plans.js';
import { startable, timers } from './work.js';

const quick = (id: string, more: object = {}) => ({ id, kind: 'tool', tool: 'quick', ...more });
const gate = (more: object = {}) => ({
  id: 'gate',
  kind: 'approval',
  question: 'Publish ${inputs.what}?',
  ...more,
});

function begun(plan: BoundPlan, ...events: EngineEvent[]): Advanced {
  const state = initialState(plan, { runId: 'r', startedAt: 0, inputs: inline({ what: 'it' }) });
  return advance(plan, state, [{ type: 'start', at: 0 }, ...events]);
}

const decided = (path: string, kind: ApprovalKind, approve: boolean, answer?: object): EngineEvent => ({
  type: 'decided',
  path,
  at: 5,
  kind,
  approve,
  by: ['ada'],
  comment: 'so be it',
  ...(answer ? { answer: inline(answer as never) } : {}),
});

const failure: Failure = { code: 'TOOL_FAILED', message: 'no', retryable: false };
const started = (path: string, attempt = 1): EngineEvent => ({ type: 'started', path, at: 1, attempt });
const failed = (path: string, attempts = 1, unknown?: true): EngineEvent => ({
  type: 'failed',
  path,
  at: 2,
  error: failure,
  attempts,
  ...(unknown ? { unknown } : {}),
});
const approvals = (emissions: Advanced['emissions']) =>
  runRecordOf({ tenant: 't', runId: 'r' }, '', emissions).approvals ?? [];

describe('an approval of a plan (A13)', () => {
  const plan = bound({
    tasks: [
      gate({ context: { of: '${inputs.what}' }, quorum: 2, role: 'ops', timeout: '1m' }),
      quick('after', { needs: ['gate'] }),
    ],
    output: '${tasks.gate.output}',
  });

  it('asks a person, once, and the run waits', () => {
    const { state, emissions } = begun(plan);
    expect(state.tasks['gate']).toMatchObject({ status: 'WAITING', until: 60_000 });
    expect(state.phase).toBe('WAITING');
    expect(approvals(emissions)).toEqual([
      {
        type: 'request',
        request: {
          id: 'approval:r:task.1:gate',
          taskPath: 'gate',
          kind: 'TASK',
          question: 'Publish it?',
          context: inline({ of: 'it' }),
          quorum: 2,
          role: 'ops',
          requestedAt: 0,
          expiresAt: 60_000,
          onTimeout: 'reject',
        },
      },
    ]);
    const nudged = advance(plan, state, [{ type: 'nudge', at: 1 }]);
    expect(nudged.state.tasks).toEqual(state.tasks);
  });

  it('goes on with the answer', () => {
    const { state } = begun(plan, decided('gate', 'TASK', true, { version: 3 }));
    expect(startable(plan, state)).toEqual(['after']);
    expect(state.tasks['gate']?.output).toEqual(
      inline({ approved: true, answer: { version: 3 }, comment: 'so be it', decidedBy: 'ada' }),
    );
  });

  it('fails by a rejection, and says whose it was', () => {
    const { state } = begun(plan, decided('gate', 'TASK', false));
    expect(state.outcome).toMatchObject({
      status: 'FAILED',
      error: { code: 'APPROVAL_REJECTED', taskPath: 'gate', message: 'rejected by ada: so be it' },
    });
  });

  it('ends as the plan says when nobody answers', () => {
    const expired: EngineEvent = { type: 'expired', path: 'gate', at: 60_000 };
    expect(begun(plan, expired).state.outcome?.error?.code).toBe('APPROVAL_EXPIRED');
    const approves = bound({ tasks: [gate({ timeout: '1m', onTimeout: 'approve' })] });
    expect(begun(approves, expired).state.outcome?.status).toBe('SUCCEEDED');
    const escalates = bound({ tasks: [gate({ timeout: '1m', onTimeout: 'escalate', escalateTo: 'cto' })] });
    const { state, emissions } = begun(escalates, expired);
    expect(state.outcome).toBeNull();
    expect(timers(state)).toEqual([]);
    expect(approvals(emissions)[1]).toEqual({ type: 'escalate', id: 'approval:r:task.1:gate', role: 'cto' });
    expect(advance(escalates, state, [decided('gate', 'TASK', true)]).state.outcome?.status).toBe(
      'SUCCEEDED',
    );
  });

  it('does not act by its timer alone, which may be behind a decision', () => {
    const { state } = begun(plan, { type: 'due', path: 'gate', at: 60_000 });
    expect(state.tasks['gate']?.status).toBe('WAITING');
  });

  it('need not be answered when the run is cancelled', () => {
    const { state, emissions } = begun(plan, { type: 'cancel', at: 9 });
    expect(state.outcome?.status).toBe('CANCELLED');
    expect(approvals(emissions)[1]).toEqual({ type: 'withdraw', id: 'approval:r:task.1:gate', at: 9 });
  });

  it('leaves as much time to answer after a pause as there was before it', () => {
    const held: EngineEvent = {
      type: 'pause',
      at: 40_000,
      pause: { source: 'API', by: 'me', since: 40_000 },
    };
    const { state, emissions } = begun(plan, held, { type: 'resume', at: 90_000 });
    expect(timers(state)).toEqual([{ path: 'gate', until: 110_000 }]);
    expect(approvals(emissions)[1]).toEqual({
      type: 'extend',
      id: 'approval:r:task.1:gate',
      expiresAt: 110_000,
    });
    const waiting = emissions.flatMap(({ task }) => task?.waiting ?? []).at(-1);
    expect(waiting).toEqual({
      kind: 'APPROVAL',
      detail: 'Publish it?',
      since: '1970-01-01T00:00:00.000Z',
      until: '1970-01-01T00:01:50.000Z',
    });
  });

  it('gains no time by a pause when others were asked without end, or somebody has answered', () => {
    const pause: EngineEvent = {
      type: 'pause',
      at: 40_000,
      pause: { source: 'API', by: 'me', since: 40_000 },
    };
    const held = [pause, { type: 'resume', at: 90_000 } as const];
    const escalates = bound({ tasks: [gate({ timeout: '1m', onTimeout: 'escalate', escalateTo: 'cto' })] });
    const asked = begun(escalates, { type: 'expired', path: 'gate', at: 39_000 }, ...held);
    expect(approvals(asked.emissions).map(({ type }) => type)).toEqual(['request', 'escalate']);
    const decidedWhileHeld = begun(plan, pause, decided('gate', 'TASK', true), {
      type: 'resume',
      at: 90_000,
    });
    expect(approvals(decidedWhileHeld.emissions).map(({ type }) => type)).toEqual(['request', 'withdraw']);
  });

  it('is asked anew when a person has it tried again', () => {
    const { emissions } = begun(plan, decided('gate', 'TASK', false), { type: 'retry', path: 'gate', at: 8 });
    expect(approvals(emissions).flatMap((one) => (one.type === 'request' ? [one.request.id] : []))).toEqual([
      'approval:r:task.1:gate',
      'approval:r:task.2:gate',
    ]);
  });
});

describe('a failure for a person to decide on (A8)', () => {
  const plan = bound({ tasks: [quick('a', { onError: 'escalate' }), quick('b', { needs: ['a'] })] });
  const atFault = [started('a'), failed('a')];

  it('waits, with the failure to be seen', () => {
    const { state, emissions } = begun(plan, ...atFault);
    expect(state.outcome).toBeNull();
    expect(state.tasks).toMatchObject({ a: { status: 'WAITING', error: failure } });
    expect(state.tasks['b']).toBeUndefined();
    expect(approvals(emissions)).toMatchObject([{ request: { kind: 'ESCALATION', taskPath: 'a' } }]);
  });

  it('is tried again as another effect, unless nobody knows what the first did', () => {
    const told = begun(plan, ...atFault, decided('a', 'ESCALATION', true)).state;
    expect(told.tasks['a']).toMatchObject({ status: 'READY', generation: 1 });
    const untold = begun(plan, started('a'), failed('a', 1, true), decided('a', 'ESCALATION', true)).state;
    expect(untold.tasks['a']?.status).toBe('READY');
    expect(untold.tasks['a']?.generation).toBeUndefined();
  });

  it('asks again when it fails again', () => {
    const again = [
      decided('a', 'ESCALATION', true, { do: 'retry', input: { x: 1 } }),
      started('a', 2),
      failed('a', 2),
    ];
    const { state, emissions } = begun(plan, ...atFault, ...again);
    expect(state.tasks['a']).toMatchObject({ status: 'WAITING', input: inline({ x: 1 }) });
    expect(approvals(emissions).filter(({ type }) => type === 'request')).toHaveLength(2);
  });

  it('counts as done with the output given', () => {
    const { state } = begun(plan, ...atFault, decided('a', 'ESCALATION', true, { do: 'skip', output: 7 }));
    expect(state.tasks).toMatchObject({
      a: { status: 'SKIPPED', output: inline(7) },
      b: { status: 'READY' },
    });
  });

  it.each([
    [true, { do: 'fail' }],
    [false, undefined],
  ])('fails after all', (approve, answer) => {
    const { state } = begun(plan, ...atFault, decided('a', 'ESCALATION', approve, answer));
    expect(state.outcome).toMatchObject({ status: 'FAILED', error: { code: 'TOOL_FAILED', taskPath: 'a' } });
  });

  it('is nobody’s to decide in a run that ends anyway', () => {
    const two = bound({ tasks: [quick('a', { onError: 'escalate' }), quick('b')] });
    const { state } = begun(two, started('a'), started('b'), failed('b'), failed('a'));
    expect(state.outcome).toMatchObject({ status: 'FAILED', error: { taskPath: 'b' } });
  });
});

describe('an effect of which nobody knows (A8)', () => {
  const plan = bound({ tasks: [quick('a'), quick('b', { needs: ['a'] })] });
  const lost: EngineEvent[] = [
    started('a'),
    { type: 'uncertain', path: 'a', at: 3, error: failure, attempts: 1 },
  ];

  it('did happen: the task has the output given', () => {
    const { state } = begun(plan, ...lost, decided('a', 'UNCERTAIN', true, { id: 4 }));
    expect(state.tasks).toMatchObject({
      a: { status: 'SUCCEEDED', output: inline({ id: 4 }) },
      b: { status: 'READY' },
    });
    expect(state.tasks['a']?.error).toBeUndefined();
  });

  it('did not happen: it may be made now', () => {
    const { state } = begun(plan, ...lost, decided('a', 'UNCERTAIN', false));
    expect(startable(plan, state)).toEqual(['a']);
  });
});

describe('a budget that is used up (A11)', () => {
  const plan = bound({ tasks: [quick('a')] });
  const over: EngineEvent = { type: 'overdrawn', at: 3, detail: 'it has spent 1 US dollar' };

  it('is asked for once, until there is room again', () => {
    const { state, emissions } = begun(plan, over, over);
    expect(approvals(emissions)).toMatchObject([{ request: { id: 'approval:r:budget.1:', kind: 'BUDGET' } }]);
    const more = advance(plan, state, [{ type: 'budget', at: 4 }, over]);
    expect(approvals(more.emissions)).toMatchObject([
      { type: 'withdraw' },
      { request: { id: 'approval:r:budget.2:' } },
    ]);
  });

  it('ends the run when it is refused', () => {
    const { state } = begun(plan, over, decided('', 'BUDGET', false));
    expect(state.outcome).toMatchObject({ status: 'FAILED', error: { code: 'BUDGET_EXCEEDED' } });
  });
});

describe('what is to be taken back (A12)', () => {
  it('begins with a failure, where the plan says so, and is no end', () => {
    const plan = bound({ effects: 'compensate', tasks: [quick('a')] });
    const { state, emissions } = begun(plan, started('a'), failed('a'));
    expect(state.outcome).toMatchObject({ status: 'FAILED', rollsBack: true });
    const record = runRecordOf({ tenant: 't', runId: 'r' }, '', emissions);
    expect(record.events.at(-1)?.type).toBe('run.rolling_back');
    expect(record.run).toMatchObject({ status: 'ROLLING_BACK', error: { taskPath: 'a' } });
    expect(record.run?.finishedAt).toBeUndefined();
  });

  it('begins when it is asked for, once nothing runs', () => {
    const plan = bound({ tasks: [quick('a'), quick('b', { needs: ['a'] })] });
    const { state } = begun(plan, started('a'), { type: 'rollback', at: 4, by: 'ada' });
    expect(state.outcome).toBeNull();
    const ended = advance(plan, state, [{ type: 'cut', path: 'a', at: 5, attempts: 1 }]);
    expect(ended.state.outcome).toMatchObject({ status: 'CANCELLED', rollsBack: true });
    expect(ended.state.tasks['a']).toMatchObject({ status: 'CANCELLED', unknown: true });
  });
});
