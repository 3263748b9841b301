import { runEnded, type RunStatus } from '#contracts';
import type { NexusProcess } from '../../e2e/nexus-process.js';
import { endedRun, readRun, type ShownRun } from '../../e2e/runs.js';
import { until } from '../../e2e/until.js';
import { isUncertain } from './violations.js';

/** So long nothing changes in a run that only a person can help on; longer than anything in the plans takes. */
const stillMs = 8_000;

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
  let since = Date.now();
  const settled = await until(
    `run ${id} comes to rest`,
    async () => {
      // A server that was frozen may close a kept connection just when it is used again.
      const run = await readRun(nexus, id).catch((error: Error) => void (last = error.message));
      if (!run) return null;
      const now = `${run.status}: ${run.tasks.map(({ path, status }) => `${path} ${status}`).join(', ')}`;
      if (now !== last) since = Date.now();
      last = now;
      return hasEnded(run) || (isUncertain(run) && Date.now() - since > stillMs) ? run : null;
    },
    { withinMs, everyMs: 200 },
  ).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${last}`, { cause: error });
  });
  if (hasEnded(settled)) return { run: settled, cancelled: false };
  await nexus.graphql(cancel, { id });
  return { run: await endedRun(nexus, id), cancelled: true };
}

function hasEnded({ status }: ShownRun): boolean {
  return runEnded(status as RunStatus);
}
