import { type Failure, noUsage, type StoredValue, taskId, type TaskStatus } from '#contracts';
import { type BoundPlan, planIndex } from '#plan';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { usageView } from './run-view.js';
import type { TaskView } from './task-view.js';

/** The task of an item of a map that is done in batches: it has no row of its own, only its part of the results. */
export async function readItem(
  { store, now }: CommandDeps,
  { tenant }: CommandContext,
  wanted: { readonly runId: string; readonly path: string; readonly bound: BoundPlan | null },
): Promise<TaskView | null> {
  const { runId, path, bound } = wanted;
  const [, map = '', digits = ''] = /^(.*)\[(\d{1,9})\]\/[^/]+$/.exec(path) ?? [];
  const task = bound === null ? undefined : planIndex(bound).node(path)?.task;
  if (map === '' || task === undefined) return null;
  const index = Number(digits);
  const [row] = await store.mapResults.read(tenant, runId, map, index, index + 1);
  const item = row?.items[index - row.first] as
    | { readonly status: TaskStatus; readonly output: StoredValue | null; readonly error: Failure | null }
    | undefined;
  if (item === undefined) return null;
  return {
    __typename: 'Task',
    id: taskId(runId, path),
    runId,
    path,
    kind: task.kind.toUpperCase(),
    title: task.title ?? null,
    status: item.status,
    waitingFor: null,
    needs: task.needs,
    attempts: [],
    storedInput: null,
    storedOutput: item.output,
    error: item.error,
    usage: usageView(noUsage, null, null, now()),
    agent: null,
    tool: task.spec.kind === 'tool' ? task.spec.tool : null,
    workflowId: null,
    startedAt: null,
    finishedAt: null,
  };
}
