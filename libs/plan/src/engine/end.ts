import { addUsage } from '#contracts';
import type { Draft } from './draft.js';
import { countOut, isOurs, isStopped, nodeAt, move, openBodies, taskAt, tasksIn, use } from './draft.js';
import { emission } from './emission.js';
import { isContainer } from './plan-index.js';
import { escalate } from './question.js';
import type { TaskState } from './state.js';
import { taskEnded } from './transitions.js';

/** Ends a task with any end state; what follows from it is left to `settle`. A failure may be for a person to decide. */
export function end(draft: Draft, path: string, at: number, change: TaskState, by?: string): void {
  const { task, scope } = nodeAt(draft, path);
  const isForPeople = change.status === 'FAILED' && task.onError === 'escalate';
  if (isForPeople && !isStopped(draft, scope)) escalate(draft, path, at, change);
  else endForGood(draft, path, at, change, by);
}

/** Ends a task whatever its `onError` says; `by` is who decided it. */
export function endForGood(draft: Draft, path: string, at: number, change: TaskState, by?: string): void {
  const node = nodeAt(draft, path);
  const task = taskAt(draft, path);
  const { startedAt, generation, loop, branch, usage: before, asks, questions } = task;
  const unknown = change.status === 'SUCCEEDED' ? undefined : (change.unknown ?? task.unknown);
  // Of all attempts.
  const usage = before && change.usage ? addUsage(before, change.usage) : (change.usage ?? before);
  move(draft, path, {
    ...change,
    ...(usage ? { usage } : {}),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(generation === undefined ? {} : { generation }),
    ...(unknown ? { unknown } : {}),
    ...(questions === undefined ? {} : { questions }),
    ...(loop === undefined ? {} : { loop }),
    ...(branch === undefined ? {} : { branch }),
  });
  delete draft.asks[path];
  if (asks !== undefined) draft.emissions.push({ question: { type: 'withdraw', path, asks, at } });
  // A container's usage is that of its tasks, which is counted already.
  if (!isContainer(node.task)) use(draft, change.usage);
  const type = (
    {
      SUCCEEDED: 'task.succeeded',
      FAILED: 'task.failed',
      SKIPPED: 'task.skipped',
      CANCELLED: 'task.cancelled',
    } as const
  )[change.status as 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'CANCELLED'];
  draft.emissions.push(
    emission(type, at, {
      taskPath: path,
      ...(change.error || by !== undefined
        ? {
            data: {
              ...(change.error ? { error: { ...change.error } as never } : {}),
              ...(by === undefined ? {} : { by }),
            },
          }
        : {}),
      task: {
        path,
        kind: node.task.kind,
        title: node.task.title,
        status: change.status,
        waiting: null,
        finishedAt: at,
        ...(change.output ? { output: change.output } : {}),
        ...(change.error ? { error: change.error } : isMended(task, change) ? { error: null } : {}),
        ...(usage ? { usage } : {}),
      },
    }),
  );
  const failedBefore = draft.scopes[node.scope]?.failure !== undefined;
  countOut(draft, path);
  const scope = draft.scopes[node.scope];
  if (scope?.failure && !failedBefore) stopScope(draft, node.scope, at);
  draft.closing.push(node.scope);
}

/** Whether an earlier failure, which readers may have been told, counts no longer. */
function isMended({ error, failures = 0, generation = 0 }: TaskState, { status }: TaskState): boolean {
  const isDone = status === 'SUCCEEDED' || status === 'SKIPPED';
  return isDone && (error !== undefined || failures > 0 || generation > 0);
}

/** Cancels what has not started in a body and in those within it. What runs goes on to its end. */
export function stopScope(draft: Draft, scope: string, at: number): void {
  for (const path of tasksIn(draft, scope)) {
    const task = taskAt(draft, path);
    if (taskEnded(task.status)) continue;
    const bodies = openBodies(draft, path);
    for (const body of bodies) {
      stopScope(draft, body, at);
      draft.closing.push(body);
    }
    if (bodies.length > 0 || (task.map?.open.length ?? 0) > 0) continue;
    const rests = task.status !== 'RUNNING' || isContainer(nodeAt(draft, path).task);
    if (!isOurs(draft, path) || !rests) continue;
    // What happened to an effect may still be told of a run that fails; a cancel waits for nobody.
    if (task.status === 'UNCERTAIN' && !draft.cancelling) continue;
    end(draft, path, at, { status: 'CANCELLED' });
  }
}
