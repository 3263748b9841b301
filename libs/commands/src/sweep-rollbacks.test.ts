import { expect, it } from '@jest/globals';
import type { CommandDeps } from './command-deps.js';
import type { RollbackStart } from './run-gateway.js';
import { sweepRollbacks } from './sweep-rollbacks.js';

it('starts a rollback that was left behind, but none that somebody has terminated since', async () => {
  const started: string[] = [];
  const open = ['lost', 'terminated', 'terminated_before', 'open'].map((id) => ({
    id,
    tenant: 't',
    workflowId: `run/${id}`,
    rollback: 'RUNNING',
    requestedAt: 5_000,
  }));
  const terminations: Record<string, number> = { 'run/terminated': 6_000, 'run/terminated_before': 4_000 };
  const deps = {
    store: {
      runs: { get: async () => null },
      rollbacks: { open: async () => open },
      pauses: { of: async () => [] },
    },
    workflows: {
      inspect: async (workflowId: string) => (workflowId === 'run/open' ? {} : null),
      terminatedAt: async (workflowId: string) => terminations[workflowId] ?? null,
      startRollback: async ({ input }: RollbackStart) => void started.push(input.runId),
    },
    logger: { info: () => undefined },
    now: () => 10_000,
  } as unknown as CommandDeps;
  await sweepRollbacks(deps);
  expect(started).toEqual(['lost', 'terminated_before']);
});
