import type { JsonObject, JsonValue, StoredValue } from '#contracts';
import { addUsage, inline, isRef, noUsage } from '#contracts';
import type { BoundPlan } from './bound-plan.js';
import type { Draft } from './draft.js';
import { askPerson, expireApproval } from './approval.js';
import { decideCase } from './branch.js';
import { expire } from './containers.js';
import { askForBudget, budgetSet, decide } from './decide.js';
import { closeDraft, countCall, isStopped, move, nodeAt, openDraft, taskAt, use } from './draft.js';
import { finishRun } from './complete.js';
import type { Emission } from './emission.js';
import { emission } from './emission.js';
import { end, stopScope } from './end.js';
import { hold, lift } from './hold.js';
import { closeTurn, decideTurn } from './loop.js';
import { enterMap, finishMap, itemsEnded, itemsStarted, settleItem } from './map.js';
import { containersOf } from './paths.js';
import { isContainer } from './plan-index.js';
import { ask } from './question.js';
import { retry, skip } from './second-try.js';
import { becomeReady, decideWhen, openContainer, settle, waitFor } from './settle.js';
import { enterSubPlan } from './sub-plan.js';
import type { EngineEvent, EngineState, TaskState } from './state.js';
import { carried } from './task-state.js';
import { taskEnded } from './transitions.js';

export interface Advanced {
  readonly state: EngineState;
  /** In order; one for each thing that readers should come to know. */
  readonly emissions: readonly Emission[];
}

/** A run before anything happened: `start` sets it going. */
export function initialState(
  plan: BoundPlan,
  run: { readonly runId: string; readonly startedAt: number; readonly inputs: StoredValue },
): EngineState {
  return {
    engine: plan.engine,
    runId: run.runId,
    startedAt: run.startedAt,
    phase: 'RUNNING',
    cancelling: false,
    tasks: {},
    scopes: { '': { inputs: run.inputs, left: plan.tasks.length } },
    ready: [],
    asks: {},
    running: 0,
    segments: 0,
    usage: noUsage,
    outcome: null,
  };
}

/**
 * The heart of a run: what happened goes in, the next state and what readers should know come out.
 * Pure: the state that came in is left as it was. Events of tasks that have ended are no news and change nothing.
 */
export function advance(plan: BoundPlan, state: EngineState, events: readonly EngineEvent[]): Advanced {
  const draft = openDraft(plan, state);
  for (const event of events) {
    apply(draft, event);
    settle(draft, event.at);
  }
  return {
    state: closeDraft(draft, state),
    emissions: draft.emissions.map((one) => quietInMaps(draft, one)),
  };
}

/** Tasks of items have rows; readers of events hear of the map's progress only. */
export function quietInMaps(draft: Draft, given: Emission): Emission {
  const path = given.event?.taskPath;
  if (path === undefined || !path.includes('[')) return given;
  const inMap = containersOf(path).some((container) => nodeAt(draft, container).task.kind === 'map');
  return inMap ? { ...given, event: undefined } : given;
}

function apply(draft: Draft, event: EngineEvent): void {
  if (event.type === 'start') return start(draft, event.at);
  if (event.type === 'cancel') return cancel(draft, event.at);
  if (event.type === 'rollback') return rollback(draft, event);
  if (event.type === 'overdrawn') return askForBudget(draft, event.at, event.detail);
  if (event.type === 'budget') return budgetSet(draft, event.at);
  if (event.type === 'decided') return decide(draft, event);
  if (event.type === 'evaluated') return evaluated(draft, event);
  if (event.type === 'pause') return hold(draft, event.at, event.pause);
  if (event.type === 'resume') return lift(draft, event.at, event.sources);
  if (event.type === 'nudge') return nudge(draft, event.at);
  if (event.type === 'items started') return itemsStarted(draft, event);
  if (event.type === 'items ended') return itemsEnded(draft, event);
  if (event.type === 'retry') return retry(draft, event);
  if (event.type === 'skip') return skip(draft, event);
  if ('call' in event) countCall(draft, event.call);
  const task = taskAt(draft, event.path);
  if (taskEnded(task.status)) return;
  switch (event.type) {
    case 'started':
      return started(draft, event, task);
    case 'succeeded':
    case 'failed': {
      const { attempts, usage } = event;
      const result = event.type === 'succeeded' ? { output: event.output } : { error: event.error };
      const status = event.type === 'succeeded' ? 'SUCCEEDED' : 'FAILED';
      const unknown = event.type === 'failed' && event.unknown ? { unknown: true as const } : {};
      return end(draft, event.path, event.at, { status, attempts, usage, ...result, ...unknown });
    }
    case 'cut':
      return cut(draft, event);
    case 'retrying':
      return retrying(draft, event, task);
    case 'lost':
      return move(draft, event.path, { ...task, status: 'READY', unknown: true });
    case 'uncertain':
      return uncertain(draft, event, task);
    case 'rests':
      return rests(draft, event, task);
    case 'blocked':
      return blocked(draft, event, task);
    case 'expired':
      return expireApproval(draft, event.path, event.at);
    case 'due':
      return due(draft, event.path, event.at, task);
  }
}

