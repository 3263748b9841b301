import type { JsonObject } from '#contracts';
import type { ControlledRuns } from './column.js';
import { context, type NexusHost } from './nexus-host.js';
import type { NexusVariant } from './nexus-plans.js';

/** Runs with eight steps at once that go on until somebody stops them, and the commands that do. */
export function controlledRuns(host: NexusHost, variant: NexusVariant): ControlledRuns {
  const tool = variant === 'ordinary' ? 'effect-for-good' : 'effect';
  const asked = async (
    command: (given: typeof context, input: object) => Promise<{ readonly userErrors: readonly object[] }>,
    input: object,
  ): Promise<{ askedAt: number; answeredMs: number }> => {
    const askedAt = Date.now();
    const { userErrors } = await command(context, input);
    if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
    return { askedAt, answeredMs: Date.now() - askedAt };
  };
  return {
    begin: () => host.begin(busyPlan(tool), {}),
    async kill(runId) {
      const { killRun } = host.commands;
      const answer = await asked(killRun, { id: runId, reason: 'the benchmark kills it' });
      const run = await host.store.runs.get(context.tenant, runId);
      return { ...answer, status: run?.status ?? 'gone', stoppedInMs: run?.stoppedInMs ?? null };
    },
    pause: (runId) => asked(host.commands.pauseRun, { id: runId }),
    resume: (runId) => asked(host.commands.resumeRun, { id: runId }),
  };
}

/** Four loops, two in sub-plans and two in workflows of their own, of one step at a time each. */
function busyPlan(tool: string): JsonObject {
  const loop = (id: string) => ({
    id,
    kind: 'loop',
    while: '${true}',
    maxIterations: 1_000,
    do: [{ id: `${id}-step`, kind: 'tool', tool }],
  });
  const subPlan = (id: string, grain: object) => ({
    id,
    kind: 'plan',
    ...grain,
    plan: { tasks: [loop('again')] },
  });
  return {
    name: 'busy',
    tasks: [
      ...['l0', 'l1', 'l2', 'l3'].map(loop),
      ...['s0', 's1'].map((id) => subPlan(id, {})),
      ...['c0', 'c1'].map((id) => subPlan(id, { grain: 'task' })),
    ],
  };
}
