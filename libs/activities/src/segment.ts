import type { Attempt, StoredValue, TaskPatch } from '#contracts';
import { inlineLimitBytes, innerPath } from '#contracts';
import type { Ask, EngineEvent, EngineState } from '#plan';
import {
  advance,
  asked,
  engineVersion,
  fingerprintOf,
  nodeOf,
  planIndex,
  retryDelay,
  startable,
  storedEnvironment,
  taskEnded,
} from '#plan';
import { failpoint } from '#failpoints';
import type { Store } from '#store';
import type { SegmentInput, SegmentResult } from '#workflows';
import { answerAsk } from './evaluation.js';
import type { PlanCache } from './plan-cache.js';
import { createSegmentWriter } from './segment-writer.js';
import type { StepResult } from './step.js';
import type { StepRunner } from './step-runner.js';
import { anySignal } from './stop-list.js';
import type { StopList } from './stop-list.js';

export interface SegmentDeps {
  readonly store: Store;
  readonly plans: PlanCache;
  readonly stops: StopList;
  readonly runStep: StepRunner;
  readonly worker: string;
}

/** The activity that carries a segment, as the segment sees it. */
export interface SegmentHost {
  readonly temporalRunId: string;
  /** Aborted when nothing new should start; what runs goes on to its end. */
  readonly drain: AbortSignal;
}

/** Longer back-offs are the workflow's, whose timers cost no worker anything. */
const shortDelayMs = 2_000;
/** A step that takes longer than this is shown as running before it has ended. */
const showStartAfterMs = 100;
const inlineBudgetBytes = 256 * 1024;
const tightLimitBytes = 256;

/**
 * Carries a segment through: drives the engine over its part of the run, does what it says in parallel, and
 * journals each step before anything follows from it. A later attempt takes up the journal where it ends.
 */
