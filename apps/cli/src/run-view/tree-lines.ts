import { formatUsd } from '#contracts';
import type { TaskStatus } from '#contracts';
import { dollars, elapsed } from '../amounts.js';
import { columns, fit } from '../columns.js';
import { plainLine } from '../plain-text.js';
import type { Output } from '../terminal.js';
import { taskMark } from './marks.js';
import type { RunTree, TreeTask } from './run-tree.js';

export interface TreeLook {
  readonly paint: Output['paint'];
  readonly width: number;
  /** Tasks beyond this are counted instead of shown: finished ones go first. */
  readonly maxTasks?: number | undefined;
  /** What time it is, for tasks that still run. */
  readonly now: number;
  /** Which picture of the spinner; none where nothing is redrawn. */
  readonly frame?: number | undefined;
}

/** The tasks of a run, each on a line below its container. */
export function treeLines(tree: RunTree, look: TreeLook): string[] {
  const nested = inTreeOrder([...tree.tasks.values()]);
  const shown = mostTelling(nested, look.maxTasks ?? Infinity);
  const cells = columns(shown.map(({ task, depth }) => taskCells(task, depth, look.now)));
  const lines = shown.map(({ task }, index) => {
    const note = plainLine(task.note);
    const line = fit(`${cells[index] ?? ''}${note === '' ? '' : `  ${note}`}`, look.width - 4);
    const text = dimmed.includes(task.status) ? look.paint('dim', line) : line;
    return `  ${taskMark(task.status, look.paint, look.frame)} ${text}`;
  });
  const hidden = nested.filter((row) => !shown.includes(row));
  if (hidden.length > 0) lines.push(look.paint('dim', fit(`  … ${summary(hidden)}`, look.width)));
  return lines;
}

interface Row {
  readonly task: TreeTask;
  readonly depth: number;
}

const dimmed: readonly TaskStatus[] = ['PENDING', 'SKIPPED', 'CANCELLED'];

function taskCells(task: TreeTask, depth: number, now: number): string[] {
  const duration = task.startedAt === null ? '' : elapsed((task.finishedAt ?? now) - task.startedAt);
  const attempts = task.attempts > 1 ? `attempt ${task.attempts}` : '';
  const cost = task.costNanos > 0 ? dollars(formatUsd(task.costNanos)) : '';
  return [`${'  '.repeat(depth)}${label(task.path)}`, plainLine(task.what), duration, attempts, cost];
}

/** `fix[0]/check` is `[0] check` below `fix`; the only task of a map's item is just `[3]`. */
function label(path: string): string {
  const segments = path.split('/');
  const own = segments.at(-1) ?? path;
  const index = /\[\d+\]$/.exec(segments.at(-2) ?? '')?.[0];
  if (index === undefined) return own;
  return own === 'item' ? index : `${index} ${own}`;
}

/** The container of a task: `fix[0]/check` stands below `fix`. */
function containerOf(path: string): string {
  const container = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  return container.replace(/\[\d+\]$/, '');
}

function inTreeOrder(tasks: readonly TreeTask[]): Row[] {
  const known = new Set(tasks.map((task) => task.path));
  const inside = new Map<string, TreeTask[]>();
  for (const task of tasks) {
    const container = containerOf(task.path);
    const key = known.has(container) ? container : '';
    inside.set(key, [...(inside.get(key) ?? []), task]);
  }
  const below = (container: string, depth: number): Row[] =>
    (inside.get(container) ?? []).flatMap((task) => [{ task, depth }, ...below(task.path, depth + 1)]);
  return below('', 0);
}

/** As many rows as there is room for: what needs a look, then what just ended, then what is to come. */
function mostTelling(rows: readonly Row[], room: number): Row[] {
  if (rows.length <= room) return [...rows];
  const ranked = [...rows].sort((a, b) => rank(a.task) - rank(b.task) || recency(b.task) - recency(a.task));
  const kept = new Set(ranked.slice(0, Math.max(1, room - 1)));
  return rows.filter((row) => kept.has(row));
}

function rank({ status }: TreeTask): number {
  if (status === 'SUCCEEDED' || status === 'SKIPPED' || status === 'CANCELLED') return 1;
  return status === 'PENDING' || status === 'READY' ? 2 : 0;
}

function recency(task: TreeTask): number {
  return task.finishedAt ?? task.startedAt ?? 0;
}

function summary(rows: readonly Row[]): string {
  const counts = new Map<TaskStatus, number>();
  for (const { task } of rows) counts.set(task.status, (counts.get(task.status) ?? 0) + 1);
  const parts = [...counts].map(([status, count]) => `${count} ${status.toLowerCase().replaceAll('_', ' ')}`);
  return `${rows.length} more: ${parts.join(', ')}`;
}
