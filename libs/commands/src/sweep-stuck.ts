import type { QuietRun } from '#store';
import { bounded } from './bounded.js';
import type { CommandDeps } from './command-deps.js';
import { stuckReason } from './stuck.js';

const quietForMs = 8_000;
const lookAgainMs = 9_000;
const atOnce = 8;
/** Looked at in one sweep; the others have their turn in the next. */
const most = 40;

/** Looks now and then at runs of which nothing is heard, and says what is found with the run and in the log. */
export function createStuckCheck(deps: CommandDeps): () => Promise<void> {
  const { store, workflows, logger, now } = deps;
  const looked = new Map<string, number>();

  async function look(run: QuietRun, workers: Awaited<ReturnType<typeof store.workers.list>>): Promise<void> {
    looked.set(run.id, now());
    const workflow = await workflows.inspect(run.workflowId);
    // One that is gone is a matter of its run's status.
    if (workflow === null) return;
    const { steps, agents } = await store.tasks.inFlight(run.tenant, run.id);
    const stuck = stuckReason({ run, workflow, workers, inFlight: steps + agents, now: now() });
    if (stuck?.kind === run.stuck?.kind && stuck?.detail === run.stuck?.detail) return;
    await store.runs.setStuck(run.tenant, run.id, stuck);
    if (stuck) logger.warn({ runId: run.id, kind: stuck.kind }, `a run does not move: ${stuck.detail}`);
    else logger.info({ runId: run.id }, 'a run that did not move moves again');
  }

  return async () => {
    const quiet = (await store.runs.quiet(quietForMs)).filter((run) => !waits(run, now()));
    const known = new Set(quiet.map(({ id }) => id));
    for (const id of looked.keys()) if (!known.has(id)) looked.delete(id);
    const due = quiet.filter(({ id }) => now() - (looked.get(id) ?? -Infinity) >= lookAgainMs).slice(0, most);
    if (due.length === 0) return;
    const workers = await store.workers.list();
    await bounded(due, atOnce, (run) => look(run, workers));
  };
}

/** Whether its own wait explains that nothing happens. */
function waits({ status, waiting, stuck }: QuietRun, now: number): boolean {
  if (stuck !== null || status !== 'WAITING' || waiting === null) return false;
  return waiting.until === undefined || Date.parse(waiting.until) > now - quietForMs;
}
