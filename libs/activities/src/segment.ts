import type { Attempt, StoredValue, TaskPatch } from '#contracts';
import { inlineLimitBytes, innerPath } from '#contracts';
import type { Ask, BoundTask, EngineEvent, EngineState, ToolSpec } from '#plan';
import {
  advance,
  asked,
  engineVersion,
  fingerprintOf,
  isContainer,
  isPartOf,
  nodeOf,
  planIndex,
  retryDelay,
  startable,
  storedEnvironment,
  taskEnded,
} from '#plan';
import { failpoint, plantedBug } from '#failpoints';
import type { Store } from '#store';
import type { SegmentInput, SegmentResult } from '#workflows';
import { callName } from './call-name.js';
import type { Registration } from './effect-register.js';
import { isUndoable } from './effect-register.js';
import { answerAsk } from './evaluation.js';
import type { Reach } from './kill-switch.js';
import { afterDeath, deathsIn, isUnkeyed, uncertain } from './lost-step.js';
import { anySignal } from './named-signals.js';
import type { PlanCache } from './plan-cache.js';
import { createSegmentWriter } from './segment-writer.js';
import type { StepResult } from './step.js';
import type { StepRunner } from './step-runner.js';
import type { StopList } from './stop-list.js';
import type { Admission, Suspects } from './suspects.js';
import { healthOf } from './tool-breakers.js';
import type { ToolBreakers, ToolEntry, ToolPermit } from './tool-breakers.js';

export interface SegmentDeps {
  readonly store: Store;
  readonly plans: PlanCache;
  readonly stops: StopList;
  readonly suspects: Suspects;
  readonly runStep: StepRunner;
  /** Without them every call is made. */
  readonly breakers?: ToolBreakers | undefined;
  readonly worker: string;
}

/** The activity that carries a segment, as the segment sees it. */
export interface SegmentHost {
  readonly temporalRunId: string;
  /** Aborted when nothing new should start; what runs goes on to its end. */
  readonly drain: AbortSignal;
  /** Aborted when the worker can wait no longer: what runs is left, for another worker to begin again. */
  readonly leave: AbortSignal;
}

/** A step under way. */
interface Running {
  readonly reach: Reach;
  readonly admission: Admission;
  /** Why it was switched off, if it was. */
  switchedOff?: string;
  readonly switchOff: AbortController;
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
  const plan = await deps.plans.get(tenant, runId, container, input.planOfGoal);
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
  const deaths = deathsIn(journal as unknown as EngineEvent[]);
  const abandon = new AbortController();
  const cut = anySignal(deps.stops.cutSignal(runId), abandon.signal);
  const all: EngineEvent[] = [];
  const arrived: EngineEvent[] = [];
  const timers = new Map<string, NodeJS.Timeout>();
  const evaluating = new Set<string>();
  let state: EngineState = input.slice;
  let inlineBytes = JSON.stringify(input.slice).length;
  const running = new Map<string, Running>();
  /** Suspected of killing their workers, and waiting to run by themselves. */
  const suspected = new Set<string>();
  /** Whose breakers are being asked. */
  const entering = new Set<string>();
  /** The tools that stand in for those that tasks name. */
  const insteadOf = new Map<string, string>();
  let showStart: NodeJS.Timeout | undefined;
  let failed: { error: unknown } | null = null;
  let wake: () => void = () => undefined;
  const isHeld = (): boolean => !plantedBug('lost-pause') && deps.stops.isHeld(tenant, runId);
  const isStopping = (): boolean => host.drain.aborted || host.leave.aborted || cut.aborted;
  const onStop = (): void => wake();
  const stopping = [host.drain, host.leave, cut];
  for (const signal of stopping) signal.addEventListener('abort', onStop);
  const unwatch = deps.stops.watch(() => {
    switchOff();
    wake();
  });

  function take(events: readonly EngineEvent[]): void {
    const next = advance(plan, state, events);
    // What the run had used when the segment was opened, and what the segment has since; the run's row never falls.
    const used = next.state.usage === state.usage ? [] : [{ run: { usage: next.state.usage } }];
    state = next.state;
    all.push(...events);
    writer.note(events, [...next.emissions, ...used]);
  }

  const members = new Set(input.slice.only);
  /** Also what containers that are here as a whole have brought in. */
  const isOwn = (path: string): boolean => isPartOf(index, members, path);

  function ownTasks(): string[] {
    return [...new Set([...members, ...Object.keys(state.tasks)])].filter(isOwn);
  }

  function takeUpJournal(): void {
    const events = journal as unknown as EngineEvent[];
    if (events.length === 0) return;
    const next = advance(plan, state, events);
    state = next.state;
    all.push(...events);
    const at = Date.now();
    for (const path of ownTasks()) {
      const { status, attempts = 1 } = state.tasks[path] ?? {};
      if (status !== 'RUNNING' || !isStep(path)) continue;
      const died = (deaths.get(path) ?? 0) + 1;
      deaths.set(path, died);
      take([afterDeath({ path, spec: specOf(path), attempts }, died, at)]);
      if (state.tasks[path]?.status === 'READY') writer.patch({ ...taskPatch(path), status: 'READY' });
    }
    const waiting = ownTasks().filter((path) => state.tasks[path]?.status === 'WAITING');
    for (const path of waiting) resumeSoon(path, (state.tasks[path]?.until ?? at) - at);
  }

