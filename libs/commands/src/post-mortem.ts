import { type Failure, type JsonObject, type JsonValue, type NanoUsd, type RunEvent } from '#contracts';
import type { RunRow } from '#store';
import { postMortemText } from './post-mortem-text.js';
import type { TaskView } from './task-view.js';

/** What became of a run that did not succeed, as data and as a text for people. */
export interface PostMortem {
  readonly markdown: string;
  readonly timeline: readonly TimelineLine[];
  /** The run's failure, then what led to it, nearest first. */
  readonly causes: readonly Failure[];
  /** Paths of tasks that succeeded, and of those that did not. */
  readonly done: readonly string[];
  readonly undone: readonly string[];
  readonly cost: NanoUsd;
  readonly stoppedInMs: number | null;
}

export interface TimelineLine {
  readonly at: string;
  readonly type: string;
  readonly taskPath: string | null;
  readonly text: string;
}

export interface PostMortemFacts {
  readonly run: RunRow;
  readonly tasks: readonly TaskView[];
  readonly events: readonly RunEvent[];
}

const longestTimeline = 200;
const longestList = 1_000;
const told: readonly string[] = [
  'task.failed',
  'task.retrying',
  'task.uncertain',
  'task.cancelled',
  'task.compensated',
  'task.compensation_failed',
  'approval.decided',
  'budget.changed',
  'kill.engaged',
];

/** Made from rows and events alone: the same facts give the same text. */
export function postMortem({ run, tasks, events }: PostMortemFacts): PostMortem {
  const leaves = tasks.filter(({ path }) => !tasks.some((other) => isInside(other.path, path)));
  const succeeded = leaves.filter(({ status }) => status === 'SUCCEEDED' || status === 'COMPENSATED');
  const facts = {
    timeline: shortened(events.filter(isTold).map(line)),
    causes: causeChain(run, tasks),
    done: succeeded.map(({ path }) => path).slice(0, longestList),
    undone: leaves
      .filter((task) => !succeeded.includes(task))
      .map(({ path }) => path)
      .slice(0, longestList),
    cost: run.usage.costNanos,
    stoppedInMs: run.stoppedInMs,
  };
  return { ...facts, markdown: postMortemText(run, leaves, facts) };
}

function isInside(path: string, container: string): boolean {
  return path.startsWith(`${container}/`) || path.startsWith(`${container}[`);
}

function isTold({ type }: RunEvent): boolean {
  return type.startsWith('run.') || told.includes(type);
}

function line({ at, type, taskPath, data }: RunEvent): TimelineLine {
  return { at: new Date(at).toISOString(), type, taskPath: taskPath ?? null, text: textOf(data ?? {}) };
}

/** What of an event's data a person wants to read. */
function textOf(data: JsonObject): string {
  const { error, wait, reason, by, goal, attempt, scope } = data;
  const parts = [
    typeof attempt === 'number' ? `attempt ${attempt}` : null,
    typeof scope === 'string' && scope !== 'RUN' ? `kill switch ${scope}` : null,
    messageOf(error),
    messageOf(wait),
    typeof goal === 'string' ? goal : null,
    typeof reason === 'string' ? reason : null,
    typeof by === 'string' ? `by ${by}` : null,
  ];
  return parts.filter((part) => part !== null && part !== '').join(', ');
}

function messageOf(value: JsonValue | undefined): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { code, kind, message, detail } = value;
  return [code ?? kind, message ?? detail].filter((part) => typeof part === 'string').join(': ');
}

/** The beginning says how it came about, the end how it went; what is left out in between is counted. */
function shortened(lines: readonly TimelineLine[]): TimelineLine[] {
  if (lines.length <= longestTimeline) return [...lines];
  const half = longestTimeline / 2;
  const [before, after] = [lines.slice(0, half), lines.slice(-half)];
  const left = { ...(after[0] as TimelineLine), type: '…', taskPath: null };
  return [...before, { ...left, text: `${lines.length - longestTimeline} more` }, ...after];
}

/** The run's failure and what it names as its causes, down to the failures of the tasks behind it. */
function causeChain(run: RunRow, tasks: readonly TaskView[]): Failure[] {
  const chain: Failure[] = [];
  const follow = (failure: Failure | null | undefined): void => {
    for (let next = failure; next; next = next.cause) {
      const { code, message, taskPath } = next;
      const known = chain.some((one) => one.code === code && one.message === message);
      if (!known) chain.push(next);
      const task = taskPath === undefined ? undefined : tasks.find(({ path }) => path === taskPath);
      if (!known && task?.error) follow({ ...task.error, taskPath: task.error.taskPath ?? task.path });
    }
  };
  follow(run.error);
  // A run may be stopped for another reason than what had gone wrong before.
  for (const { error, path, status } of tasks)
    if (status === 'FAILED' && error) follow({ ...error, taskPath: error.taskPath ?? path });
  return chain.slice(0, 50);
}
