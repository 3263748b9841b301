import type { StoredValue } from '#contracts';
import { innerPath, isRef, searchAttributes, taskQueues, workflowIdOf, workflowTypes } from '#contracts';
import type { EngineEvent } from '#plan/engine';
import {
  evaluate,
  expressionEnvironment,
  formatDuration,
  largestEvaluatedChars,
  missingValues,
  nodeOf,
  planIndex,
  storedEnvironment,
} from '#plan/engine';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { SignalDefinition } from '@temporalio/workflow';
import {
  CancellationScope,
  ParentClosePolicy,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { AgentTaskInput } from './agent/agent-task-input.js';
import { activityFailure } from './activity-failure.js';
import { drain } from './child-report.js';
import { local, remote } from './run-activities.js';
import type { Outgoing } from './outgoing.js';
import type { RunEngine } from './run-engine.js';
import type { PlannedRun, RunInput } from './run-input.js';

const firstLookMs = 30_000;
const longestLookMs = 600_000;
const reportGraceMs = 1_000;

export interface Children {
  start(path: string): void;
  /** Looks after the children of an earlier execution: they report by signal, if they live. */
  reattach(): void;
  cancelAll(): void;
  /** Lets sub-plans end what they have begun, and no more. */
  drainAll(): void;
  /** Passes a signal on to all that run. */
  tellAll<Args extends unknown[]>(signal: SignalDefinition<Args>, ...args: Args): void;
  /** Notes who runs. What builds before this one told is repeated by it, on replay. */
  see(): void;
  /** Lets go of the time limits of children that have ended. */
  settle(): void;
  /** Children that are being started: with these the run is not quiet. */
  starting(): number;
}

/**
 * The child workflows of a run's tasks. They are abandoned on close, so that they outlive a parent that
 * continues as new, and tell their end to the parent's workflow ID.
 */
export function createChildren(
  input: PlannedRun,
  engine: RunEngine,
  tell: (...events: EngineEvent[]) => void,
  outgoing: Outgoing,
): Children {
  let starting = 0;
  let allCancelled = false;
  let seen: readonly string[] = [];
  const { plan } = engine;
  const cancelled = new Set<string>();
  const drained = new Set<string>();
  const limits = new Map<string, CancellationScope>();
  const idOf = (path: string): string => workflowIdOf(input.runId, innerPath(input.path, path));

  async function start(path: string): Promise<void> {
    starting++;
    try {
      const given = await inputsOf(path);
      if (allCancelled || cancelled.has(path))
        return tell({ type: 'cut', path, at: Date.now(), attempts: 0 });
      const { type, options } = childOf(path, given);
      const child = await startChild(type, options);
      // While it was being started there was nobody to tell.
      if (allCancelled || cancelled.has(path)) cancel(path);
      if (drained.has(path)) tellToDrain(path);
      // Its report comes by signal; this is for the child that an operator ends before it can.
      child.result().catch((error: unknown) => tell(endedEarly(path, error)));
    } catch (error) {
      tell(endedEarly(path, error));
    } finally {
      starting--;
    }
  }

  function childOf(path: string, given: StoredValue) {
    const { tenant, runId, priority } = input;
    const task = nodeOf(planIndex(plan), path).task;
    const full = innerPath(input.path, path);
    const pauses = engine.state.pauses ? { pauses: engine.state.pauses } : {};
    const common = { tenant, runId, path: full, reportTo: workflowInfo().workflowId, ...pauses };
    const options = {
      workflowId: idOf(path),
      taskQueue: taskQueues.orchestrator,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${task.title ?? full} (${task.kind})`.slice(0, 200),
      typedSearchAttributes: [
        { key: defineSearchAttributeKey(searchAttributes.runId, 'KEYWORD'), value: runId },
        { key: defineSearchAttributeKey(searchAttributes.tenant, 'KEYWORD'), value: tenant },
      ],
    };
    if (task.spec.kind === 'plan') {
      const { plan: bound } = task.spec;
      const child: RunInput = {
        ...common,
        priority: task.priority ?? priority,
        inputs: given,
        bound,
        ...(input.planOfGoal ? { planOfGoal: input.planOfGoal } : {}),
        ...carried(),
      };
      return { type: workflowTypes.run, options: { ...options, args: [child] } };
    }
    if (task.spec.kind === 'goal') {
      const planRequest = { goal: task.spec.goal, planner: 'auto' };
      const child: RunInput = {
        ...common,
        priority: task.priority ?? priority,
        inputs: given,
        planRequest,
        ...carried(),
      };
      return { type: workflowTypes.run, options: { ...options, args: [child] } };
    }
    if (task.spec.kind !== 'agent') throw new Error(`task ${full} has no child workflow`);
    const agentTask: AgentTaskInput = { ...common, task: given, agent: task.spec.agent, ...carried() };
    return { type: workflowTypes.agentTask, options: { ...options, args: [agentTask] } };
  }

  function carried(): Pick<RunInput, 'continueAfterEvents'> {
    return input.continueAfterEvents === undefined ? {} : { continueAfterEvents: input.continueAfterEvents };
  }

  async function inputsOf(path: string): Promise<StoredValue> {
    const { task, scope } = nodeOf(planIndex(plan), path);
    const { spec } = task;
    const source = spec.kind === 'plan' || spec.kind === 'agent' || spec.kind === 'goal' ? spec.with : null;
    const environment = storedEnvironment(plan, engine.state, scope, source);
    if (missingValues(environment).length === 0) {
      const value = evaluate(source, expressionEnvironment(environment, neverByReference));
      if (JSON.stringify(value).length <= largestEvaluatedChars) return { inline: value };
    }
    const { tenant, runId } = input;
    const taskPath = innerPath(input.path, path);
    const result = await remote.evaluate({ tenant, runId, taskPath, source, environment });
    if ('error' in result)
      throw Object.assign(new Error(result.error.message), { nexus: true, failure: result.error });
    return result.value;
  }

  /** Holds a child to the time-out and deadline of its task. */
  async function limitTime(path: string, startedAt: number): Promise<void> {
    const { timeoutMs = Infinity, deadlineMs = Infinity } = nodeOf(planIndex(plan), path).task;
    const allowedMs = Math.min(timeoutMs, deadlineMs);
    if (allowedMs === Infinity) return;
    const scope = new CancellationScope();
    limits.set(path, scope);
    const heldBefore = engine.state.pausedMs ?? 0;
    const left = (): number => {
      const { pausedMs = 0, pausedAt } = engine.state;
      const heldNow = pausedAt === undefined ? 0 : Math.max(0, Date.now() - pausedAt);
      return startedAt + allowedMs + pausedMs - heldBefore + heldNow - Date.now();
    };
    try {
      // While the run is held, the end moves on with the time.
      for (let wait = left(); ; wait = left()) {
        await scope.run(() => sleep(Math.max(1, wait), { summary: `limit of ${path}` }));
        if (left() <= 0) break;
      }
    } catch (error) {
      if (isCancellation(error)) return;
      throw error;
    }
    const code = timeoutMs <= deadlineMs ? 'TIMEOUT' : 'DEADLINE_EXCEEDED';
    const message = `the task took longer than the ${formatDuration(allowedMs)} that it is given`;
    const error = { code, message, retryable: false, hint: 'Raise `timeout` or `deadline`.' };
    tell({ type: 'failed', path, at: Date.now(), error, attempts: 1 });
    cancel(path);
  }

  /** One that has ended meanwhile cannot be cancelled, and need not be. */
  function cancel(path: string): void {
    cancelled.add(path);
    outgoing.add(getExternalWorkflowHandle(idOf(path)).cancel());
  }

  /** One that has ended needs no telling. */
  function tellToDrain(path: string): void {
    send(path, drain);
  }

  function send<Args extends unknown[]>(path: string, signal: SignalDefinition<Args>, ...args: Args): void {
    outgoing.add(getExternalWorkflowHandle(idOf(path)).signal(signal, ...args));
  }

  async function lookAfter(path: string): Promise<void> {
    for (let wait = firstLookMs; ; wait = Math.min(longestLookMs, wait * 2)) {
      await sleep(wait, { summary: `look after ${path}` });
      if (await local.childIsOpen({ workflowId: idOf(path) })) continue;
      // Its report may be on the way, behind the task of this workflow that asks.
      await sleep(reportGraceMs);
      return tell(endedEarly(path, new Error('its workflow ended without a report')));
    }
  }

  /** Also one that was started since the last news, and, in a new execution, before there is any. */
  function toTell(): readonly string[] {
    const now = running();
    const isSeen = now.length === seen.length && now.every((path, place) => path === seen[place]);
    return isSeen || patched('told-as-they-run') ? now : seen;
  }

  function running(): string[] {
    const { state } = engine;
    const index = planIndex(plan);
    const at = Object.keys(state.tasks).filter(
      (path) => state.tasks[path]?.status === 'RUNNING' && index.node(path)?.task.place === 'child',
    );
    return at.sort((a, b) => nodeOf(index, a).order - nodeOf(index, b).order);
  }

  return {
    start(path) {
      void start(path);
      void limitTime(path, Date.now());
    },
    reattach() {
      for (const path of running()) {
        void lookAfter(path);
        void limitTime(path, engine.state.tasks[path]?.startedAt ?? Date.now());
      }
    },
    cancelAll() {
      allCancelled = true;
      for (const path of running()) cancel(path);
    },
    drainAll() {
      for (const path of running()) {
        if (drained.has(path) || planIndex(plan).node(path)?.task.kind !== 'plan') continue;
        drained.add(path);
        tellToDrain(path);
      }
    },
    tellAll(signal, ...args) {
      for (const path of toTell()) send(path, signal, ...args);
    },
    see: () => void (seen = running()),
    settle() {
      for (const [path, scope] of limits) if (engine.state.tasks[path]?.status !== 'RUNNING') scope.cancel();
    },
    starting: () => starting,
  };
}

function neverByReference(value: StoredValue): never {
  throw new Error(`a value was read before it was loaded: ${isRef(value) ? value.ref : 'inline'}`);
}

function endedEarly(path: string, error: unknown): EngineEvent {
  const at = Date.now();
  if (isCancellation(error)) return { type: 'cut', path, at, attempts: 1 };
  return { type: 'failed', path, at, error: { ...activityFailure(error), retryable: false }, attempts: 1 };
}