function start(draft: Draft, at: number): void {
  draft.emissions.push(
    emission('run.started', at, { run: { status: 'RUNNING', startedAt: at, waiting: null } }),
  );
  draft.queue.push(...(draft.index.scope('')?.tasks ?? []));
}

/** In a segment only a run that is being cancelled is cut. Elsewhere an operator may have ended just a child. */
function cut(draft: Draft, { path, at, attempts }: EngineEvent & { type: 'cut' }): void {
  if (draft.only && !draft.cancelling) {
    draft.cancelling = true;
    stopScope(draft, '', at);
    draft.closing.push('');
    if (taskEnded(taskAt(draft, path).status)) return;
  }
  const unknown = taskAt(draft, path).status === 'RUNNING' ? { unknown: true as const } : {};
  if (isStopped(draft, nodeAt(draft, path).scope))
    return end(draft, path, at, { status: 'CANCELLED', attempts, ...unknown });
  const error = { code: 'CANCELLED', message: `the workflow of ${path} was cancelled`, retryable: false };
  end(draft, path, at, { status: 'FAILED', attempts, error });
}

/** Whoever asked for it has said so to the readers; here it only takes effect. */
function cancel(draft: Draft, at: number): void {
  if (draft.outcome || draft.cancelling) return;
  draft.cancelling = true;
  delete draft.asks[''];
  // A cancel is stronger than any hold.
  draft.pauses = [];
  draft.pausedAt = undefined;
  stopScope(draft, '', at);
  draft.closing.push('');
}

/** As a cancel; when all has ended, what was done is taken back. */
function rollback(draft: Draft, { at, by, reason }: EngineEvent & { type: 'rollback' }): void {
  if (draft.outcome) return;
  draft.rollback = { by, ...(reason === undefined ? {} : { reason }) };
  cancel(draft, at);
}

function started(draft: Draft, event: EngineEvent & { type: 'started' }, task: TaskState): void {
  const node = nodeAt(draft, event.path);
  if (isContainer(node.task)) return openContainer(draft, event.path, event.at);
  const startedAt = task.startedAt ?? event.at;
  const { readyAt, failures } = task;
  move(draft, event.path, {
    status: 'RUNNING',
    readyAt,
    startedAt,
    attempts: event.attempt,
    failures,
    ...carried(task),
  });
  draft.emissions.push(
    emission('task.started', event.at, {
      taskPath: event.path,
      data: { attempt: event.attempt, ...(event.worker === undefined ? {} : { worker: event.worker }) },
      task: { path: event.path, kind: node.task.kind, title: node.task.title, status: 'RUNNING', startedAt },
    }),
  );
}

function retrying(draft: Draft, event: EngineEvent & { type: 'retrying' }, task: TaskState): void {
  const { path, at, attempts, error, until } = event;
  const time = new Date(until).toISOString();
  use(draft, event.usage);
  const { blocked: _, ...rest } = task;
  const usage = event.usage ? addUsage(task.usage ?? noUsage, event.usage) : task.usage;
  move(draft, path, {
    ...rest,
    status: 'WAITING',
    attempts,
    failures: (task.failures ?? 0) + 1,
    until,
    ...(event.unknown ? { unknown: true } : {}),
    ...(usage ? { usage } : {}),
  });
  draft.emissions.push(
    emission('task.retrying', at, {
      taskPath: path,
      data: { attempt: attempts + 1, at: time, error: { ...error } as never },
      task: {
        path,
        kind: nodeAt(draft, path).task.kind,
        status: 'WAITING',
        waiting: {
          kind: 'RETRY_BACKOFF',
          detail: `attempt ${attempts} failed (${error.code}): ${error.message}`,
          since: new Date(at).toISOString(),
          until: time,
        },
      },
    }),
  );
}