export async function runSegment(
  deps: SegmentDeps,
  input: SegmentInput,
  host: SegmentHost,
): Promise<SegmentResult> {
  const { store } = deps;
  const { tenant, runId, path: container, segment } = input;
  const plan = await deps.plans.get(tenant, runId, container);
  const index = planIndex(plan);
  const { epoch, journal } = await store.segments.open({
    tenant,
    runId,
    segmentId: segment,
    temporalRunId: host.temporalRunId,
    engineVersion: String(engineVersion),
  });
  failpoint('segment.opened');
  const writer = createSegmentWriter(store, input, epoch);
  const abandon = new AbortController();
  const cut = anySignal(deps.stops.cutSignal(runId), abandon.signal);
  const all: EngineEvent[] = [];
  const arrived: EngineEvent[] = [];
  const timers = new Map<string, NodeJS.Timeout>();
  const evaluating = new Set<string>();
  let state: EngineState = input.slice;
  let inlineBytes = JSON.stringify(input.slice).length;
  let running = 0;
  let showStart: NodeJS.Timeout | undefined;
  let failed: { error: unknown } | null = null;
  let wake: () => void = () => undefined;
  const isStopping = (): boolean => host.drain.aborted || cut.aborted;
  const onStop = (): void => wake();
  host.drain.addEventListener('abort', onStop);
  cut.addEventListener('abort', onStop);

  function take(events: readonly EngineEvent[]): void {
    const next = advance(plan, state, events);
    state = next.state;
    all.push(...events);
    writer.note(events, next.emissions);
  }

  function takeUpJournal(): void {
    const events = journal as unknown as EngineEvent[];
    if (events.length === 0) return;
    const next = advance(plan, state, events);
    state = next.state;
    all.push(...events);
    const at = Date.now();
    const interrupted = (state.only ?? []).filter(
      (path) => state.tasks[path]?.status === 'RUNNING' && isStep(path),
    );
    take(interrupted.map((path) => afterLoss(path, at)));
    const waiting = (state.only ?? []).filter((path) => state.tasks[path]?.status === 'WAITING');
    for (const path of waiting) resumeSoon(path, (state.tasks[path]?.until ?? at) - at);
  }

  function isStep(path: string): boolean {
    return index.nodes.get(path)?.task.place !== 'inline';
  }

  function afterLoss(path: string, at: number): EngineEvent {
    const spec = index.nodes.get(path)?.task.spec;
    if (spec?.kind !== 'tool' || spec.effect !== 'unkeyed') return { type: 'lost', path, at };
    const message = `${spec.tool} takes no idempotency key, and its worker was lost while it ran`;
    const attempts = state.tasks[path]?.attempts ?? 1;
    return { type: 'uncertain', path, at, attempts, error: { code: 'INTERNAL', message, retryable: false } };
  }

  function resumeSoon(path: string, delay: number): void {
    if (delay > shortDelayMs || isStopping()) return;
    const due = (): void => {
      timers.delete(path);
      arrive({ type: 'due', path, at: Date.now() });
    };
    timers.set(path, setTimeout(due, Math.max(0, delay)));
  }

  function arrive(...events: EngineEvent[]): void {
    arrived.push(...events);
    wake();
  }

  async function begin(path: string): Promise<void> {
    const { task, scope } = nodeOf(index, path);
    const known = state.tasks[path];
    const attempt = (known?.attempts ?? 0) + 1;
    const startedAt = Date.now();
    take([{ type: 'started', path, at: startedAt, attempt, worker: deps.worker }]);
    writer.patch(startPatch(path, { number: attempt, startedAt, worker: deps.worker }));
    running++;
    if (task.spec.kind === 'tool' && task.spec.effect === 'unkeyed') await writer.write();
    else showStart ??= setTimeout(showStarts, showStartAfterMs);
    const source =
      task.spec.kind === 'tool' ? task.spec.with : task.spec.kind === 'model' ? task.spec.call : null;
    const result = await deps.runStep({
      tenant,
      runId,
      path: innerPath(container, path),
      task,
      environment: storedEnvironment(state, scope, source),
      attempt,
      deadlineAt: task.deadlineMs === undefined ? undefined : (known?.readyAt ?? startedAt) + task.deadlineMs,
      cut,
      inlineLimit: inlineBytes > inlineBudgetBytes ? tightLimitBytes : inlineLimitBytes,
    });
    running--;
    arrive(outcome(path, result, known?.failures ?? 0));
  }

  function showStarts(): void {
    showStart = undefined;
    writer.write().catch(fail);
  }

  function startPatch(path: string, attempt: Attempt): TaskPatch {
    const { task } = nodeOf(index, path);
    const tool = task.spec.kind === 'tool' ? { tool: task.spec.tool } : {};
    return { path, kind: task.kind, attempts: [attempt], ...tool };
  }

  function outcome(path: string, result: StepResult, failures: number): EngineEvent {
    const { task } = nodeOf(index, path);
    const at = Date.now();
    const { attempt, usage } = result;
    const attempts = attempt.number;
    writer.patch({
      ...startPatch(path, attempt),
      ...(result.input ? { input: result.input } : {}),
    });
    if (result.status === 'CUT') return { type: 'cut', path, at, attempts };
    if (result.status === 'SUCCEEDED') {
      inlineBytes += sizeOf(result.output);
      return { type: 'succeeded', path, at, output: result.output, attempts, usage };
    }
    const { error } = result;
    const readyAt = state.tasks[path]?.readyAt ?? at;
    const deadlineAt = task.deadlineMs === undefined ? undefined : readyAt + task.deadlineMs;
    const delay = retryDelay(task.retry, failures + 1, error, at, deadlineAt);
    if (delay === null) return { type: 'failed', path, at, error, attempts, usage };
    resumeSoon(path, delay);
    return { type: 'retrying', path, at, error, attempts, until: at + delay };
  }

  function answer({ path, slot, source, environment }: Ask): void {
    evaluating.add(path);
    void answerAsk(store, { tenant, runId, path: innerPath(container, path) }, source, environment)
      .then((result) => {
        evaluating.delete(path);
        arrive({ type: 'evaluated', path, slot, at: Date.now(), ...result });
      })
      .catch(fail);
  }

  function fail(error: unknown): void {
    failed ??= { error };
    abandon.abort();
    wake();
  }

  /** Nothing runs that could be cut, so the run's cancel is told by what waits: else the workflow would ask again. */
  function cutTheRest(): void {
    const path = state.only?.find((own) => isStep(own) && !taskEnded(state.tasks[own]?.status ?? 'PENDING'));
    if (path === undefined || state.cancelling) return;
    arrive({ type: 'cut', path, at: Date.now(), attempts: state.tasks[path]?.attempts ?? 0 });
  }

  function dispatch(): void {
    if (isStopping()) {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      if (cut.aborted && running === 0) cutTheRest();
      return;
    }
    const own = new Set(state.only);
    for (const path of startable(plan, state)) if (own.has(path) && isStep(path)) begin(path).catch(fail);
    for (const ask of asked(plan, state)) {
      // The run's own output is asked for here only when its last task was one of ours.
      const ours = ask.path === '' || own.has(ask.path);
      if (ours && !evaluating.has(ask.path)) answer(ask);
    }
  }

  try {
    takeUpJournal();
    for (;;) {
      if (failed) throw (failed as { error: unknown }).error;
      if (arrived.length > 0) {
        take(arrived.splice(0));
        await writer.write();
        continue;
      }
      await deps.stops.fresh();
      dispatch();
      if (running + timers.size + evaluating.size === 0 && arrived.length === 0) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (arrived.length > 0 || failed) resolve();
      });
    }
    await writer.write();
    return { events: all, fingerprint: fingerprintOf(state), at: Date.now() };
  } finally {
    abandon.abort();
    clearTimeout(showStart);
    for (const timer of timers.values()) clearTimeout(timer);
    host.drain.removeEventListener('abort', onStop);
    cut.removeEventListener('abort', onStop);
  }
}

function sizeOf(value: StoredValue): number {
  return 'ref' in value ? 100 : JSON.stringify(value.inline).length;
}
