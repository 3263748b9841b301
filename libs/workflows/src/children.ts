import type { StoredValue } from '#contracts';
import { innerPath, isRef, searchAttributes, taskQueues, workflowIdOf, workflowTypes } from '#contracts';
import type { BoundPlan, EngineEvent, EngineState } from '#plan/engine';
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
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { AgentTaskInput } from './agent/agent-task-input.js';
import { activityFailure } from './activity-failure.js';
import { drain } from './child-report.js';
import { local, remote } from './run-activities.js';
import type { PlannedRun, RunInput } from './run-input.js';

const firstLookMs = 30_000;
const longestLookMs = 600_000;
const reportGraceMs = 1_000;

export interface Children {
  start(plan: BoundPlan, state: EngineState, path: string): void;
  /** Looks after the children of an earlier execution: they report by signal, if they live. */
  reattach(plan: BoundPlan, state: EngineState): void;
  cancelAll(plan: BoundPlan, state: EngineState): void;
  /** Lets sub-plans end what they have begun, and no more. */
  drainAll(plan: BoundPlan, state: EngineState): void;
  /** Passes a signal on to all that run. */
  tellAll<Args extends unknown[]>(signal: SignalDefinition<Args>, ...args: Args): void;
  /** The engine's state, whenever it has changed: what the rest is done by. */
  see(plan: BoundPlan, state: EngineState): void;
  /** Lets go of the time limits of children that have ended. */
  settle(state: EngineState): void;
  /** Children that are being started: with these the run is not quiet. */
  starting(): number;
}

/**
 * The child workflows of a run's tasks. They are abandoned on close, so that they outlive a parent that
 * continues as new, and tell their end to the parent's workflow ID.
 */
export function createChildren(input: PlannedRun, tell: (...events: EngineEvent[]) => void): Children {
  let starting = 0;
  let allCancelled = false;
  let seen: { plan: BoundPlan; state: EngineState } | undefined;
  const cancelled = new Set<string>();
  const drained = new Set<string>();
  const limits = new Map<string, CancellationScope>();
  const idOf = (path: string): string => workflowIdOf(input.runId, innerPath(input.path, path));

  async function start(plan: BoundPlan, state: EngineState, path: string): Promise<void> {
    starting++;
    try {
      const given = await inputsOf(plan, state, path);
      if (allCancelled || cancelled.has(path))
        return tell({ type: 'cut', path, at: Date.now(), attempts: 0 });
      const { type, options } = childOf(plan, seen?.state ?? state, path, given);
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

  function childOf(plan: BoundPlan, state: EngineState, path: string, given: StoredValue) {
    const { tenant, runId, priority } = input;
    const task = nodeOf(planIndex(plan), path).task;
    const full = innerPath(input.path, path);
    const pauses = state.pauses ? { pauses: state.pauses } : {};
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

  async function inputsOf(plan: BoundPlan, state: EngineState, path: string): Promise<StoredValue> {
    const { task, scope } = nodeOf(planIndex(plan), path);
    const { spec } = task;
    const source = spec.kind === 'plan' || spec.kind === 'agent' || spec.kind === 'goal' ? spec.with : null;
    const environment = storedEnvironment(plan, state, scope, source);
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
  async function limitTime(plan: BoundPlan, path: string, startedAt: number): Promise<void> {
    const { timeoutMs = Infinity, deadlineMs = Infinity } = nodeOf(planIndex(plan), path).task;
    const allowedMs = Math.min(timeoutMs, deadlineMs);
    if (allowedMs === Infinity) return;
    const scope = new CancellationScope();
    limits.set(path, scope);
    const heldBefore = seen?.state.pausedMs ?? 0;
    const left = (): number => {
      const { pausedMs = 0, pausedAt } = seen?.state ?? {};
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
    getExternalWorkflowHandle(idOf(path))
      .cancel()
      .catch(() => undefined);
  }

  /** One that has ended needs no telling. */
  function tellToDrain(path: string): void {
    getExternalWorkflowHandle(idOf(path))
      .signal(drain)
      .catch(() => undefined);
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

  function running(plan: BoundPlan, state: EngineState): string[] {
    const index = planIndex(plan);
    const at = Object.keys(state.tasks).filter(
      (path) => state.tasks[path]?.status === 'RUNNING' && index.node(path)?.task.place === 'child',
    );
    return at.sort((a, b) => nodeOf(index, a).order - nodeOf(index, b).order);
  }

  return {
    start(plan, state, path) {
      void start(plan, state, path);
      void limitTime(plan, path, Date.now());
    },
    reattach(plan, state) {
      for (const path of running(plan, state)) {
        void lookAfter(path);
        void limitTime(plan, path, state.tasks[path]?.startedAt ?? Date.now());
      }
    },
    cancelAll(plan, state) {
      allCancelled = true;
      for (const path of running(plan, state)) cancel(path);
    },
    drainAll(plan, state) {
      for (const path of running(plan, state)) {
        if (drained.has(path) || planIndex(plan).node(path)?.task.kind !== 'plan') continue;
        drained.add(path);
        tellToDrain(path);
      }
    },
    tellAll(signal, ...args) {
      if (!seen) return;
      for (const path of running(seen.plan, seen.state)) {
        getExternalWorkflowHandle(idOf(path))
          .signal(signal, ...args)
          .catch(() => undefined);
      }
    },
    see: (plan, state) => void (seen = { plan, state }),
    settle(state) {
      for (const [path, scope] of limits) if (state.tasks[path]?.status !== 'RUNNING') scope.cancel();
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
