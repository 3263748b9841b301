import type { Pause, PauseSource } from '#contracts';
import type { Draft } from './draft.js';
import { nodeAt, taskAt } from './draft.js';
import type { TaskState } from './state.js';
import { taskEnded } from './transitions.js';

/** Holds the run: one hold of each source, the first of which counts from its beginning. */
export function hold(draft: Draft, at: number, pause: Pause): void {
  if (draft.outcome) return;
  const since = draft.pauses.find(({ source }) => source === pause.source)?.since ?? pause.since;
  draft.pauses = [...draft.pauses.filter(({ source }) => source !== pause.source), { ...pause, since }];
  draft.pausedAt ??= Math.min(at, pause.since);
}

/** Lifts holds; with the last one, what waited goes on as if the time between had not been. */
export function lift(draft: Draft, at: number, sources: readonly PauseSource[] | undefined): void {
  if (draft.pauses.length === 0) return;
  draft.pauses = sources ? draft.pauses.filter(({ source }) => !sources.includes(source)) : [];
  if (draft.pauses.length > 0 || draft.pausedAt === undefined) return;
  const from = draft.pausedAt;
  draft.pausedAt = undefined;
  draft.pausedMs += Math.max(0, at - from);
  for (const [path, task] of Object.entries(draft.tasks)) {
    if (taskEnded(task.status)) continue;
    draft.tasks[path] = shifted(taskAt(draft, path), from, at);
    tellMoment(draft, path);
  }
  draft.emissions.push({ run: { status: draft.phase === 'WAITING' ? 'WAITING' : 'RUNNING', waiting: null } });
  // What it waits for is said anew.
  draft.phase = 'RUNNING';
}

/** A wait ends later than its row says, and there is as much time to answer as there was. */
function tellMoment(draft: Draft, path: string): void {
  const { status, until, startedAt, asks, blocked } = taskAt(draft, path);
  const { kind } = nodeAt(draft, path).task;
  if (status !== 'WAITING' || until === undefined) return;
  const moment = new Date(until).toISOString();
  const times = { since: new Date(startedAt ?? until).toISOString(), until: moment };
  if (kind === 'wait') {
    const waiting = { kind: 'TIMER', detail: `waits until ${moment}`, ...times } as const;
    draft.emissions.push({ task: { path, kind, waiting } });
  }
  if (kind === 'approval' && asks !== undefined) {
    const waiting = { kind: 'APPROVAL', detail: blocked?.detail ?? '', ...times } as const;
    const question = { type: 'extend', path, asks, expiresAt: until } as const;
    draft.emissions.push({ task: { path, kind, waiting }, question });
  }
}

function shifted(task: TaskState, from: number, at: number): TaskState {
  const { readyAt, until } = task;
  const later = (time: number, known: number): number => time + Math.max(0, at - Math.max(from, known));
  return {
    ...task,
    ...(readyAt === undefined ? {} : { readyAt: later(readyAt, readyAt) }),
    ...(until === undefined ? {} : { until: later(until, task.startedAt ?? readyAt ?? from) }),
  };
}