  function isStep(path: string): boolean {
    return !isContainer(nodeOf(index, path).task);
  }

  function specOf(path: string) {
    return index.node(path)?.task.spec;
  }

  function reachOf(path: string): Reach {
    const spec = specOf(path);
    if (spec?.kind === 'tool') return { tenant, tool: spec.tool };
    const model = spec?.kind === 'model' ? spec.call['model'] : undefined;
    return { tenant, model: typeof model === 'string' ? model : undefined };
  }

  function switchOff(): void {
    for (const step of running.values()) {
      const why = deps.stops.blocked(step.reach);
      if (why === undefined || step.switchedOff !== undefined) continue;
      step.switchedOff = why;
      step.switchOff.abort();
    }
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

  async function begin(path: string, admission: Admission, entry?: ToolPermit): Promise<void> {
    const { task: planned, scope } = nodeOf(index, path);
    const task = withTool(planned, entry?.tool);
    if (task !== planned && entry) insteadOf.set(path, entry.tool);
    else insteadOf.delete(path);
    const known = state.tasks[path];
    const attempt = (known?.attempts ?? 0) + 1;
    const startedAt = Date.now();
    take([{ type: 'started', path, at: startedAt, attempt, worker: deps.worker }]);
    writer.patch(startPatch(path, { number: attempt, startedAt, worker: deps.worker }));
    const step: Running = { reach: reachOf(path), admission, switchOff: new AbortController() };
    running.set(path, step);
    const interrupt = deps.stops.interruptSignal(tenant, runId);
    // After a lost worker it must be known what ran when the next is lost.
    if (epoch > 1 || isUnkeyed(task.spec)) await writer.write();
    else showStart ??= setTimeout(showStarts, showStartAfterMs);
    const source =
      task.spec.kind === 'tool' ? task.spec.with : task.spec.kind === 'model' ? task.spec.call : null;
    const result = await deps.runStep({
      tenant,
      runId,
      path: innerPath(container, path),
      task,
      environment: storedEnvironment(plan, state, scope, source),
      given: known?.input,
      generation: known?.generation,
      attempt,
      ...(isUndoable(task.spec) ? { registration: registrationOf(task.spec, scope) } : {}),
      deadlineAt: task.deadlineMs === undefined ? undefined : (known?.readyAt ?? startedAt) + task.deadlineMs,
      cut: anySignal(cut, interrupt, host.leave, step.switchOff.signal),
      inlineLimit: inlineBytes > inlineBudgetBytes ? tightLimitBytes : inlineLimitBytes,
    });
    running.delete(path);
    admission.leave();
    entry?.permit.end(healthOf(result));
    arrive(outcome(path, step, result, known?.failures ?? 0));
  }

  function registrationOf({ compensate }: ToolSpec, scope: string): Registration {
    const environment = storedEnvironment(plan, state, scope, compensate?.with ?? null);
    return { fence: { segment, epoch }, environment: environment as never, plan: input.planOfGoal };
  }

  function showStarts(): void {
    showStart = undefined;
    writer.write().catch(fail);
  }

  function taskPatch(path: string): TaskPatch {
    const { task } = nodeOf(index, path);
    return {
      path,
      kind: task.kind,
      ...(task.spec.kind === 'tool' ? { tool: insteadOf.get(path) ?? task.spec.tool } : {}),
    };
  }

  function startPatch(path: string, attempt: Attempt): TaskPatch {
    return { ...taskPatch(path), attempts: [attempt] };
  }

  /** What becomes of a step that was told to stop. */
  function stopped(path: string, { switchedOff }: Running, result: StepResult): EngineEvent {
    const at = Date.now();
    const attempts = result.attempt.number;
    if (cut.aborted) return { type: 'cut', path, at, attempts };
    const spec = specOf(path);
    if (isUnkeyed(spec) && result.input)
      return uncertain({ path, spec, attempts }, at, 'it was interrupted while it ran');
    if (switchedOff !== undefined) {
      return { type: 'blocked', path, at, attempts, wait: { kind: 'KILL_SWITCH', detail: switchedOff } };
    }
    writer.patch({ ...taskPatch(path), status: 'READY' });
    return { type: 'lost', path, at };
  }

  function outcome(path: string, step: Running, result: StepResult, failures: number): EngineEvent {
    const { task } = nodeOf(index, path);
    const at = Date.now();
    const { attempt, usage } = result;
    const attempts = attempt.number;
    // Only where somebody counts them.
    const name = state.calls && callName(task, result.input);
    const call = name === undefined ? {} : { call: name };
    writer.patch({
      ...startPatch(path, attempt),
      ...(result.input ? { input: result.input } : {}),
    });
    if (result.status === 'CUT') return stopped(path, step, result);
    if (result.status === 'ASKED') {
      return { type: 'blocked', path, at, attempts, wait: { kind: 'APPROVAL', detail: result.detail } };
    }
    if (result.status === 'WAITS') {
      const { kind, until } = result.wait;
      if (until !== undefined) resumeSoon(path, until - at);
      return {
        type: 'blocked',
        path,
        at,
        attempts,
        wait: { kind, detail: result.detail, ...untilOf(until) },
      };
    }
    if (result.status === 'SUCCEEDED') {
      inlineBytes += sizeOf(result.output);
      return { type: 'succeeded', path, at, output: result.output, attempts, usage, ...call };
    }
    const { error } = result;
    if (result.unknown && isUnkeyed(task.spec)) {
      return uncertain({ path, spec: task.spec, attempts }, at, `its call failed (${error.message})`);
    }
    const unknown = result.unknown ? { unknown: true as const } : {};
    const readyAt = state.tasks[path]?.readyAt ?? at;
    const deadlineAt = task.deadlineMs === undefined ? undefined : readyAt + task.deadlineMs;
    const delay = retryDelay(task.retry, failures + 1, error, at, deadlineAt);
    if (delay === null) return { type: 'failed', path, at, error, attempts, usage, ...call, ...unknown };
    resumeSoon(path, delay);
    return { type: 'retrying', path, at, error, attempts, until: at + delay, usage, ...call, ...unknown };
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
    const path = ownTasks().find((own) => isStep(own) && !taskEnded(state.tasks[own]?.status ?? 'PENDING'));
    if (path === undefined || state.cancelling) return;
    arrive({ type: 'cut', path, at: Date.now(), attempts: state.tasks[path]?.attempts ?? 0 });
  }

  function tryToBegin(path: string): void {
    const detail = deps.stops.blocked(reachOf(path));
    if (detail !== undefined) {
      return arrive({ type: 'blocked', path, at: Date.now(), wait: { kind: 'KILL_SWITCH', detail } });
    }
    const spec = specOf(path);
    if (spec?.kind !== 'tool' || !deps.breakers?.stands(tenant, spec.tool)) return admit(path);
    if (entering.has(path)) return;
    entering.add(path);
    deps.breakers
      .enter(tenant, spec.tool)
      .then((entry) => {
        entering.delete(path);
        entered(path, entry);
        wake();
      })
      .catch(fail);
  }

  function entered(path: string, entry: ToolEntry): void {
    if ('wait' in entry) {
      const at = Date.now();
      const { wait, until } = entry;
      arrive({ type: 'blocked', path, at, wait: { ...wait, ...untilOf(until) } });
      if (until !== undefined) resumeSoon(path, until - at);
    } else if (isStopping() || isHeld() || !startable(plan, state).includes(path)) {
      entry.permit.end({ kind: 'neutral' });
    } else admit(path, entry);
  }

  function admit(path: string, entry?: ToolPermit): void {
    const admission = deps.suspects.admit(deaths.get(path) ?? 0, () => wake());
    if (admission === null) {
      suspected.add(path);
      entry?.permit.end({ kind: 'neutral' });
    } else begin(path, admission, entry).catch(fail);
  }

  function dispatch(): void {
    suspected.clear();
    if (isStopping() || isHeld()) {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      if (cut.aborted && running.size === 0) cutTheRest();
      return;
    }
    for (const path of startable(plan, state)) {
      if (!isOwn(path)) continue;
      if (isStep(path)) tryToBegin(path);
      else arrive({ type: 'started', path, at: Date.now(), attempt: 1 });
    }
    for (const ask of asked(plan, state)) {
      // The run's own output is asked for here only when its last task was one of ours.
      const ours = ask.path === '' || isOwn(ask.path);
      if (ours && !evaluating.has(ask.path)) answer(ask);
    }
  }

  try {
    takeUpJournal();
    if (epoch > 1) await writer.write();
    if (isHeld()) await deps.stops.refresh();
    for (;;) {
      if (failed) throw (failed as { error: unknown }).error;
      if (arrived.length > 0) {
        take(arrived.splice(0));
        await writer.write();
        continue;
      }
      await deps.stops.fresh();
      dispatch();
      const busy = running.size + suspected.size + timers.size + evaluating.size + entering.size;
      if (busy + arrived.length === 0) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (arrived.length > 0 || failed) resolve();
      });
    }
    await writer.write();
    const held = isHeld() && !cut.aborted;
    return { events: all, fingerprint: fingerprintOf(state), at: Date.now(), ...(held ? { held } : {}) };
  } finally {
    unwatch();
    abandon.abort();
    clearTimeout(showStart);
    for (const timer of timers.values()) clearTimeout(timer);
    for (const signal of stopping) signal.removeEventListener('abort', onStop);
    for (const { admission } of running.values()) admission.leave();
  }
}

function untilOf(until: number | undefined) {
  return until === undefined ? {} : { until: new Date(until).toISOString() };
}

function withTool(task: BoundTask, tool: string | undefined): BoundTask {
  if (task.spec.kind !== 'tool' || tool === undefined || task.spec.tool === tool) return task;
  return { ...task, spec: { ...task.spec, tool } };
}

function sizeOf(value: StoredValue): number {
  return 'ref' in value ? 100 : JSON.stringify(value.inline).length;
}
