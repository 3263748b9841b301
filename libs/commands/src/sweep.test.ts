import { describe, expect, it } from '@jest/globals';
import type { CommandDeps } from './command-deps.js';
import { sweepCancelled } from './sweep.js';

describe('the sweep', () => {
  it('cancels the workflows of runs that were put on the stop list, and of no others', async () => {
    const cancelled: string[] = [];
    const stopped = [
      { runId: 'run_cut', stop: 'cut', hold: null },
      { runId: 'run_rolling_back', stop: 'cut', hold: null },
      { runId: 'run_draining', stop: 'drain', hold: null },
      { runId: 'run_paused', stop: null, hold: 'hold' },
    ];
    const deps = {
      store: {
        runs: { holds: async () => stopped },
        rollbacks: { open: async () => [{ id: 'run_rolling_back', rollback: 'REQUESTED' }] },
      },
      workflows: { cancel: async (runId: string) => void cancelled.push(runId) },
    } as unknown as CommandDeps;
    await sweepCancelled(deps);
    expect(cancelled).toEqual(['run_cut']);
  });
});
