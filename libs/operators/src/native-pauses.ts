import type { JsonObject, Pause } from '#contracts';
import { runEnded } from '#contracts';
import type { NewSignal } from '#store';
import type { OperatorsDeps } from './operators-deps.js';
import type { RootWorkflow } from './operators-temporal.js';

/** Visibility is a little behind, and a child may be on its way: for so many rounds the tree is looked at again. */
const looks = 4;

/**
 * Carries the pauses of Temporal itself to the whole tree of a run, and takes them away again. Temporal holds nothing
 * but the one workflow: its children, and the activities under way, know of it only by this.
 */
export function createPauseMirror(deps: OperatorsDeps): () => Promise<void> {
  const { store, temporal, tell, now } = deps;
  const told = new Map<string, { readonly workflows: Set<string>; rounds: number }>();

  return async () => {
    const [paused, known] = await Promise.all([temporal.paused(), store.pauses.all()]);
    const mirrored = new Map(
      known.flatMap(({ runId, tenant, pauses }) => {
        const pause = pauses.find(({ source }) => source === 'TEMPORAL');
        return pause ? [[runId, { tenant, pause }] as const] : [];
      }),
    );
    for (const root of paused) await hold(root, mirrored.get(root.runId)?.pause);
    const held = new Set(paused.map(({ runId }) => runId));
    for (const [runId, { tenant }] of mirrored) if (!held.has(runId)) await release(tenant, runId);
    for (const runId of told.keys()) if (!held.has(runId)) told.delete(runId);
  };

  /** The workflows are told before it is on record: who dies between has told them twice in the end, and not never. */
  async function hold(root: RootWorkflow, known: Pause | undefined): Promise<void> {
    const { tenant, runId, workflowId } = root;
    const look = told.get(runId) ?? { workflows: new Set<string>(), rounds: 0 };
    if (known && look.rounds >= looks) return;
    const pause = known ?? (await pauseOf(workflowId));
    if (pause === null) return;
    const run = await store.runs.get(tenant, runId);
    if (run === null || runEnded(run.status)) return;
    look.rounds++;
    told.set(runId, look);
    const open = [workflowId, ...(await temporal.open(runId))];
    const untold = [...new Set(open)].filter((id) => !look.workflows.has(id));
    await tell(...untold.map((id) => signal(root, id, 'pause', { ...pause } as unknown as JsonObject)));
    for (const id of untold) look.workflows.add(id);
    if (!known) await store.pauses.add(tenant, runId, pause, true);
  }

  async function pauseOf(workflowId: string): Promise<Pause | null> {
    const native = await temporal.pauseOf(workflowId);
    return native && { source: 'TEMPORAL', interrupt: false, ...native };
  }

  async function release(tenant: string, runId: string): Promise<void> {
    const run = await store.runs.get(tenant, runId);
    if (run === null || runEnded(run.status)) return;
    const { workflowId } = run;
    if ((await temporal.pauseOf(workflowId)) !== null) return;
    const by = 'an operator in Temporal';
    const open = new Set([workflowId, ...(await temporal.open(runId))]);
    const argument = { sources: ['TEMPORAL'], by, at: now() };
    await tell(...[...open].map((id) => signal({ tenant, runId }, id, 'resume', argument)));
    await store.pauses.lift(tenant, runId, ['TEMPORAL'], by);
  }
}

function signal(
  { tenant, runId }: { readonly tenant: string; readonly runId: string },
  workflowId: string,
  name: 'pause' | 'resume',
  argument: JsonObject,
): NewSignal {
  return { tenant, runId, workflowId, name, argument };
}
