import { innerPath } from '#contracts';
import type { BoundPlan, EngineEvent, EngineState } from '#plan/engine';
import { nodeOf, planIndex, retryDelay } from '#plan/engine';
import type { ChildReport } from './child-report.js';

/** What the report of a child's end is to the engine of the workflow that waits for it. */
export function eventOfReport(
  plan: BoundPlan,
  state: EngineState,
  container: string,
  report: ChildReport,
): EngineEvent {
  return triedAgain(plan, state, endOf(container, report));
}

function endOf(container: string, { path: full, status, output, error, usage }: ChildReport): EngineEvent {
  const at = Date.now();
  const path = container === '' ? full : full.slice(container.length + 1);
  if (status === 'SUCCEEDED') {
    return { type: 'succeeded', path, at, output: output ?? { inline: null }, attempts: 1, usage };
  }
  if (status === 'CANCELLED') return { type: 'cut', path, at, attempts: 1 };
  const failure = error ?? { code: 'INTERNAL', message: 'the child workflow failed', retryable: false };
  // What a sub-plan calls its task is a task of this path here; an agent names itself.
  const own = failure.taskPath === full ? undefined : failure.taskPath;
  const place =
    failure.taskPath === undefined ? {} : { taskPath: own === undefined ? path : innerPath(path, own) };
  return { type: 'failed', path, at, error: { ...failure, ...place }, attempts: 1, usage };
}

/** A child that failed by something that passes is started again, as its task says. */
function triedAgain(plan: BoundPlan, state: EngineState, event: EngineEvent): EngineEvent {
  if (event.type !== 'failed') return event;
  const { path, at, error, usage } = event;
  const { task } = nodeOf(planIndex(plan), path);
  const { failures = 0, readyAt = at, attempts = 1 } = state.tasks[path] ?? {};
  if (task.kind !== 'agent') return event;
  const deadlineAt = task.deadlineMs === undefined ? undefined : readyAt + task.deadlineMs;
  const delay = retryDelay(task.retry, failures + 1, error, at, deadlineAt);
  if (delay === null) return event;
  return { type: 'retrying', path, at, error, attempts, until: at + delay, usage };
}
