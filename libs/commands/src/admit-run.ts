import {
  type JsonObject,
  type JsonValue,
  newId,
  type NewRunEvent,
  type Trigger,
  workflowIdOf,
} from '#contracts';
import { failpoint } from '#failpoints';
import type { BoundPlan, PlanDocument } from '#plan';
import { hashOfJson, type NewRun, type RunRow } from '#store';
import type { PlanRequest } from '#workflows';
import type { z } from 'zod';

import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { dispatchOrLeave } from './dispatch.js';
import type { Budget } from './input-fields.js';
import type { Estimator } from './estimator.js';
import { runBudget } from './run-budget.js';
import { runView, type RunView } from './run-view.js';

/** A run that nothing speaks against. What was planned may come with its request: a person is to see it. */
export interface RunRequest {
  readonly operation: 'startGoal' | 'startPlan';
  /** What the caller asked for, as it came: the same key for anything else is a mistake. */
  readonly asked: JsonObject;
  readonly goal: string | null;
  readonly planned: {
    readonly document: PlanDocument;
    readonly bound: BoundPlan;
    readonly planner: string;
  } | null;
  readonly planRequest: PlanRequest | null;
  readonly inputs: JsonValue;
  readonly priority: number;
  readonly labels: readonly string[];
  readonly budget?: z.output<typeof Budget> | null | undefined;
  readonly triggers?: readonly Trigger[] | null | undefined;
  readonly idempotencyKey: string | undefined;
}

/**
 * Stores the run with its first events and its key in one statement, then starts its workflow. Whoever comes second
 * with a key finds the first one's run, and starts its workflow as well unless that is known to be done: the first
 * may have died in between.
 */
export async function admitRun(
  deps: CommandDeps,
  context: CommandContext,
  estimate: Estimator,
  request: RunRequest,
): Promise<RunView> {
  const { store, workflows, now } = deps;
  const { tenant } = context;
  const id = newId('run');
  const inputs = await store.values.put(tenant, id, undefined, request.inputs);
  const triggers = [...(deps.triggers ?? []), ...(request.triggers ?? [])];
  const run: NewRun = {
    id,
    tenant,
    workflowId: workflowIdOf(id),
    createdAt: now(),
    status: request.planned ? 'PENDING' : 'PLANNING',
    goal: request.goal,
    labels: request.labels,
    priority: request.priority,
    planner: request.planned?.planner ?? request.planRequest?.planner ?? null,
    plan: request.planned?.document as JsonValue | undefined,
    bound: request.planned?.bound,
    inputs,
    ...(request.planned && {
      estimate: { ...(await estimate(tenant, request.planned.bound, inputsOf(request))) },
    }),
    ...(request.budget && { budget: runBudget(request.budget) }),
    ...(triggers.length > 0 && { triggers }),
    planRequest: (request.planRequest ?? undefined) as JsonValue | undefined,
  };
  const stored = await store.runs.create(run, firstEvents(run), idempotencyOf(request));
  failpoint('start.stored');
  const bound = stored.created ? (request.planned?.bound ?? null) : await storedBound(deps, stored.run);
  const started = needsStart(stored) ? await dispatchOrLeave(deps, stored.run, bound) : stored.run;
  failpoint('start.dispatched');
  return runView(started, workflows, now());
}

function inputsOf({ inputs }: RunRequest): JsonObject {
  return typeof inputs === 'object' && inputs !== null && !Array.isArray(inputs) ? inputs : {};
}

function needsStart({ run, created }: { readonly run: RunRow; readonly created: boolean }): boolean {
  return created || (run.dispatchedAt === null && run.finishedAt === null);
}

async function storedBound({ store }: CommandDeps, run: RunRow): Promise<BoundPlan | null> {
  return run.dispatchedAt === null
    ? ((await store.runs.bound(run.tenant, run.id)) as BoundPlan | null)
    : null;
}

function idempotencyOf(request: RunRequest): { key: string; fingerprint: string } | undefined {
  const { operation, asked, priority, labels, budget, triggers, idempotencyKey: key } = request;
  if (key === undefined) return undefined;
  // Only what is given takes part, so that keys of requests without it stay what they were.
  const limits = { ...(budget && { budget }), ...(triggers && { triggers }) } as unknown as JsonObject;
  return { key, fingerprint: hashOfJson({ operation, asked, priority, labels: [...labels], ...limits }) };
}

function firstEvents({ createdAt: at, goal, planner, plan }: NewRun): NewRunEvent[] {
  const created: NewRunEvent = { type: 'run.created', at, data: goal == null ? {} : { goal } };
  // Its planning is told of by who does it.
  if (plan === undefined) return [created];
  return [created, { type: 'run.planned', at, data: { planner: planner ?? null } }];
}
