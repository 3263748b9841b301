import type { JsonValue } from '#contracts';
import type { Batch, BoundPlan, Collection, EngineEvent, EngineState } from '#plan/engine';
import { nodeOf, planIndex, storedEnvironment } from '#plan/engine';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { AllottedBatch } from './allowances.js';
import { activityFailure } from './activity-failure.js';
import { batchActivity, remote } from './run-activities.js';
import type { PlannedRun } from './run-input.js';

/** What maps need done: batches of their items, and their results put together. */
export interface MapWork {
  run(plan: BoundPlan, state: EngineState, batch: Batch & Partial<AllottedBatch>): void;
  collect(collection: Collection): void;
  isCollecting(path: string): boolean;
  /** Lets batches end between two items. */
  stop(): void;
  open(): number;
}

export function createMapWork(input: PlannedRun, tell: (...events: EngineEvent[]) => void): MapWork {
  const scopes = new Set<CancellationScope>();
  const collecting = new Set<string>();
  const { tenant, runId, path: container, planOfGoal } = input;

  async function carry(
    plan: BoundPlan,
    state: EngineState,
    { path, first, count, allowance }: Batch & Partial<AllottedBatch>,
  ): Promise<EngineEvent> {
    const { task } = nodeOf(planIndex(plan), path);
    const body = bodySource(task.spec.kind === 'map' ? task.spec.tasks[0] : undefined);
    const environment = storedEnvironment(plan, state, `${path}[${first}]`, body);
    const run = batchActivity(`${path}[${first}..${first + count - 1}]`);
    try {
      const at = { tenant, runId, path: container, ...(planOfGoal ? { planOfGoal } : {}) };
      const countCalls = state.calls !== undefined;
      const result = await run({ ...at, map: path, first, count, environment, allowance, countCalls });
      return { type: 'items ended', path, at: Date.now(), first, ...result };
    } catch (error) {
      const at = Date.now();
      // What was kept of it is there for whoever takes it up again.
      if (isCancellation(error)) {
        return { type: 'items ended', path, at, first, succeeded: 0, failed: 0, left: count };
      }
      const failure = { ...activityFailure(error), retryable: false };
      return { type: 'items ended', path, at, first, succeeded: 0, failed: count, error: failure };
    }
  }

  return {
    run(plan, state, batch) {
      const scope = new CancellationScope();
      scopes.add(scope);
      void scope
        .run(() => carry(plan, state, batch))
        .then((ended) => {
          scopes.delete(scope);
          tell(ended);
        });
    },
    collect({ path: map, count, succeeded, failed }) {
      collecting.add(map);
      void remote
        .collectItems({ tenant, runId, path: container, map, count, succeeded, failed })
        .catch((error: unknown) => ({ error: activityFailure(error) }))
        .then((result) => {
          collecting.delete(map);
          tell({ type: 'evaluated', path: map, slot: 'items', at: Date.now(), ...result });
        });
    },
    isCollecting: (path) => collecting.has(path),
    stop() {
      for (const scope of scopes) scope.cancel();
    },
    open: () => scopes.size + collecting.size,
  };
}

/** All expressions of a batch's only task. */
function bodySource(
  task: { readonly when?: string | undefined; readonly spec: object } | undefined,
): JsonValue {
  return [task?.when ?? null, JSON.parse(JSON.stringify(task?.spec ?? null)) as JsonValue];
}
