import type { Failure, JsonValue } from '#contracts';
import { inlineLimitBytes, innerPath } from '#contracts';
import { failpoint } from '#failpoints';
import type { BoundTask, ItemResult, MapSpec } from '#plan';
import { nodeOf, planIndex, retryDelay } from '#plan';
import type { Store } from '#store';
import type { BatchInput, BatchResult } from '#workflows';
import { createBatchAccount } from './batch-account.js';
import { itemEnvironment, loadedEnvironment } from './batch-environment.js';
import { evaluateWithValues } from './evaluation.js';
import type { Reach } from './kill-switch.js';
import { deathsAllowed, quarantined } from './lost-step.js';
import type { PlanCache } from './plan-cache.js';
import { createRenewedSignal } from './renewed-signal.js';
import type { SharedValues } from './shared-values.js';
import type { StepRunner } from './step-runner.js';
import type { StopList } from './stop-list.js';

export interface BatchDeps {
  readonly store: Store;
  readonly plans: PlanCache;
  readonly stops: StopList;
  readonly runStep: StepRunner;
  readonly shared: SharedValues;
}

/** Where a batch was when it last beat, and how many workers died there. */
export interface BatchPosition {
  readonly index: number;
  readonly deaths: number;
}

/** The activity that carries a batch, as the batch sees it. */
export interface BatchHost {
  /** Of the attempt before this one. */
  readonly position: BatchPosition | undefined;
  readonly beat: (position: BatchPosition) => void;
  /** Aborted when nothing more should start. */
  readonly drain: AbortSignal;
  /** Aborted when another worker should take it from here. */
  readonly leave: AbortSignal;
}

/** Results are written when there are so many, or after so long. */
const flushItems = 500;
const flushMs = 250;
const lookAgainMs = 1_000;
const longWaitMs = 30_000;

/**
 * Does the same for one item of a map after the other. What has ended is kept, item by item: a later attempt goes on
 * behind it. While the run is held the batch waits between two items; while one is at work, a row says so to whoever
 * wants to know whether the run has come to rest. Used up what it may use, it gives back what it has not begun.
 */
