import {
  type Attempt,
  type Failure,
  innerPath,
  noUsage,
  type StoredValue,
  taskId,
  type TaskStatus,
  type WaitReason,
} from '#contracts';
import { type BoundPlan, type BoundTask, planIndex, taskEnded } from '#plan';
import type { TaskRow } from '#store';
import { usageView, type UsageView } from './run-view.js';

/** A task as every door shows it; large values stay as stored. */
export interface TaskView {
  readonly __typename: 'Task';
  readonly id: string;
  readonly runId: string;
  readonly path: string;
  readonly kind: string;
  readonly title: string | null;
  readonly status: TaskStatus;
  readonly waitingFor: WaitReason | null;
  /** IDs of siblings, as the plan has them. */
  readonly needs: readonly string[];
  readonly attempts: readonly Attempt[];
  readonly storedInput: StoredValue | null;
  readonly storedOutput: StoredValue | null;
  readonly error: Failure | null;
  readonly usage: UsageView;
  readonly agent: string | null;
  readonly tool: string | null;
  readonly workflowId: string | null;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
}

/** A task that the plan names, and where. */
export interface PlannedTask {
  readonly path: string;
  /** Path of its container, `` at the top. */
  readonly scope: string;
  readonly task: BoundTask;
}

/** The tasks that a plan names, sub-plans' included, in the order of the document. */
export function plannedTasks(plan: Pick<BoundPlan, 'tasks'>, scope = ''): PlannedTask[] {
  return plan.tasks.flatMap((task) => {
    const path = innerPath(scope, task.id);
    return [{ path, scope, task }, ...innerTasks(task, path)];
  });
}

/** Those of loops and maps are not known before they come up. */
function innerTasks({ spec }: BoundTask, path: string): PlannedTask[] {
  if (spec.kind === 'plan') return plannedTasks(spec.plan, path);
  if (spec.kind !== 'branch') return [];
  const tasks = [...spec.cases.flatMap((one) => one.tasks), ...(spec.otherwise ?? [])];
  return plannedTasks({ tasks }, path);
}

export interface TaskViewFacts {
  readonly runId: string;
  readonly plan: BoundPlan | null;
  /** Those of the plan that are to be shown, touched or not; all of them when absent. */
  readonly planned?: readonly PlannedTask[];
  /** Of tasks that something has touched. Those that the plan does not name come last, in the order given. */
  readonly rows: readonly TaskRow[];
  readonly now: number;
  /** Whether the run has ended. */
  readonly ended: boolean;
}

/** The tasks of a run: those of its plan in the plan's order, then those that came up while it ran. */
export function taskViews({ runId, plan, rows, now, ended, ...given }: TaskViewFacts): TaskView[] {
  const byPath = new Map(rows.map((row) => [row.path, row]));
  const planned = given.planned ?? (plan === null ? [] : plannedTasks(plan));
  const views = planned.map((task) => plannedView(runId, task, byPath, now, ended));
  const named = new Set(planned.map(({ path }) => path));
  const dynamic = rows.filter(({ path }) => !named.has(path));
  const taskOf = ({ path }: TaskRow): BoundTask | undefined =>
    plan === null ? undefined : planIndex(plan).node(path)?.task;
  return [...views, ...dynamic.map((row) => rowView(runId, row, taskOf(row), now))];
}

/** The paths of the tasks that a task lies in, outermost first: those of turns and items with their index. */
export function containersOf(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_part, index) => parts.slice(0, index + 1).join('/'));
}

function plannedView(
  runId: string,
  planned: PlannedTask,
  rows: ReadonlyMap<string, TaskRow>,
  now: number,
  ended: boolean,
): TaskView {
  const { path, task } = planned;
  const row = rows.get(path);
  if (row) return rowView(runId, row, task, now);
  return {
    __typename: 'Task',
    id: taskId(runId, path),
    runId,
    path,
    kind: task.kind.toUpperCase(),
    title: task.title ?? null,
    status: untouchedStatus(nearestStatus(rows, planned.scope), ended),
    waitingFor: null,
    needs: task.needs,
    attempts: [],
    storedInput: null,
    storedOutput: null,
    error: null,
    usage: usageView(noUsage, null, null, now),
    agent: agentOf(task),
    tool: toolOf(task),
    workflowId: null,
    startedAt: null,
    finishedAt: null,
  };
}

/** Of the innermost container around that something has touched: none inside of it has begun. */
function nearestStatus(rows: ReadonlyMap<string, TaskRow>, scope: string): TaskStatus | undefined {
  for (let path = scope; path !== ''; path = path.slice(0, Math.max(0, path.lastIndexOf('/')))) {
    const status = rows.get(path)?.status ?? rows.get(path.replace(/\[\d+\]$/, ''))?.status;
    if (status !== undefined) return status;
  }
  return undefined;
}

/** A task nothing touched before its container, or the run, ended did not run, and never will. */
function untouchedStatus(container: TaskStatus | undefined, ended: boolean): TaskStatus {
  if (container === undefined || !taskEnded(container)) return ended ? 'CANCELLED' : 'PENDING';
  return container === 'CANCELLED' || container === 'FAILED' ? 'CANCELLED' : 'SKIPPED';
}

function rowView(runId: string, row: TaskRow, task: BoundTask | undefined, now: number): TaskView {
  return {
    __typename: 'Task',
    id: taskId(runId, row.path),
    runId,
    path: row.path,
    kind: row.kind.toUpperCase(),
    title: row.title ?? task?.title ?? null,
    status: row.status,
    waitingFor: row.waiting,
    needs: task?.needs ?? [],
    attempts: row.attempts,
    storedInput: row.input,
    storedOutput: row.output,
    error: row.status === 'UNCERTAIN' ? uncertain(row) : row.error,
    usage: usageView(row.usage, row.startedAt, row.finishedAt, now),
    agent: row.agent ?? (task ? agentOf(task) : null),
    tool: row.tool ?? (task ? toolOf(task) : null),
    workflowId: row.workflowId,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  };
}

/** No defect, and nothing that a second try settles: somebody has to look, and to say what happened. */
function uncertain({ runId, path, error }: TaskRow): Failure {
  return {
    ...error,
    code: error === null || error.code === 'INTERNAL' ? 'TOOL_FAILED' : error.code,
    message: error?.message ?? 'nobody knows whether its effect happened',
    retryable: false,
    hint: `look whether its effect happened, then say so: nexus resolve ${runId} '${path}' --happened | --did-not-happen (resolveUncertain)`,
  };
}

function agentOf({ spec }: BoundTask): string | null {
  return spec.kind === 'agent' ? spec.agent.name : null;
}

function toolOf({ spec }: BoundTask): string | null {
  return spec.kind === 'tool' ? spec.tool : null;
}
