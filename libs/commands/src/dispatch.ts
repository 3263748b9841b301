import { nexusError, type Pause, type StoredValue } from '#contracts';
import type { BoundPlan } from '#plan';
import type { RunRow } from '#store';
import type { PlanRequest, RunInput } from '#workflows';
import type { CommandDeps } from './command-deps.js';

/** What a run's workflow is started with, from what is stored of the run. */
export function runInput(run: RunRow, bound: BoundPlan | null, pauses: readonly Pause[] = []): RunInput {
  const inputs: StoredValue = run.inputs ?? { inline: {} };
  const planRequest = run.planRequest as unknown as PlanRequest | null;
  const common = {
    tenant: run.tenant,
    runId: run.id,
    path: '',
    priority: run.priority,
    inputs,
    ...(pauses.length > 0 && { pauses }),
    ...(run.triggers && { triggers: run.triggers }),
    ...(run.budget && { budget: run.budget }),
    ...(planRequest?.approve && { approvePlan: true }),
  };
  if (bound) return { ...common, bound };
  if (planRequest !== null) return { ...common, planRequest };
  throw nexusError('INTERNAL', `run ${run.id} has neither a plan nor a goal to be planned`);
}

/** Starts the run's workflow, however often it is called, and gives the execution. */
export async function dispatch(deps: CommandDeps, run: RunRow, bound: BoundPlan | null): Promise<string> {
  // One that is paused meanwhile is told so by signal, once it is there.
  const pauses = run.status === 'PAUSED' ? await deps.store.pauses.of(run.tenant, run.id) : [];
  const input = runInput(run, bound, pauses);
  const { temporalRunId } = await deps.workflows.start({ input, name: bound?.name ?? 'run' });
  // Nobody waits for this: when it is lost, the sweep starts the run once more, which does nothing.
  deps.store.runs.markDispatched(run.tenant, run.id, temporalRunId).catch((error: unknown) => {
    deps.logger.warn({ error, runId: run.id }, 'the run was started, but that is not on record yet');
  });
  return temporalRunId;
}

/**
 * As `dispatch`, for a command that has stored the run: once stored it will run, so a workflow that cannot be
 * started now is no failure of the command. The sweep starts it.
 */
export async function dispatchOrLeave(
  deps: CommandDeps,
  run: RunRow,
  bound: BoundPlan | null,
): Promise<RunRow> {
  try {
    return { ...run, temporalRunId: await dispatch(deps, run, bound) };
  } catch (error) {
    deps.logger.warn({ error, runId: run.id }, 'the run is stored; its workflow will be started later');
    return run;
  }
}
