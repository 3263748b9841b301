import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { RunStatus } from '#contracts';
import type { CommandDeps } from './command-deps.js';
import { finishKill } from './finish-kill.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Workflows that a kill terminates, where the run has this status soon after. */
async function terminatedBy(statusAfter: RunStatus): Promise<string[]> {
  const terminated: string[] = [];
  const deps = {
    store: {
      record: async () => undefined,
      tasks: { inFlight: async () => ({ steps: 0, agents: 0 }), workflows: async () => [] },
      runs: { endKilled: async () => true, get: async () => ({ status: statusAfter }) },
    },
    workflows: {
      terminate: async (workflowId: string) => void terminated.push(workflowId),
      openWorkflows: async () => [],
    },
    logger: { warn: () => undefined },
    now: Date.now,
  } as unknown as CommandDeps;
  const run = { id: 'r', tenant: 't', workflowId: 'run/r', reason: 'enough', by: 'ops', askedAt: 0 };
  const killed = finishKill(deps, run, performance.now(), 'RUN');
  await jest.advanceTimersByTimeAsync(5_000);
  await killed;
  return terminated;
}

it('a kill looks once more for what was being started meanwhile', async () => {
  expect(await terminatedBy('KILLED')).toEqual(['run/r', 'run/r']);
});

it('a kill leaves alone the rollback of its run that was asked for right after', async () => {
  expect(await terminatedBy('ROLLING_BACK')).toEqual(['run/r']);
});
