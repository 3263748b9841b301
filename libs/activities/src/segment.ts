import type { Attempt, StoredValue, TaskPatch } from '#contracts';
import { inlineLimitBytes, innerPath, isNexusError } from '#contracts';
import type { Ask, Emission, EngineEvent, EngineState } from '#plan';
import {
  advance,
  asked,
  engineVersion,
  fingerprintOf,
  planIndex,
  retryDelay,
  runRecordOf,
  startable,
  storedEnvironment,
} from '#plan';
import type { Store } from '#store';
import type { SegmentInput, SegmentResult } from '#workflows';
import type { PlanCache } from './plan-cache.js';
import type { StepResult } from './step.js';
import type { StepRunner } from './step-runner.js';
import { evaluateWithValues } from './step-runner.js';
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
  const { nodes } = planIndex(plan);
  const { epoch, journal } = await store.segments.open({
    tenant,
    runId,
    segmentId: segment,
    temporalRunId: host.temporalRunId,
    engineVersion: String(engineVersion),
  });
  const abandon = new AbortController();
  const cut = AbortSignal.any([deps.stops.cutSignal(runId), abandon.signal]);
  const all: EngineEvent[] = [];
  const arrived: EngineEvent[] = [];
  const timers = new Map<string, NodeJS.Timeout>();
  const evaluating = new Set<string>();
  let state: EngineState = input.slice;
  let inlineBytes = JSON.stringify(input.slice).length;
  let running = 0;
  let unwritten: { events: EngineEvent[]; emissions: Emission[]; patches: TaskPatch[] } = empty();
  let preamble = input.before;
  let showStart: NodeJS.Timeout | undefined;
  let failed: { error: unknown } | null = null;
  let writing: Promise<void> = Promise.resolve();
  let wake: () => void = () => undefined;
  const isStopping = (): boolean => host.drain.aborted || cut.aborted;
  const onStop = (): void => wake();
  host.drain.addEventListener('abort', onStop);
  cut.addEventListener('abort', onStop);

  function take(events: readonly EngineEvent[]): void {
    const next = advance(plan, state, events);
    state = next.state;
    all.push(...events);
    unwritten.events.push(...events);
    unwritten.emissions.push(...next.emissions);
  }

  /** One after the other: what comes later may not be written first. */
  function write(): Promise<void> {
    return (writing = writing.then(writeNow));
  }

  async function writeNow(): Promise<void> {
    clearTimeout(showStart);
    showStart = undefined;
    const { events, emissions, patches } = unwritten;
    if (events.length + emissions.length + patches.length === 0 && !preamble) return;
    unwritten = empty();
    const first = preamble;
    preamble = undefined;
    const record = (given: readonly Emission[]) => ({
      ...withPatches(runRecordOf({ tenant, runId }, container, given), container, patches),
      segment: { id: segment, epoch, journal: events as never[] },
    });
    if (first) {
      const all = record([...first.emissions, ...emissions]);
      const { duplicate } = await store.record({ ...all, once: first.once });
      if (!duplicate) return;
    }
    await store.record(record(emissions));
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
    return nodes.get(path)?.task.place !== 'inline';
  }

  function afterLoss(path: string, at: number): EngineEvent {
    const spec = nodes.get(path)?.task.spec;
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
    const { task, scope } = nodes.get(path)!;
    const known = state.tasks[path];
    const attempt = (known?.attempts ?? 0) + 1;
    const startedAt = Date.now();
    take([{ type: 'started', path, at: startedAt, attempt }]);
    unwritten.patches.push(startPatch(path, { number: attempt, startedAt, worker: deps.worker }));
    running++;
    if (task.spec.kind === 'tool' && task.spec.effect === 'unkeyed') await write();
    else showStart ??= setTimeout(() => write().catch(fail), showStartAfterMs);
    const source =
      task.spec.kind === 'tool' ? task.spec.with : task.spec.kind === 'model' ? task.spec.call : null;
    const result = await deps.runStep({
      tenant,
      runId,
      path: innerPath(container, path),
      task,
      environment: storedEnvironment(plan, state, scope, source),
      attempt,
      deadlineAt: task.deadlineMs === undefined ? undefined : (known?.readyAt ?? startedAt) + task.deadlineMs,
      cut,
      inlineLimit: inlineBytes > inlineBudgetBytes ? tightLimitBytes : inlineLimitBytes,
    });
    running--;
    arrive(outcome(path, result, known?.failures ?? 0));
  }

  function startPatch(path: string, attempt: Attempt): TaskPatch {
    const { task } = nodes.get(path)!;
    const tool = task.spec.kind === 'tool' ? { tool: task.spec.tool } : {};
    return { path, kind: task.kind, attempts: [attempt], ...tool };
  }

  function outcome(path: string, result: StepResult, failures: number): EngineEvent {
    const { task } = nodes.get(path)!;
    const at = Date.now();
    const { attempt, usage } = result;
    const attempts = attempt.number;
    unwritten.patches.push({
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
    void evaluateWithValues(store, tenant, source, environment)
      .then(
        async (value) => ({
          value: await store.values.put(tenant, runId, innerPath(container, path), value, inlineLimitBytes),
        }),
        (error: unknown) => ({
          error: isNexusError(error)
            ? error.failure
            : { code: 'INTERNAL', message: String(error), retryable: false },
        }),
      )
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

  function dispatch(): void {
    if (isStopping()) {
      for (const timer of timers.values()) clearTimeout(timer);
      return timers.clear();
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
        await write();
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
    await write();
    return { events: all, fingerprint: fingerprintOf(state), at: Date.now() };
  } finally {
    abandon.abort();
    clearTimeout(showStart);
    for (const timer of timers.values()) clearTimeout(timer);
    host.drain.removeEventListener('abort', onStop);
    cut.removeEventListener('abort', onStop);
  }
}

function empty(): { events: EngineEvent[]; emissions: Emission[]; patches: TaskPatch[] } {
  return { events: [], emissions: [], patches: [] };
}

function withPatches(
  record: ReturnType<typeof runRecordOf>,
  container: string,
  patches: readonly TaskPatch[],
) {
  return {
    ...record,
    tasks: [...record.tasks, ...patches.map((p) => ({ ...p, path: innerPath(container, p.path) }))],
  };
}

function sizeOf(value: StoredValue): number {
  return 'ref' in value ? 100 : JSON.stringify(value.inline).length;
}
