import type { JsonObject, JsonValue, WaitKind, WaitReason } from '#contracts';
import { durationMs } from '../duration.js';
import type { BoundPlan } from './bound-plan.js';
import { startApproval } from './approval.js';
import { openBranch } from './branch.js';
import { completeScope } from './complete.js';
import type { Draft } from './draft.js';
import { isOurs, isStopped, move, nodeAt, openDraft, taskAt } from './draft.js';
import { emission } from './emission.js';
import { end } from './end.js';
import { evaluateOrAsk } from './evaluate-or-ask.js';
import { considerTurn, openLoop } from './loop.js';
import { considerItems, openMap } from './map.js';
import { isContainer } from './plan-index.js';
import type { EngineState, TaskState } from './state.js';
import { openSubPlan } from './sub-plan.js';
import { carried } from './task-state.js';
import { taskEnded } from './transitions.js';

/** Follows up every path whose turn it may be, and every body that may have ended, until nothing more follows. */
export function settle(draft: Draft, at: number): void {
  for (;;) {
    const scope = draft.closing.shift();
    const path = scope === undefined ? draft.queue.shift() : undefined;
    if (scope !== undefined) completeScope(draft, scope, at);
    else if (path !== undefined) consider(draft, path, at);
    else break;
  }
  settlePhase(draft, at);
}

function consider(draft: Draft, path: string, at: number): void {
  const { task, scope, needs } = nodeAt(draft, path);
  if (!isOurs(draft, path) || !draft.scopes[scope]) return;
  const { status, loop, map } = taskAt(draft, path);
  if (status === 'RUNNING' && loop) return considerTurn(draft, path, at);
  if (status === 'RUNNING' && map) return considerItems(draft, path);
  if (status !== 'PENDING' || draft.asks[path]) return;
  if (isStopped(draft, scope)) return end(draft, path, at, { status: 'CANCELLED' });
  if (!needs.every((need) => taskEnded(taskAt(draft, need).status))) return;
  if (task.when === undefined) return becomeReady(draft, path, at);
  const evaluation = evaluateOrAsk(draft, path, scope, 'when', task.when);
  if (evaluation === 'asked') return;
  if ('error' in evaluation) end(draft, path, at, { status: 'FAILED', error: evaluation.error });
  else decideWhen(draft, path, at, evaluation.value);
}

/** What becomes of a task whose `when` is known. */
export function decideWhen(draft: Draft, path: string, at: number, value: JsonValue): void {
  if (value) becomeReady(draft, path, at);
  else end(draft, path, at, { status: 'SKIPPED' });
}

/** A task's needs are met: it may be dispatched, or, where the engine itself performs it, begins. */
export function becomeReady(draft: Draft, path: string, at: number): void {
  const { task } = nodeAt(draft, path);
  const before = taskAt(draft, path);
  const { attempts, failures, readyAt } = before;
  move(draft, path, { status: 'READY', readyAt: readyAt ?? at, attempts, failures, ...carried(before) });
  draft.emissions.push(
    emission('task.ready', at, {
      taskPath: path,
      task: { path, kind: task.kind, title: task.title, status: 'READY', waiting: null },
    }),
  );
  // A whole container is opened by the segment that has it.
  if (isContainer(task) && (task.place === 'inline' || draft.only)) openContainer(draft, path, at);
  else if (task.spec.kind === 'wait') startWait(draft, path, at);
  else if (task.spec.kind === 'approval') startApproval(draft, path, at);
}

/** Begins what the engine itself performs. */
export function openContainer(draft: Draft, path: string, at: number): void {
  const { kind } = nodeAt(draft, path).task.spec;
  if (kind === 'branch') openBranch(draft, path, at);
  else if (kind === 'loop') openLoop(draft, path, at);
  else if (kind === 'map') openMap(draft, path, at);
  else openSubPlan(draft, path, at);
}

function startWait(draft: Draft, path: string, at: number): void {
  const { task, scope } = nodeAt(draft, path);
  if (task.spec.kind !== 'wait') return;
  const evaluation = evaluateOrAsk(draft, path, scope, 'wait', task.spec.for ?? task.spec.until ?? null);
  if (evaluation === 'asked') return;
  if ('error' in evaluation) end(draft, path, at, { status: 'FAILED', error: evaluation.error });
  else waitFor(draft, path, at, evaluation.value);
}

