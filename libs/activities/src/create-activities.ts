import type { Failure, JsonObject, JsonValue, StoredValue } from '#contracts';
import { failureOf, inlineLimitBytes, isNexusError } from '#contracts';
import { failpoint, plantedBug } from '#failpoints';
import type { BoundPlan } from '#plan';
import type { BreakerBoard } from '#routing';
import type { Store } from '#store';
import type { ToolRegistry } from '#tools';
import type {
  AgentActivities,
  PlanRequest,
  RollbackActivities,
  RunActivities,
  SegmentInput,
  SegmentResult,
} from '#workflows';
import {
  activityInfo,
  cancellationDetails,
  cancellationSignal,
  Context,
  heartbeat,
} from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { createAgentToolActivity } from './agent-tool.js';
import type { ApprovalPolicy } from './approval-gate.js';
import { closeSegment } from './close-segment.js';
import { collectItems } from './collect-items.js';
import { answerAsk } from './evaluation.js';
import { askForPlan, keepApprovals } from './keep-approvals.js';
import { keepItems } from './keep-items.js';
import { runBatch } from './map-batch.js';
import type { BatchPosition } from './map-batch.js';
import { anySignal } from './named-signals.js';
import type { PlanCache } from './plan-cache.js';
import { rollBack } from './roll-back.js';
import { runSegment } from './segment.js';
import { createSharedValues } from './shared-values.js';
import type { ModelRunner } from './step.js';
import { createStepRunner } from './step-runner.js';
import type { StopList } from './stop-list.js';
import { createSuspects } from './suspects.js';
import { createToolBreakers } from './tool-breakers.js';

export interface ActivityDeps {
  readonly store: Store;
  readonly tools: ToolRegistry;
  readonly model: ModelRunner;
  readonly plans: PlanCache;
  readonly stops: StopList;
  /** Plans a goal, validates and binds what comes. Throws NexusErrors. */
  readonly planGoal: (
    tenant: string,
    runId: string,
    request: PlanRequest,
    inputs: JsonObject,
  ) => Promise<{ document: JsonObject; bound: BoundPlan; inputs: JsonObject; planner: string }>;
  /** Ends a run at once, its workflows included. Without it the run is put on the stop list, for others to end. */
  readonly killRun?: ((tenant: string, runId: string, reason: string) => Promise<void>) | undefined;
  /** Before which tools a person is asked. */
  readonly asksBefore: ApprovalPolicy;
  /** Without them tools have no breakers here. */
  readonly breakers?: { readonly of: (tenant: string) => BreakerBoard } | undefined;
  readonly isWorkflowOpen: (workflowId: string) => Promise<boolean>;
  readonly worker: string;
  /** Aborted when this worker takes up nothing more: what runs may end, the rest is handed on. */
  readonly draining?: AbortSignal | undefined;
}

/** A worker that is lost is noticed when its beats stop. */
const beatMs = 500;

