import { describe, expect, it } from '@jest/globals';
import type { PendingActivity, WorkflowFacts } from './run-gateway.js';
import { stuckReason, type Vitals } from './stuck.js';

const now = Date.UTC(2026, 0, 1);
const activity: PendingActivity = {
  type: 'runSegment',
  queue: 'nexus-activities',
  started: true,
  attempt: 1,
  scheduledAt: now - 20_000,
};

function found(
  workflow: Partial<WorkflowFacts>,
  more: Partial<Omit<Vitals, 'workflow'>> = {},
): string | null {
  const reason = stuckReason({
    run: { status: 'RUNNING', waiting: null, updatedAt: now - 20_000 },
    workflow: {
      temporalRunId: 't',
      paused: false,
      queue: 'nexus-orchestrator',
      task: null,
      activities: [],
      children: 0,
      ...workflow,
    },
    workers: [{ queues: ['nexus-orchestrator', 'nexus-activities'], silentMs: 100 }],
    inFlight: 0,
    now,
    ...more,
  });
  return reason && `${reason.kind} ${reason.detail}`;
}

const task = { attempt: 1, scheduledAt: now - 20_000, started: false };

describe('a run that does not move', () => {
  it('is not stuck while it works, or while Temporal holds it', () => {
    expect(found({ activities: [activity] })).toBeNull();
    expect(found({ task })).toBeNull();
    expect(found({ task: { ...task, attempt: 9 }, paused: true })).toBeNull();
    expect(found({})).toBeNull();
  });

  it('has code that fails again and again', () => {
    expect(found({ task: { ...task, attempt: 2, failure: 'x' } })).toBeNull();
    expect(found({ task: { ...task, attempt: 5, failure: 'Nondeterminism: x' } })).toBe(
      "RETRY_BACKOFF the workflow's own code has failed 4 times in a row: Nondeterminism: x",
    );
  });

  it('has an activity that fails again and again', () => {
    expect(found({ activities: [{ ...activity, attempt: 3, failure: 'x' }] })).toBeNull();
    expect(found({ activities: [{ ...activity, attempt: 4, failure: 'no such file' }] })).toBe(
      'RETRY_BACKOFF runSegment has failed 3 times in a row: no such file',
    );
  });

  it('waits for a worker that is not there', () => {
    const waiting = { ...activity, queue: 'nexus-activities/gpu=1', started: false };
    expect(found({ activities: [waiting] })).toBe(
      'NO_WORKER no worker serves nexus-activities/gpu=1: 1 other workers are there, for other work',
    );
    expect(found({ activities: [{ ...waiting, scheduledAt: now - 9_000 }] })).toBeNull();
    expect(found({ task }, { workers: [{ queues: ['nexus-orchestrator'], silentMs: 60_000 }] })).toBe(
      'NO_WORKER no worker serves nexus-orchestrator: no worker is there',
    );
  });

  it('waits for a worker that is free', () => {
    const waiting = { ...activity, started: false };
    expect(found({ activities: [waiting] })).toBeNull();
    expect(found({ activities: [{ ...waiting, scheduledAt: now - 61_000 }] })).toBe(
      'QUEUE no worker of nexus-activities was free to take runSegment',
    );
  });

  it('is silent for long, and nothing explains it', () => {
    const run = { status: 'RUNNING', waiting: null, updatedAt: now - 301_000 } as const;
    expect(found({}, { run })).toMatch(/^DEPENDENCY nothing has happened/);
    expect(found({}, { run: { ...run, status: 'WAITING' } })).toBeNull();
    expect(found({}, { run, inFlight: 1 })).toBeNull();
    expect(found({ children: 1 }, { run })).toBeNull();
  });
});
