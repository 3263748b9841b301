import type { JsonValue, StoredValue } from '#contracts';
import { inline, isRef, noUsage } from '#contracts';
import type { BoundPlan } from './bound-plan.js';
import type { Draft } from './draft.js';
import { closeDraft, isStopped, move, nodeAt, openDraft, taskAt } from './draft.js';
import type { Emission } from './emission.js';
import { emission } from './emission.js';
import { completeScope, end, enterScope, finishRun, stopScope } from './scopes.js';
import { becomeReady, decideWhen, settle, waitFor } from './settle.js';
import type { EngineEvent, EngineState, TaskState } from './state.js';
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
  return { state: closeDraft(draft, state), emissions: draft.emissions };
}

function apply(draft: Draft, event: EngineEvent): void {
  if (event.type === 'start') return start(draft, event.at);
  if (event.type === 'cancel') return cancel(draft, event.at);
  if (event.type === 'evaluated') return evaluated(draft, event);
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
      return end(draft, event.path, event.at, { status, attempts, usage, ...result });
    }
    case 'cut':
      return cut(draft, event);
    case 'retrying':
      return retrying(draft, event, task);
    case 'lost':
      return move(draft, event.path, { ...task, status: 'READY' });
    case 'uncertain':
      return uncertain(draft, event, task);
    case 'due':
      return due(draft, event.path, event.at, task);
  }
}

function start(draft: Draft, at: number): void {
  draft.emissions.push(emission('run.started', at, { run: { status: 'RUNNING', startedAt: at } }));
  draft.queue.push(...(draft.index.scopes.get('')?.tasks ?? []));
}

/** In a segment only a run that is being cancelled is cut. Elsewhere an operator may have ended just a child. */
function cut(draft: Draft, { path, at, attempts }: EngineEvent & { type: 'cut' }): void {
  if (draft.only && !draft.cancelling) {
    draft.cancelling = true;
    stopScope(draft, '', at);
    if (taskEnded(taskAt(draft, path).status)) return completeScope(draft, '', at);
  }
  if (isStopped(draft, nodeAt(draft, path).scope))
    return end(draft, path, at, { status: 'CANCELLED', attempts });
  const error = { code: 'CANCELLED', message: `the workflow of ${path} was cancelled`, retryable: false };
  end(draft, path, at, { status: 'FAILED', attempts, error });
}

/** Whoever asked for it has said so to the readers; here it only takes effect. */
function cancel(draft: Draft, at: number): void {
  if (draft.outcome || draft.cancelling) return;
  draft.cancelling = true;
  delete draft.asks[''];
  stopScope(draft, '', at);
  completeScope(draft, '', at);
}

function started(draft: Draft, event: EngineEvent & { type: 'started' }, task: TaskState): void {
  const node = nodeAt(draft, event.path);
  const startedAt = task.startedAt ?? event.at;
  const { readyAt, failures } = task;
  move(draft, event.path, { status: 'RUNNING', readyAt, startedAt, attempts: event.attempt, failures });
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
  const { readyAt, startedAt, failures = 0 } = task;
  move(draft, path, { status: 'WAITING', readyAt, startedAt, attempts, failures: failures + 1, until });
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
  move(draft, path, { ...task, status: 'UNCERTAIN', attempts, error });
  draft.emissions.push(
    emission('task.uncertain', at, {
      taskPath: path,
      data: { error: { ...error } as never },
      task: { path, kind: nodeAt(draft, path).task.kind, status: 'UNCERTAIN', waiting, error },
    }),
  );
}

function due(draft: Draft, path: string, at: number, task: TaskState): void {
  if (task.status !== 'WAITING') return;
  if (nodeAt(draft, path).task.kind === 'wait') {
    end(draft, path, at, { status: 'SUCCEEDED', output: inline(null), attempts: 1 });
  } else becomeReady(draft, path, at);
}

function evaluated(draft: Draft, event: EngineEvent & { type: 'evaluated' }): void {
  const { path, at, slot, error } = event;
  if (draft.asks[path] !== slot) return;
  delete draft.asks[path];
  const value = event.value ?? inline(null);
  if (path === '') {
    const output = error
      ? ({ status: 'FAILED', at, error } as const)
      : ({ status: 'SUCCEEDED', at, output: value } as const);
    return finishRun(draft, output);
  }
  if (error) return end(draft, path, at, { status: 'FAILED', error });
  if (slot === 'output') return end(draft, path, at, { status: 'SUCCEEDED', output: value, attempts: 1 });
  if (slot === 'with') return enterScope(draft, path, at, value);
  // Of a `when` and a wait only small values make sense; one that was kept by reference is true, and no time.
  const plain: JsonValue = isRef(value) ? true : value.inline;
  if (slot === 'when') decideWhen(draft, path, at, plain);
  else waitFor(draft, path, at, plain);
}
