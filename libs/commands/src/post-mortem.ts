import type { Failure, JsonObject, JsonValue, NanoUsd, RunEvent } from '#contracts';
import type { RunRow } from '#store';
import { causeChain } from './cause-chain.js';
import { leavesOf, undoneTasks, type UndoneTask } from './post-mortem-tasks.js';
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
  /** In their order; where a run has very many, the first and the last of them. */
  readonly events: readonly RunEvent[];
}

/** What the text is made of besides the data. */
export interface PostMortemDetails {
  readonly uncertain: readonly string[];
  readonly undone: readonly UndoneTask[];
  readonly doneCount: number;
  /** Events that were not read. */
  readonly unread: number;
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
  const leaves = leavesOf(tasks);
  const done = leaves.filter(({ status }) => status === 'SUCCEEDED' || status === 'COMPENSATED');
  const undone = undoneTasks({ tasks, leaves, events });
  const facts = {
    timeline: shortened(linesOf(events)),
    causes: causeChain(run, tasks),
    done: done.map(({ path }) => path).slice(0, longestList),
    undone: undone
      .filter(({ items: of }) => of === undefined)
      .map(({ path }) => path)
      .slice(0, longestList),
    cost: run.usage.costNanos,
    stoppedInMs: run.stoppedInMs,
  };
  const uncertain = leaves.filter(({ status }) => status === 'UNCERTAIN').map(({ path }) => path);
  const unread = gaps(events).reduce((sum, { unread: count }) => sum + count, 0);
  const details = { uncertain, undone, doneCount: done.length, unread };
  return { ...facts, markdown: postMortemText(run, facts, details) };
}

/** What is told of the events, and where some of them were not read. */
function linesOf(events: readonly RunEvent[]): TimelineLine[] {
  const missing = new Map(gaps(events).map(({ before, unread }) => [before, unread]));
  return events.flatMap((event) => {
    const unread = missing.get(event.position);
    const gap =
      unread === undefined ? [] : [leftOut(event.at, `${unread} events of the run are left out here`)];
    return isTold(event) ? [...gap, line(event)] : gap;
  });
}

/** Positions have no gaps but those of the reader. */
function gaps(events: readonly RunEvent[]): { readonly before: number; readonly unread: number }[] {
  return events.flatMap(({ position }, index) => {
    const unread = position - (events[index - 1]?.position ?? position - 1) - 1;
    return unread > 0 ? [{ before: position, unread }] : [];
  });
}

function isTold({ type, data }: RunEvent): boolean {
  return (
    type.startsWith('run.') ||
    told.includes(type) ||
    (type === 'task.skipped' && typeof data?.['by'] === 'string')
  );
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
  const at = Date.parse(after[0]?.at ?? '');
  return [...before, leftOut(at, `${lines.length - longestTimeline} more`), ...after];
}

function leftOut(at: number, text: string): TimelineLine {
  return { at: new Date(at).toISOString(), type: '…', taskPath: null, text };
}
