import type { JsonObject } from '#contracts';
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
