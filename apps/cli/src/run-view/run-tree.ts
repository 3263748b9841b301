import { parseUsd } from '#contracts';
import type { JsonObject, NanoUsd, RunStatus, TaskStatus } from '#contracts';
import type { RunDetails, TaskView } from './run-details.js';
import type { EventView } from './run-stream.js';

/** One task as a line of the tree. Times are milliseconds since the epoch. */
export interface TreeTask {
  readonly path: string;
  readonly what: string;
  readonly status: TaskStatus;
  readonly attempts: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly costNanos: NanoUsd;
  /** Why it waits, how it failed, how far it is. */
  readonly note: string;
}

/** A run as its tree shows it. */
export interface RunTree {
  readonly status: RunStatus;
  readonly note: string;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  readonly costNanos: NanoUsd;
  readonly tasks: ReadonlyMap<string, TreeTask>;
}

export const emptyTree: RunTree = {
  status: 'PENDING',
  note: '',
  startedAt: null,
  finishedAt: null,
  costNanos: 0,
  tasks: new Map(),
};

/** The tree of a run as it was read. */
export function treeOf(run: RunDetails): RunTree {
  return {
    status: run.status,
    note: run.waitingFor?.detail ?? run.error?.message ?? '',
    startedAt: time(run.startedAt ?? run.createdAt),
    finishedAt: time(run.finishedAt),
    costNanos: parseUsd(run.usage.cost) ?? 0,
    tasks: new Map(run.tasks.map((task) => [task.path, treeTask(task)])),
  };
}

const statusOfEvent: Readonly<Record<string, TaskStatus>> = {
  'task.ready': 'READY',
  'task.started': 'RUNNING',
  'task.retrying': 'WAITING',
  'task.waiting': 'WAITING',
  'task.succeeded': 'SUCCEEDED',
  'task.failed': 'FAILED',
  'task.skipped': 'SKIPPED',
  'task.cancelled': 'CANCELLED',
  'task.compensating': 'COMPENSATING',
  'task.compensated': 'COMPENSATED',
  'task.compensation_failed': 'COMPENSATION_FAILED',
  'task.uncertain': 'UNCERTAIN',
};
const finished: readonly TaskStatus[] = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED', 'COMPENSATED'];

const runStatusOfEvent: Readonly<Record<string, RunStatus>> = {
  'run.planning': 'PLANNING',
  'run.started': 'RUNNING',
  'run.waiting': 'WAITING',
  'run.paused': 'PAUSED',
  'run.resumed': 'RUNNING',
  'run.cancelling': 'CANCELLING',
  'run.rolling_back': 'ROLLING_BACK',
};

/** The tree after an event. Tasks keep the place in which they first appeared. */
export function withEvent(tree: RunTree, event: EventView): RunTree {
  const at = Date.parse(event.at);
  const data = event.data ?? {};
  if (event.taskPath !== null) return withTaskEvent(tree, event.taskPath, event.type, at, data);
  if (event.type === 'run.ended') {
    const note = failureText(data['error']);
    return { ...tree, status: (text(data['status']) ?? tree.status) as RunStatus, note, finishedAt: at };
  }
  const status = runStatusOfEvent[event.type];
  const startedAt = tree.startedAt ?? at;
  if (!status) return { ...tree, startedAt };
  return { ...tree, startedAt, status, note: status === 'WAITING' ? waitText(data['wait']) : '' };
}

/** The tree with names and details that events do not carry. What events said later stays. */
export function withDetails(tree: RunTree, run: RunDetails): RunTree {
  const tasks = new Map<string, TreeTask>();
  for (const task of run.tasks) {
    const read = treeTask(task);
    const known = tree.tasks.get(task.path);
    tasks.set(
      task.path,
      known ? { ...known, what: read.what, costNanos: Math.max(known.costNanos, read.costNanos) } : read,
    );
  }
  for (const [path, task] of tree.tasks) if (!tasks.has(path)) tasks.set(path, task);
  return { ...tree, tasks };
}

function withTaskEvent(tree: RunTree, path: string, type: string, at: number, data: JsonObject): RunTree {
  const before = tree.tasks.get(path) ?? newTask(path);
  const task = taskAfter(before, type, at, data);
  if (task === before && tree.tasks.has(path)) return tree;
  const cost = task.costNanos - before.costNanos;
  const after = { ...tree, costNanos: tree.costNanos + cost, tasks: new Map(tree.tasks).set(path, task) };
  // No event says that a run moves again: its tasks do.
  const moves = tree.status === 'WAITING' && (task.status === 'READY' || task.status === 'RUNNING');
  return moves ? { ...after, status: 'RUNNING', note: '' } : after;
}

function taskAfter(task: TreeTask, type: string, at: number, data: JsonObject): TreeTask {
  if (type === 'task.progress')
    return { ...task, note: `${number(data['done'])} of ${number(data['total'])}` };
  if (type === 'model.call')
    return { ...task, costNanos: task.costNanos + (parseUsd(text(data['cost']) ?? '') ?? 0) };
  const status = statusOfEvent[type];
  if (!status) return task;
  const next = {
    ...task,
    status,
    note: noteOf(type, data),
    finishedAt: finished.includes(status) ? at : null,
  };
  if (type !== 'task.started') return next;
  const attempts = typeof data['attempt'] === 'number' ? data['attempt'] : task.attempts + 1;
  return { ...next, attempts, startedAt: task.startedAt ?? at };
}

function noteOf(type: string, data: JsonObject): string {
  if (type === 'task.waiting') return waitText(data['wait']);
  if (type === 'task.retrying') return `retrying: ${failureText(data['error'])}`;
  return failureText(data['error']);
}

function newTask(path: string): TreeTask {
  return {
    path,
    what: '',
    status: 'PENDING',
    attempts: 0,
    startedAt: null,
    finishedAt: null,
    costNanos: 0,
    note: '',
  };
}

function treeTask(task: TaskView): TreeTask {
  return {
    path: task.path,
    what: task.tool ?? (task.agent === null ? task.kind.toLowerCase() : `agent ${task.agent}`),
    status: task.status,
    attempts: task.attempts.length,
    startedAt: time(task.startedAt),
    finishedAt: time(task.finishedAt),
    costNanos: parseUsd(task.usage.cost) ?? 0,
    note: [noteOfTask(task), task.progress ? `${task.progress.done} of ${task.progress.total}` : '']
      .filter((part) => part !== '')
      .join('  '),
  };
}

function noteOfTask({ error, waitingFor, status }: TaskView): string {
  if (error && status === 'UNCERTAIN') return [error.message, error.hint].filter(Boolean).join('; ');
  return error ? `${error.code}: ${error.message}` : (waitingFor?.detail ?? '');
}

function failureText(value: unknown): string {
  const { code, message } = (value ?? {}) as { code?: unknown; message?: unknown };
  return [text(code), text(message)].filter(Boolean).join(': ');
}

function waitText(value: unknown): string {
  const { kind, detail } = (value ?? {}) as { kind?: unknown; detail?: unknown };
  return text(detail) ?? text(kind) ?? '';
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): string {
  return typeof value === 'number' ? String(value) : '?';
}

function time(value: string | null): number | null {
  return value === null ? null : Date.parse(value);
}
