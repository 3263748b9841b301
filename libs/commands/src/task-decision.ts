import { type RunStatus, runEnded, type TaskStatus } from '#contracts';
import { type BoundPlan, isContainer, planIndex } from '#plan';
import type { RunRow } from '#store';
import type { SecondTry } from '#workflows';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { tellWorkflow } from './deliver-signals.js';
import { knownRun, refused, runAfter, wrongState } from './known-run.js';
import type { NoWorker } from './no-worker.js';
import { boundPlan } from './read-bound.js';
import { readTask } from './read-tasks.command.js';
import { refuseWhenKilled } from './refuse-when-killed.js';
import type { RunPayload } from './run-payload.js';
import { keptSecondTry, keptState, secondTrySignal } from './start-again.js';
import { nearestContainer } from './task-holder.js';
import type { TaskView } from './task-view.js';
import { type UserError, userError } from './user-error.js';

/** What a person wants of a task. */
export interface TaskDecision {
  readonly runId: string;
  readonly path: string;
  /** What is to be done to it, such as "retried". */
  readonly done: string;
  readonly from: readonly TaskStatus[];
  /** Made once nothing speaks against it: it may store values. */
  readonly secondTry: () => Promise<SecondTry>;
}

/** What a task waits for does not matter to what can be done to it. */
const nothingUnserved: NoWorker = () => Promise.resolve(new Map());
/** Runs that can go on though they have ended. */
const triedAgain: readonly RunStatus[] = ['FAILED', 'CANCELLED'];

/**
 * Decides about a task. In a live run its workflow is told; a run that has ended goes on from where it stood. All
 * that speaks against it is told at once: the run's state, the task's, a path that is wrong.
 */
export async function decideTask(
  deps: CommandDeps,
  context: CommandContext,
  decision: TaskDecision,
): Promise<RunPayload> {
  const { runId, path, done, from } = decision;
  const run = await knownRun(deps, context, runId);
  const [task, children] = await Promise.all([
    readTask(deps, nothingUnserved, context, { runId, path }),
    deps.store.tasks.workflows(context.tenant, runId),
  ]);
  const holder = nearestContainer(children, path);
  const bound = await boundPlan(deps, context, runId);
  const faults = [
    ...(await runFaults(deps, run, done, holder)),
    ...taskFaults(runId, task, decision, from),
    ...placeFaults(bound, decision),
  ];
  if (faults.length > 0) return refused(deps, run, ...faults);
  const { tenant, workflowId } = run;
  if (!runEnded(run.status)) {
    const { kind, ...signal } = await decision.secondTry();
    const name = kind === 'retry' ? 'retryTask' : 'skipTask';
    const argument = JSON.parse(JSON.stringify(signal));
    await tellWorkflow(deps, { tenant, runId, workflowId: holder?.workflowId ?? workflowId, name, argument });
  } else {
    await refuseWhenKilled(deps, tenant, run.labels);
    const argument = keptSecondTry(run, await decision.secondTry());
    await tellWorkflow(deps, { tenant, runId, workflowId, name: secondTrySignal, argument });
  }
  return await runAfter(deps, run);
}

async function runFaults(
  deps: CommandDeps,
  run: RunRow,
  done: string,
  holder: { readonly path: string } | undefined,
): Promise<UserError[]> {
  if (!runEnded(run.status)) {
    if (await isRollingBack(deps, run))
      return [wrongState(run, `is being rolled back: none of its tasks can be ${done}`)];
    const stopping = run.stop !== null || run.status === 'CANCELLING';
    return stopping ? [wrongState(run, `is being stopped: none of its tasks can be ${done}`)] : [];
  }
  if (!triedAgain.includes(run.status) || (await keptState(deps, run)) === null)
    return [wrongState(run, `has ended (${run.status}) for good: none of its tasks can be ${done} any more`)];
  if (holder === undefined) return [];
  const message = `the task lies in "${holder.path}", whose own workflow has ended: that can be ${done} as a whole`;
  return [userError('FAILED_PRECONDITION', message, ['path'])];
}

/** Also one that is held meanwhile. */
async function isRollingBack({ store }: CommandDeps, { id, status }: RunRow): Promise<boolean> {
  if (status !== 'PAUSED') return status === 'ROLLING_BACK';
  return (await store.rollbacks.open()).some((run) => run.id === id);
}

/** What the engine cannot do to a task because of where it stands, or of what it is. */
function placeFaults(bound: BoundPlan | null, { path, done }: TaskDecision): UserError[] {
  const node = bound === null ? undefined : planIndex(bound).node(path);
  if (bound === null || node === undefined) return [];
  const map = planIndex(bound).node(path.replace(/\[\d+\]\/[^/]+$/, ''));
  if (map && map.path !== path && map.task.spec.kind === 'map' && map.task.spec.batch !== null) {
    const message = `items of "${map.path}" are done in batches, and cannot be ${done} one by one`;
    return [userError('FAILED_PRECONDITION', message, ['path'], `retry "${map.path}" as a whole`)];
  }
  if (done !== 'skipped' || !isContainer(node.task)) return [];
  const message = `a ${node.task.kind} cannot be ${done} as a whole`;
  return [userError('FAILED_PRECONDITION', message, ['path'], 'skip the task in it that failed')];
}

function taskFaults(
  runId: string,
  task: TaskView | null,
  { path, done }: TaskDecision,
  from: readonly TaskStatus[],
): UserError[] {
  if (task === null)
    return [
      userError('NOT_FOUND', `run ${runId} has no task "${path}"`, ['path'], 'nexus status lists them'),
    ];
  const { status } = task;
  if (from.includes(status)) return [];
  const hint =
    status === 'UNCERTAIN'
      ? 'say first what became of its effect: resolveUncertain'
      : `it can be ${done} from ${from.join(', ')}`;
  return [
    userError('FAILED_PRECONDITION', `task "${path}" is ${status}: it cannot be ${done}`, ['path'], hint),
  ];
}