export async function runBatch(deps: BatchDeps, input: BatchInput, host: BatchHost): Promise<BatchResult> {
  const { store, stops } = deps;
  const { tenant, runId, path: container, map, first, count } = input;
  const plan = await deps.plans.get(tenant, runId, container, input.planOfGoal);
  const spec = nodeOf(planIndex(plan), map).task.spec as MapSpec;
  const task = onlyTask(spec, map);
  const fullPath = innerPath(container, map);
  const environment = await loadedEnvironment(deps.shared, input, spec.as);
  const kept = await keptResults(store, tenant, runId, fullPath, first, count);
  const account = createBatchAccount(input, await store.mapResults.spent(tenant, runId, fullPath, first));
  const cut = stops.cutSignal(runId);
  const isStopping = (): boolean => cut.aborted || host.drain.aborted;
  const cutSteps = createRenewedSignal(() => [cut, stops.interruptSignal(tenant, runId), host.leave]);
  const reach = reachOf(task, tenant);
  let pending: ItemResult[] = [];
  let pendingFrom = first + kept.length;
  let flushedAt = Date.now();
  let writing: Promise<void> = Promise.resolve();
  let failed = false;
  /** What the row says; of an attempt that was lost it may say anything. */
  let atWork: boolean | undefined;

  async function flush(): Promise<void> {
    await writing;
    if (pending.length === 0) return;
    const [from, results] = [pendingFrom, pending];
    pendingFrom += results.length;
    pending = [];
    flushedAt = Date.now();
    // The next items go on meanwhile; whoever flushes next waits for this.
    const batch = { first, spent: account.spent() as unknown as JsonValue };
    const items = results as unknown as JsonValue[];
    writing = store.mapResults.append(tenant, runId, fullPath, from, items, batch);
    writing.catch(() => undefined);
  }

  async function setAtWork(next: boolean): Promise<void> {
    if (next === atWork) return;
    atWork = next;
    await store.mapResults.setAtWork(tenant, runId, fullPath, first, next);
  }

  const results = [...kept];
  const end = first + count;
  try {
    for (let index = first + kept.length; index < end && !isStopping(); index++) {
      if (host.leave.aborted || account.isUsedUp()) break;
      const before = host.position?.index === index ? host.position : undefined;
      const deaths = before ? before.deaths + 1 : 0;
      host.beat({ index, deaths });
      const result =
        deaths >= deathsAllowed
          ? { status: 'FAILED' as const, output: null, error: quarantined(deaths) }
          : await runItem(index);
      if (result === null) break;
      results.push(result);
      pending.push(result);
      failed ||= result.status === 'FAILED';
      if (pending.length >= flushItems || Date.now() - flushedAt >= flushMs) await flush();
      if (failed && spec.onItemError === 'fail') break;
    }
    await flush();
    await writing;
  } finally {
    cutSteps.end();
    // Of one that ended itself nothing else says that nothing is at work.
    await setAtWork(false);
  }
  if (host.leave.aborted && results.length < count && !isStopping()) {
    throw new Error(
      `the worker ends: another one goes on with ${fullPath} at item ${first + results.length}`,
    );
  }
  const left = failed && spec.onItemError === 'fail' ? 0 : count - results.length;
  return { ...tally(results, first), ...account.spent(), ...(left > 0 ? { left } : {}) };

  /** One item, with its retries; null when it is to be left undone. */
  async function runItem(index: number): Promise<ItemResult | null> {
    failpoint('item.before');
    const itemPath = `${fullPath}[${index}]`;
    const environmentOf = itemEnvironment(environment, spec.as, index, first);
    if (task.when !== undefined && !(await evaluateWithValues(store, tenant, task.when, environmentOf))) {
      return { status: 'SKIPPED', output: null, error: null };
    }
    if (!(await mayStart())) return null;
    // Its time begins when it could begin, and stands still while the run is held.
    let deadlineAt = task.deadlineMs === undefined ? undefined : Date.now() + task.deadlineMs;
    for (let attempt = 1, failures = 0; ; attempt++) {
      const asksAt = Date.now();
      if (!(await mayStart())) return null;
      if (deadlineAt !== undefined) deadlineAt += Date.now() - asksAt;
      const result = await deps.runStep({
        tenant,
        runId,
        path: innerPath(itemPath, task.id),
        task: task,
        environment: environmentOf,
        attempt,
        deadlineAt,
        cut: cutSteps.current(),
        inlineLimit: inlineLimitBytes,
      });
      account.add(task, result.usage, result.input);
      failpoint('item.after');
      if (result.status === 'SUCCEEDED') return { status: 'SUCCEEDED', output: result.output, error: null };
      if (result.status === 'CUT') {
        if (isStopping() || host.leave.aborted) return null;
        continue;
      }
      if (result.status === 'ASKED') return { status: 'FAILED', output: null, error: asks(result.detail) };
      if (result.status === 'WAITS') {
        // Nobody says when: it is looked at again as anything that waits.
        const due = result.wait.until ?? Date.now() + longWaitMs;
        await setAtWork(false);
        await flush();
        await sleep(Math.max(lookAgainMs, due - Date.now()));
        continue;
      }
      failures++;
      const delay = retryDelay(task.retry, failures, result.error, Date.now(), deadlineAt);
      if (delay !== null && account.isUsedUp()) return null;
      if (delay === null) return { status: 'FAILED', output: null, error: result.error };
      await sleep(delay);
    }
  }

  /** Waits until nothing holds the run or what the step reaches; false when it is to stop instead. */
  async function mayStart(): Promise<boolean> {
    await stops.fresh();
    while (stops.isHeld(tenant, runId) || stops.blocked(reach) !== undefined) {
      if (isStopping() || host.leave.aborted) return false;
      await setAtWork(false);
      await flush();
      await sleep(lookAgainMs);
    }
    if (isStopping() || host.leave.aborted) return false;
    await setAtWork(true);
    return true;
  }

  /** Ends early when there is news, or a reason to stop. */
  async function sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        unwatch();
        for (const signal of [cut, host.drain, host.leave]) signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      const unwatch = stops.watch(done);
      for (const signal of [cut, host.drain, host.leave]) signal.addEventListener('abort', done);
    });
  }
}

/** A batch goes on: it is no place to wait for a person. */
function asks(detail: string): Failure {
  const message = `${detail} A person is asked, and a batch cannot wait for the answer`;
  return { code: 'APPROVAL_REJECTED', message, retryable: false, hint: 'Leave out the `batch` of the map.' };
}

async function keptResults(
  store: Store,
  tenant: string,
  runId: string,
  path: string,
  first: number,
  count: number,
): Promise<ItemResult[]> {
  const rows = await store.mapResults.read(tenant, runId, path, first, first + count);
  const kept: ItemResult[] = [];
  for (const row of rows) {
    row.items.forEach((item, n) => {
      const place = row.first + n - first;
      if (place === kept.length && place < count) kept.push(item as unknown as ItemResult);
    });
  }
  return kept;
}

function reachOf({ spec }: BoundTask, tenant: string): Reach {
  if (spec.kind === 'tool') return { tenant, tool: spec.tool };
  const model = spec.kind === 'model' ? spec.call['model'] : undefined;
  return { tenant, model: typeof model === 'string' ? model : undefined };
}

function tally(
  results: readonly ItemResult[],
  first: number,
): {
  succeeded: number;
  failed: number;
  error?: Failure | undefined;
  failedAt?: number | undefined;
} {
  const failedAt = first + results.findIndex(({ status }) => status === 'FAILED');
  const failures = results.filter(({ status }) => status === 'FAILED');
  const error = failures[0]?.error ?? undefined;
  return {
    succeeded: results.length - failures.length,
    failed: failures.length,
    ...(error ? { error, failedAt } : {}),
  };
}

function onlyTask({ tasks: [task] }: MapSpec, map: string): BoundTask {
  if (task === undefined) throw new Error(`${map} has nothing to do`);
  return task;
}