/** Begins a wait whose length or end is known. */
export function waitFor(draft: Draft, path: string, at: number, value: JsonValue): void {
  const { task } = nodeAt(draft, path);
  const isDuration = task.spec.kind === 'wait' && task.spec.for !== undefined;
  const until = isDuration ? addDuration(at, value) : moment(value);
  if (until === null || until > latestMs) {
    const wanted = isDuration ? 'a duration such as 10m' : 'an RFC 3339 time';
    const message = `wait ${path}: ${JSON.stringify(value)} is not ${wanted}`;
    return end(draft, path, at, {
      status: 'FAILED',
      error: { code: 'INVALID_INPUT', message, retryable: false },
    });
  }
  const { readyAt } = taskAt(draft, path);
  move(draft, path, { status: 'WAITING', readyAt, startedAt: at, attempts: 1, until });
  const reason = {
    kind: 'TIMER',
    detail: `waits until ${iso(until)}`,
    since: iso(at),
    until: iso(until),
  } as const;
  draft.emissions.push(
    emission('task.waiting', at, {
      taskPath: path,
      data: { wait: { ...reason } },
      task: { path, kind: 'wait', title: task.title, status: 'WAITING', startedAt: at, waiting: reason },
    }),
  );
}

/** The last moment that a date can be. */
const latestMs = 8_640_000_000_000_000;

function addDuration(at: number, value: JsonValue): number | null {
  if (typeof value === 'number') return value >= 0 ? at + value : null;
  const length = typeof value === 'string' ? durationMs(value) : undefined;
  return length === undefined ? null : at + length;
}

function moment(value: JsonValue): number | null {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}

/** Why nothing moves; null while something does. */
export function waitReason(plan: BoundPlan, state: EngineState): WaitReason | null {
  return state.phase === 'WAITING' ? (firstWaiting(openDraft(plan, state)) ?? null) : null;
}

/** A run is WAITING when nothing runs or can be dispatched and some task waits. */
function settlePhase(draft: Draft, at: number): void {
  if (draft.only || draft.outcome || draft.pauses.length > 0) return;
  const busy =
    draft.segments > 0 ||
    draft.ready.length > 0 ||
    Object.keys(draft.asks).length > 0 ||
    draft.running > restingTasks(draft) ||
    Object.keys(draft.tasks).some((path) => hasBatches(draft, path));
  const waiting = busy ? undefined : firstWaiting(draft);
  const phase = waiting ? 'WAITING' : 'RUNNING';
  if (phase === draft.phase) return;
  draft.phase = phase;
  draft.emissions.push(
    waiting
      ? emission('run.waiting', at, {
          data: { wait: { ...waiting } as JsonObject },
          run: { status: 'WAITING', waiting },
        })
      : { run: { status: 'RUNNING', waiting: null } },
  );
}

/** Tasks that run, but in whose workflows nothing moves. */
function restingTasks(draft: Draft): number {
  if (draft.running === 0) return 0;
  return Object.values(draft.tasks).filter(({ status, rests }) => status === 'RUNNING' && rests).length;
}

/** Whether batches of a map are under way; items that are bodies of this engine tell of themselves. */
function hasBatches(draft: Draft, path: string): boolean {
  const { status, map } = taskAt(draft, path);
  return status === 'RUNNING' && map !== undefined && map.open.some((n) => !draft.scopes[`${path}[${n}]`]);
}

/** What a person can do something about comes first. */
const ranks: readonly WaitKind[] = ['UNCERTAIN', 'APPROVAL', 'BUDGET', 'KILL_SWITCH', 'PAUSED', 'NO_WORKER'];

function rankOf({ status, blocked, rests }: TaskState): number {
  const kind = rests?.kind ?? blocked?.kind ?? (status === 'UNCERTAIN' ? 'UNCERTAIN' : 'TIMER');
  const rank = ranks.indexOf(kind);
  return rank === -1 ? ranks.length : rank;
}

/** For the others the time is only when they are looked at again. */
const showsUntil: ReadonlySet<WaitKind> = new Set(['APPROVAL', 'DEPENDENCY', 'RATE_LIMIT']);

function firstWaiting(draft: Draft): WaitReason | undefined {
  const found = Object.entries(draft.tasks)
    .filter(
      ([, task]) =>
        task.status === 'WAITING' || task.status === 'UNCERTAIN' || (task.status === 'RUNNING' && task.rests),
    )
    .sort(([, a], [, b]) => rankOf(a) - rankOf(b) || (a.until ?? Infinity) - (b.until ?? Infinity))[0];
  if (!found) return undefined;
  const [path, { status, until, readyAt, blocked, rests }] = found;
  if (rests) return { ...rests, detail: `${path}/${rests.detail}` };
  if (blocked) {
    return {
      ...blocked,
      detail: `${path}: ${blocked.detail}`,
      since: iso(readyAt ?? 0),
      ...(showsUntil.has(blocked.kind) && until !== undefined ? { until: iso(until) } : {}),
    } as const;
  }
  if (status === 'UNCERTAIN') {
    return {
      kind: 'UNCERTAIN',
      detail: `${path}: nobody knows whether its effect happened`,
      since: iso(readyAt ?? 0),
    } as const;
  }
  const isTimer = nodeAt(draft, path).task.kind === 'wait';
  return {
    kind: isTimer ? 'TIMER' : 'RETRY_BACKOFF',
    detail: isTimer ? `${path} waits` : `${path} is tried again`,
    since: iso(readyAt ?? 0),
    ...(until === undefined ? {} : { until: iso(until) }),
  } as const;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