function uncertain(draft: Draft, event: EngineEvent & { type: 'uncertain' }, task: TaskState): void {
  const { path, at, error, attempts } = event;
  const waiting = { kind: 'UNCERTAIN', detail: error.message, since: new Date(at).toISOString() } as const;
  const asked = ask(draft, path, at, {
    kind: 'UNCERTAIN',
    question: `Did the effect of ${path} happen? ${error.message}`,
    context: { inline: { error: { ...error } as never, attempts } },
  });
  move(draft, path, { ...task, status: 'UNCERTAIN', attempts, error, unknown: true, ...asked });
  draft.emissions.push(
    emission('task.uncertain', at, {
      taskPath: path,
      data: { error: { ...error } as never },
      task: { path, kind: nodeAt(draft, path).task.kind, status: 'UNCERTAIN', waiting, error },
    }),
  );
}

function rests(draft: Draft, { path, wait }: EngineEvent & { type: 'rests' }, task: TaskState): void {
  if (task.status !== 'RUNNING') return;
  const { rests: _, ...rest } = task;
  draft.tasks[path] = wait ? { ...rest, rests: wait } : rest;
  draft.emissions.push({ task: { path, kind: nodeAt(draft, path).task.kind, waiting: wait } });
}

/** How long a blocked task is left alone when nobody says that the way is free. */
const lookAgainMs = 30_000;

function blocked(draft: Draft, event: EngineEvent & { type: 'blocked' }, task: TaskState): void {
  const { path, at, wait, attempts } = event;
  // For a person's word it waits as long as it takes.
  const said = wait.until === undefined ? at + lookAgainMs : Math.max(at, Date.parse(wait.until));
  const until = wait.kind === 'APPROVAL' ? {} : { until: said };
  move(draft, path, {
    ...task,
    status: 'WAITING',
    blocked: wait,
    ...until,
    ...(attempts === undefined ? {} : { attempts }),
  });
  const waiting = {
    ...wait,
    since: new Date(task.blocked ? (task.readyAt ?? at) : at).toISOString(),
  };
  draft.emissions.push(
    emission('task.waiting', at, {
      taskPath: path,
      data: { wait: { ...waiting } as JsonObject },
      task: { path, kind: nodeAt(draft, path).task.kind, status: 'WAITING', waiting },
    }),
  );
}

function nudge(draft: Draft, at: number): void {
  for (const [path, task] of Object.entries(draft.tasks)) {
    if (task.status === 'WAITING' && task.blocked && task.blocked.kind !== 'APPROVAL')
      becomeReady(draft, path, at);
  }
}

function due(draft: Draft, path: string, at: number, task: TaskState): void {
  if ((task.status !== 'WAITING' && task.until === undefined) || task.asks !== undefined) return;
  // Its moment was put off by a hold; the timer that was set before it is none.
  if (draft.pauses.length > 0 || (task.until !== undefined && task.until > at + clockSlackMs)) return;
  if (task.status === 'RUNNING') return expire(draft, path, at);
  if (nodeAt(draft, path).task.kind === 'wait') {
    end(draft, path, at, { status: 'SUCCEEDED', output: inline(null), attempts: 1 });
  } else becomeReady(draft, path, at);
}

/** Timers of the server and the clock of workflow tasks agree to this. */
const clockSlackMs = 100;

function evaluated(draft: Draft, event: EngineEvent & { type: 'evaluated' }): void {
  const { path, at, slot, error } = event;
  if (draft.asks[path] !== slot) return;
  delete draft.asks[path];
  const value = event.value ?? inline(null);
  // Of conditions and waits only small values make sense; one that was kept by reference is true, and no time.
  const plain: JsonValue = isRef(value) ? true : value.inline;
  if (path === '') {
    const output = error
      ? ({ status: 'FAILED', at, error } as const)
      : ({ status: 'SUCCEEDED', at, output: value } as const);
    return finishRun(draft, output);
  }
  if (slot === 'item') return settleItem(draft, path, at, error ? { error } : { value });
  if (error) return end(draft, path, at, { status: 'FAILED', error });
  switch (slot) {
    case 'output':
      return end(draft, path, at, { status: 'SUCCEEDED', output: value, attempts: 1 });
    case 'with':
      return enterSubPlan(draft, path, at, value);
    case 'when':
      return decideWhen(draft, path, at, plain);
    case 'question':
      return askPerson(draft, path, at, value);
    case 'wait':
      return waitFor(draft, path, at, plain);
    case 'case':
      return decideCase(draft, path, at, plain);
    case 'while':
      return decideTurn(draft, path, at, plain);
    case 'turn':
      return closeTurn(draft, path, value);
    case 'over':
      return enterMap(
        draft,
        path,
        at,
        value,
        event.count ?? (Array.isArray(plain) ? plain.length : undefined),
      );
    case 'items':
      return finishMap(draft, path, at, value);
  }
}
