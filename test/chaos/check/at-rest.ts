import type { NexusProcess } from '../../e2e/nexus-process.js';
import { endedRun, readRun, type ShownRun } from '../../e2e/runs.js';
import { until } from '../../e2e/until.js';
import { isUncertain } from './violations.js';

const cancel = 'mutation ($id: ID!) { cancelRun(id: $id) { run { status } } }';

/**
 * The run when nothing more happens in it, and whether it had to be cancelled for that: one with an effect whose
 * outcome nobody knows waits for a person.
 */
export async function atRest(
  nexus: NexusProcess,
  id: string,
  withinMs = 90_000,
): Promise<{ readonly run: ShownRun; readonly cancelled: boolean }> {
  let last = 'unknown';
  const settled = await until(
    `run ${id} comes to rest`,
    async () => {
      // A server that was frozen may close a kept connection just when it is used again.
      const run = await readRun(nexus, id).catch((error: Error) => void (last = error.message));
      if (!run) return null;
      last = `${run.status}: ${run.tasks.map(({ path, status }) => `${path} ${status}`).join(', ')}`;
      const ended = ['SUCCEEDED', 'FAILED', 'CANCELLED', 'KILLED'].includes(run.status);
      return ended || (run.status === 'WAITING' && isUncertain(run)) ? run : null;
    },
    { withinMs, everyMs: 200 },
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${last}`, { cause: error });
  });
  if (settled.status !== 'WAITING') return { run: settled, cancelled: false };
  await nexus.graphql(cancel, { id });
  return { run: await endedRun(nexus, id), cancelled: true };
}
