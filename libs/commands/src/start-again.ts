import { type JsonObject, nexusError, type StoredValue } from '#contracts';
import type { BoundPlan } from '#plan';
import type { RunRow, SignalRow } from '#store';
import type { RunInput, SecondTry } from '#workflows';
import type { CommandDeps } from './command-deps.js';
import { runInput } from './dispatch.js';

type AgainDeps = Pick<CommandDeps, 'store' | 'workflows' | 'logger'>;

/** Name under which a second try is kept among what workflows are to be told, until the run goes on. */
export const secondTrySignal = 'secondTry';

interface Kept {
  readonly secondTry: SecondTry;
  /** The execution that had ended: another one means that the try was had. */
  readonly after: string | null;
}

/** What is kept of the decision to let a run that has ended go on with a task tried again, or counted as done. */
export function keptSecondTry(run: RunRow, secondTry: SecondTry): JsonObject {
  return { secondTry, after: run.temporalRunId } satisfies Kept as unknown as JsonObject;
}

/** Lets the run go on from where it stood. However often it is called, the try is had once. */
export async function startAgain({ store, workflows }: AgainDeps, signal: SignalRow): Promise<void> {
  const { tenant, runId, id } = signal;
  const { secondTry, after } = signal.argument as unknown as Kept;
  const state = await store.runs.keptState(tenant, runId);
  const run = await store.runs.get(tenant, runId);
  if (run === null || state === null || run.temporalRunId !== after) return;
  if (await hadAlready(workflows, run, after)) return;
  if (await store.rollbacks.wanted(tenant, runId)) return;
  if (run.finishedAt !== null && !(await store.runs.reopen(tenant, runId))) return;
  await store.record({
    tenant,
    runId,
    once: `run.again/${id}`,
    events: [{ type: 'run.resumed', at: Date.now(), data: { by: secondTry.by, taskPath: secondTry.path } }],
    tasks: [],
  });
  const bound = (await store.runs.bound(tenant, runId)) as BoundPlan | null;
  const input: RunInput = {
    ...runInput(run, bound),
    state: (await store.values.load(tenant, state)) as unknown as RunInput['state'],
    secondTry,
  };
  const { temporalRunId } = await workflows.start({ input, name: bound?.name ?? 'run', again: true });
  await store.runs.markDispatched(tenant, runId, temporalRunId);
}

/**
 * Where the run stood when it ended. Its workflow keeps that last: while it is still closing, what is not there yet
 * may come.
 */
export async function keptState({ store, workflows }: AgainDeps, run: RunRow): Promise<StoredValue | null> {
  for (const until = performance.now() + closingMs; ; await pause()) {
    const state = await store.runs.keptState(run.tenant, run.id);
    if (state !== null || performance.now() > until) return state;
    if ((await workflows.inspect(run.workflowId)) === null) return store.runs.keptState(run.tenant, run.id);
  }
}

/**
 * Waits until the execution that had ended is closed: a start would be taken for it. True: the one that is open is
 * the next already, and who started it did not live to say so.
 */
async function hadAlready(
  workflows: AgainDeps['workflows'],
  { id, workflowId }: RunRow,
  after: string | null,
): Promise<boolean> {
  for (const until = performance.now() + closingMs; ; await pause()) {
    const open = await workflows.inspect(workflowId);
    if (open === null) return false;
    if (after !== null && open.temporalRunId !== after) return true;
    if (performance.now() > until)
      throw nexusError('UNAVAILABLE', `the workflow of run ${id} has not closed yet`, { retryable: true });
  }
}

const closingMs = 5_000;

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
