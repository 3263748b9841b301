import { activityQueue, innerPath, type Labels, type TaskStatus, type WaitReason } from '#contracts';
import { type BoundPlan, taskEnded } from '#plan';
import type { WorkerRow } from '#store';
import type { CommandDeps } from './command-deps.js';
import { boundPlan } from './read-bound.js';
import { workerGoneMs } from './stuck.js';
import { containersOf, plannedTasks } from './task-view.js';

/** A task that only some workers can do. */
interface Choosy {
  readonly path: string;
  readonly scope: string;
  readonly needs: readonly string[];
  readonly requires: Labels;
  readonly queue: string;
}

/** Tasks of a run that could start, were there a worker with the labels that they require; by path. */
export type NoWorker = (tenant: string, runId: string) => Promise<ReadonlyMap<string, WaitReason>>;

const remembered = 500;
const none: ReadonlyMap<string, WaitReason> = new Map();

/** Knows it from the workers' own words, as soon as a task could start: nothing has to wait in a queue first. */
export function createNoWorker(deps: Pick<CommandDeps, 'store' | 'now'>): NoWorker {
  const { store, now } = deps;
  const known = new Map<string, readonly Choosy[]>();

  async function choosyTasks(tenant: string, runId: string): Promise<readonly Choosy[]> {
    const before = known.get(runId);
    if (before) return before;
    const bound = await boundPlan(deps, { tenant }, runId);
    if (bound === null) return [];
    const found = choosyOf(bound);
    known.set(runId, found);
    const [oldest] = known.keys();
    if (known.size > remembered && oldest !== undefined) known.delete(oldest);
    return found;
  }

  return async (tenant, runId) => {
    const choosy = await choosyTasks(tenant, runId);
    if (choosy.length === 0) return none;
    const workers = (await store.workers.list()).filter(({ silentMs }) => silentMs < workerGoneMs);
    const unserved = choosy.filter(({ queue }) => !workers.some(({ queues }) => queues.includes(queue)));
    if (unserved.length === 0) return none;
    const paths = new Set(
      unserved.flatMap(({ path, scope, needs }) => [
        path,
        ...containersOf(path),
        ...needs.map((need) => innerPath(scope, need)),
      ]),
    );
    const rows = new Map((await store.tasks.at(tenant, runId, [...paths])).map((row) => [row.path, row]));
    const statusOf = (path: string): TaskStatus => rows.get(path)?.status ?? 'PENDING';
    const couldStart = ({ path, scope, needs }: Choosy): boolean =>
      (statusOf(path) === 'PENDING' || statusOf(path) === 'READY') &&
      (scope === '' || statusOf(scope) === 'RUNNING') &&
      needs.every((need) => taskEnded(statusOf(innerPath(scope, need))));
    const sinceOf = ({ scope, needs }: Choosy): number =>
      Math.max(0, ...needs.map((need) => rows.get(innerPath(scope, need))?.finishedAt ?? 0)) || now();
    return new Map(
      unserved.filter(couldStart).map((task) => [task.path, waitOf(task, workers, sinceOf(task))] as const),
    );
  };
}

function choosyOf(bound: BoundPlan): Choosy[] {
  return plannedTasks(bound).flatMap(({ path, scope, task: { needs, requires = {} } }) =>
    Object.keys(requires).length === 0
      ? []
      : [{ path, scope, needs, requires, queue: activityQueue(requires) }],
  );
}

function waitOf({ path, requires }: Choosy, workers: readonly WorkerRow[], since: number): WaitReason {
  const labels = Object.entries(requires)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
  const others = workers.length === 0 ? 'no worker is there' : `${workers.length} without it are there`;
  return {
    kind: 'NO_WORKER',
    detail: `${path}: no worker offers ${labels}, ${others}; start one with NEXUS_WORKER_LABELS=${labels}`,
    since: new Date(since).toISOString(),
  };
}