/** All activities of runs, over the ports they need. */
export function createActivities(deps: ActivityDeps): RunActivities & RollbackActivities & AgentActivities {
  const { store } = deps;
  const runStep = createStepRunner(deps);

  const suspects = createSuspects();
  const breakers = deps.breakers && createToolBreakers(deps.breakers, deps.tools);
  const shared = createSharedValues(store);

  async function carry(input: SegmentInput): Promise<SegmentResult> {
    const { isLocal, workflowExecution } = activityInfo();
    const beat = isLocal ? undefined : setInterval(() => heartbeat(), beatMs);
    try {
      const host = { temporalRunId: workflowExecution?.runId ?? '', ...endings(deps.draining) };
      if (input.path !== '') failpoint('child.begun');
      const result = await runSegment({ ...deps, runStep, suspects, breakers }, input, host);
      failpoint(input.path === '' ? 'segment.done' : 'child.done');
      return result;
    } finally {
      clearInterval(beat);
    }
  }

  return typedFailures({
    runSegment: carry,
    runTask: carry,
    closeSegment: (input) => closeSegment(deps, input, activityInfo().workflowExecution?.runId ?? ''),
    async record(record) {
      failpoint('record.before');
      await keepItems(store, record);
      await keepApprovals(store, record);
      await store.record(plantedBug('record-not-once') ? { ...record, once: undefined } : record);
      failpoint('record.after');
    },
    runBatch: async (input) => {
      let position: BatchPosition | undefined;
      const beat = setInterval(() => heartbeat(position), beatMs);
      try {
        const { heartbeatDetails } = activityInfo();
        const host = {
          position: heartbeatDetails as BatchPosition | undefined,
          beat: (now: BatchPosition) => void (position = now),
          ...endings(deps.draining),
        };
        return await runBatch({ ...deps, runStep, shared }, input, host);
      } finally {
        clearInterval(beat);
      }
    },
    collectItems: (input) => collectItems(store, input),
    evaluate: ({ tenant, runId, taskPath, source, environment }) =>
      answerAsk(store, { tenant, runId, path: taskPath }, source, environment),
    async planGoal({ tenant, runId, request, inputs, path = '' }) {
      const beat = setInterval(() => heartbeat(), beatMs);
      try {
        const given = (await store.values.load(tenant, inputs)) as JsonObject;
        if (path === '') await store.record(planning(tenant, runId, request));
        const planned = await deps.planGoal(tenant, runId, request, given);
        // A run that was cancelled meanwhile has ended: nothing more is told of it.
        const { cancelRequested, notFound } = cancellationDetails() ?? {};
        if (cancelRequested || notFound) cancellationSignal().throwIfAborted();
        const kept: StoredValue = await store.values.put(
          tenant,
          runId,
          path,
          planned.inputs,
          inlineLimitBytes,
        );
        const { document: plan, bound, planner } = planned;
        if (path !== '') {
          // Whether what was done is taken back is the run's to say.
          delete (bound as { effects?: unknown }).effects;
          const ref = await store.values.put(tenant, runId, path, bound as unknown as JsonValue, 0);
          return { bound, inputs: kept, planOfGoal: { plan: ref, at: path } };
        }
        await store.runs.setPlan(tenant, runId, { plan, bound, planner, estimate: null, inputs: kept });
        await store.record(planGiven(tenant, runId, planned));
        return { bound, inputs: kept };
      } finally {
        clearInterval(beat);
      }
    },
    async stopRun({ tenant, runId, reason }) {
      await store.runs.requestStop(tenant, runId, 'cut', reason);
    },
    async holdRun({ tenant, runId, pause }) {
      await store.pauses.add(tenant, runId, pause, true);
    },
    async releaseRun({ tenant, runId, sources, by }) {
      await store.pauses.lift(tenant, runId, sources, by);
    },
    async killRun({ tenant, runId, reason }) {
      await (deps.killRun?.(tenant, runId, reason) ??
        store.runs.requestStop(tenant, runId, 'kill', reason, 'a trigger'));
    },
    async keepState({ tenant, runId, state }) {
      const kept = await store.values.put(tenant, runId, undefined, state as unknown as JsonValue, 0);
      await store.runs.keepState(tenant, runId, kept);
    },
    async expireApproval({ tenant, id, keepOpen }) {
      if (keepOpen) return { isOpen: (await store.approvals.get(tenant, id))?.status === 'PENDING' };
      // An attempt before, of which nothing was heard, may have ended it.
      const ended = await store.approvals.expire(tenant, id, Date.now());
      return { isOpen: ended === null || ended.approval.status === 'EXPIRED' };
    },
    askForPlan: (input) => askForPlan(store, input),
    async replacePlan({ tenant, runId, answer, inputs, by }) {
      const [edited, given] = await Promise.all(
        [answer, inputs].map(async (value) => (await store.values.load(tenant, value)) as JsonObject),
      );
      const request = { goal: '', planner: 'person', edited };
      const planned = await deps.planGoal(tenant, runId, request, given ?? {});
      const kept = await store.values.put(tenant, runId, '', planned.inputs, inlineLimitBytes);
      const { document: plan, bound } = planned;
      await store.runs.setPlan(tenant, runId, { plan, bound, planner: by, estimate: null, inputs: kept });
      const once = 'replanned';
      await store.record({ ...planGiven(tenant, runId, { bound, planner: by }), once });
      return { bound, inputs: kept };
    },
    async requestRollback({ tenant, runId, by, reason }) {
      await store.rollbacks.request(tenant, runId, { by, reason, at: Date.now() });
    },
    isRollingBack: ({ tenant, runId }) => store.rollbacks.wanted(tenant, runId),
    childIsOpen: ({ workflowId }) => deps.isWorkflowOpen(workflowId),
    beginRollback: ({ tenant, runId }) => store.rollbacks.begin(tenant, runId),
    async rollBack(of) {
      const beat = setInterval(() => heartbeat(), beatMs);
      try {
        return await rollBack(deps, of, endings(deps.draining));
      } finally {
        clearInterval(beat);
      }
    },
    async endRollback({ tenant, runId }) {
      const ended = await store.rollbacks.end(tenant, runId);
      failpoint('rollback.ended');
      return ended;
    },
    ...createAgentToolActivity(deps, runStep),
  });
}

/** When an activity should begin nothing more, and when it should leave what runs to another worker. */
function endings(draining: AbortSignal | undefined): { drain: AbortSignal; leave: AbortSignal } {
  const context = Context.current();
  const { cancellationSignal: cancelled } = context;
  const leave = new AbortController();
  // Whoever aborts does so outside of the activity, where there is no current context.
  const onCancel = (): void => {
    if (context.cancellationDetails?.workerShutdown) leave.abort();
  };
  if (cancelled.aborted) onCancel();
  else cancelled.addEventListener('abort', onCancel, { once: true });
  return { drain: draining ? anySignal(cancelled, draining) : cancelled, leave: leave.signal };
}

function planning(tenant: string, runId: string, { goal, planner }: PlanRequest) {
  const event = { type: 'run.planning', at: Date.now(), data: { planner, goal } } as const;
  return {
    tenant,
    runId,
    once: 'planning',
    events: [event],
    tasks: [],
    run: { status: 'PLANNING' },
  } as const;
}

function planGiven(tenant: string, runId: string, planned: { bound: BoundPlan; planner: string }) {
  const data = { planner: planned.planner, plan: planned.bound.name, tasks: planned.bound.tasks.length };
  return {
    tenant,
    runId,
    once: 'planned',
    events: [{ type: 'run.planned', at: Date.now(), data }],
    tasks: [],
  } as const;
}

/** Every activity's failures as Temporal knows them: type is the code, details hold the whole. */
function typedFailures<T extends object>(activities: T): T {
  const wrap =
    (run: (...args: unknown[]) => Promise<unknown>) =>
    async (...args: unknown[]) => {
      try {
        return await run(...args);
      } catch (error) {
        throw isNexusError(error) ? applicationFailure(failureOf(error)) : error;
      }
    };
  return Object.fromEntries(Object.entries(activities).map(([name, run]) => [name, wrap(run as never)])) as T;
}

function applicationFailure(failure: Failure): ApplicationFailure {
  return ApplicationFailure.create({
    type: failure.code,
    message: failure.message,
    nonRetryable: !failure.retryable,
    ...(failure.retryAfterMs === undefined ? {} : { nextRetryDelay: failure.retryAfterMs }),
    details: [failure],
  });
}
