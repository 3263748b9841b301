import { runEnded, type TaskStatus } from '#contracts';
import type { RunRow } from '#store';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { knownRun, refused, wrongState } from './known-run.js';
import { readTask } from './read-tasks.command.js';
import type { RunPayload } from './run-payload.js';
import type { TaskView } from './task-view.js';
import { type UserError, userError } from './user-error.js';

/** A task that a person decides about, in a run where that may be decided; or why not. */
export type DecidedTask =
  | { readonly ok: true; readonly run: RunRow; readonly task: TaskView }
  | { readonly ok: false; readonly payload: RunPayload };

export interface TaskDecision {
  readonly runId: string;
  readonly path: string;
  /** What is to be done to it, such as "retried". */
  readonly done: string;
  readonly from: readonly TaskStatus[];
}

/** Looks up a task that is to be decided about; the run's state and the task's are both told when they do not fit. */
export async function decidedTask(
  deps: CommandDeps,
  context: CommandContext,
  { runId, path, done, from }: TaskDecision,
): Promise<DecidedTask> {
  const run = await knownRun(deps, context, runId);
  const task = await readTask(deps, context, { runId, path });
  const faults: UserError[] = [...runFaults(run, done)];
  if (task === null)
    faults.push(
      userError('NOT_FOUND', `run ${runId} has no task "${path}"`, ['path'], 'nexus status lists them'),
    );
  else if (!from.includes(task.status)) faults.push(taskFault(task, done, from));
  if (task === null || faults.length > 0) return { ok: false, payload: refused(deps, run, ...faults) };
  return { ok: true, run, task };
}

function runFaults(run: RunRow, done: string): UserError[] {
  if (runEnded(run.status))
    return [wrongState(run, `has ended (${run.status}): its tasks can be ${done} only while it lives`)];
  if (run.stop !== null || run.status === 'CANCELLING' || run.status === 'ROLLING_BACK')
    return [wrongState(run, `is being stopped: none of its tasks can be ${done}`)];
  return [];
}

function taskFault({ path, status }: TaskView, done: string, from: readonly TaskStatus[]): UserError {
  const hint =
    status === 'UNCERTAIN'
      ? 'say first what became of its effect: resolveUncertain'
      : `it can be ${done} from ${from.join(', ')}`;
  return userError(
    'FAILED_PRECONDITION',
    `task "${path}" is ${status}: it cannot be ${done}`,
    ['path'],
    hint,
  );
}
