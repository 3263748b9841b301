import { activityQueue, innerPath, workflowIdOf } from '#contracts';
import type { Pause, RunBudget } from '#contracts';
import type { Batch, Decision, EngineEvent, EngineState, Emission } from '#plan/engine';
import {
  advance,
  asked,
  batches,
  claim,
  collections,
  fold,
  initialState,
  isClaimed,
  isHeld,
  isUnder,
  nextWallTrigger,
  nodeOf,
  planIndex,
  reachedTriggers,
  retryDelay,
  runRecordOf,
  runsLocally,
  segmentMembers,
  sliceOf,
  startable,
  timers,
  waitReason,
} from '#plan/engine';
import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Preamble, SegmentResult } from './activity-interface.js';
import { activityFailure } from './activity-failure.js';
import { childEnded, childRests, drain } from './child-report.js';
import { pauseRequested } from './pause-gate.js';
import type { ChildReport } from './child-report.js';
import { createChildren } from './children.js';
import { currentDetails, summaryOf } from './details.js';
import { triggerReason, usedUp } from './limits.js';
import { createMapWork } from './map-work.js';
import { hearOperators } from './operators.js';
import { local, record as writeRecord, remote, segmentActivity } from './run-activities.js';
import type { PlannedRun, RunInput } from './run-input.js';

/** Replay of a run that opened with a local segment must stay far under its workflow task's time-out. */
const continueAfterEvents = 2_000;

/** Longer than this no history grows, whatever it waits for: Temporal ends one at 51,200. */
const mostEvents = 30_000;
const patienceMs = 20_000;

/** A worker has seen a hold of which the workflow has not heard: it looks again after this. */
const heldBackMs = 1_000;

const cancelled = { code: 'CANCELLED', message: 'the run was cancelled', retryable: false };

/** What has happened since the engine last looked. */
type News =
  | { readonly events: readonly EngineEvent[] }
  | {
      readonly segment: string;
      readonly slice: EngineState;
      readonly result: SegmentResult | { readonly error: unknown };
    };

export interface Driver {
  /** Drives until the run has its outcome, or, with none, until it should continue as new. */
  run(): Promise<EngineState>;
  cancel(reason: string): void;
  /** The input of the next execution. */
  carry(): RunInput;
}

/** The shell around the engine: what it says is done with activities, timers and children, and what those say it is told. */
export function createDriver(input: PlannedRun): Driver {
  const { bound: plan } = input;
  let state =
    input.state ?? initialState(plan, { runId: input.runId, startedAt: Date.now(), inputs: input.inputs });
  let records = input.records ?? 0;
  let segments = input.segments ?? 0;
  let budget = input.budget;
  let fired = input.fired ?? input.state?.fired ?? [];
  let wallTimer: number | undefined;
  let heldBack = false;
  let quietBy: number | undefined;
  let waitedFor: number | undefined;
  let goesOnUntil: number | undefined;
  let told = input.state ? waitReason(plan, input.state) : null;
  const triggers = input.triggers ?? [];
  // Another execution of the same workflow has names of its own: what it does is not what was done before.
  const execution = workflowInfo().runId.slice(-8);
  let unrecorded: Emission[] = [];
  /**
   * What the start alone brings. A local segment writes it before its workflow task stands in history; should that
   * task be tried again and something else come first, the same is told again under the same name.
   */
  let opening: Preamble | undefined;
  let announced: Promise<void> = Promise.resolve();
  const inbox: News[] = [];
  let early: Decision[] = [];
  const open = new Map<string, CancellationScope>();
  const set = new Map<string, CancellationScope>();
  const evaluating = new Set<string>();
  /** Records given to an activity that has not come back: they may not be written yet. */
  const underway = new Map<string, Preamble>();
  const tell = (...events: EngineEvent[]): void => void inbox.push({ events });
  const children = createChildren(input, tell);
  const maps = createMapWork(input, tell);
  const workers = hearOperators(input, children, tell, setBudget);

  setHandler(drain, () => {
    children.drainAll(plan, state);
    tell({ type: 'cancel', at: Date.now() });
  });
  setHandler(childEnded, (report) => tell(afterChild(eventOf(input.path, report))));

  setHandler(childRests, ({ path, wait }) => {
    const own = input.path === '' ? path : path.slice(input.path.length + 1);
    tell({ type: 'rests', path: own, at: Date.now(), wait });
  });

  /** Lets whoever waits for this workflow know whether it waits itself. */
  function tellWhetherItRests(): void {
    const { reportTo, path } = input;
    const now = waitReason(plan, state);
    if (reportTo === undefined || now?.kind === told?.kind || !patched('child-rests')) return;
    told = now;
    getExternalWorkflowHandle(reportTo)
      .signal(childRests, { path, wait: now })
      .catch(() => undefined);
  }

  /** A child that failed by something that passes is started again, as its task says. */
  function afterChild(event: EngineEvent): EngineEvent {
    if (event.type !== 'failed') return event;
    const { path, at, error, usage } = event;
    const { task } = nodeOf(planIndex(plan), path);
    const { failures = 0, readyAt = at, attempts = 1 } = state.tasks[path] ?? {};
    if (task.kind !== 'agent') return event;
    const deadlineAt = task.deadlineMs === undefined ? undefined : readyAt + task.deadlineMs;
    const delay = retryDelay(task.retry, failures + 1, error, at, deadlineAt);
    if (delay === null) return event;
    return { type: 'retrying', path, at, error, attempts, until: at + delay, usage };
  }

  function setBudget(next: RunBudget): void {
    budget = next;
    const late = next.deadline !== undefined && next.deadline <= Date.now();
    if (!late && state.pauses?.some(({ source }) => source === 'BUDGET')) {
      tell({ type: 'resume', at: Date.now(), sources: ['BUDGET'] });
      workers.letGo(['BUDGET'], 'the budget');
    }
    tell({ type: 'nudge', at: Date.now() });
  }

  function begin(): void {
    const at = Date.now();
    const held = (input.pauses ?? []).map((pause): EngineEvent => ({ type: 'pause', at, pause }));
    if (triggers.some(({ on }) => on === 'REPEATED_CALLS')) state = { ...state, calls: {} };
    take(advance(plan, state, [...held, { type: 'start', at }]));
    opening = { once: `${input.path}@${execution}.opening`, emissions: takeUnrecorded() };
  }

  function take(next: { state: EngineState; emissions: readonly Emission[] }): void {
    state = next.state;
    unrecorded.push(...next.emissions);
  }

  function apply(news: News): void {
    if ('events' in news) {
      const events = news.events.filter((event) => !isEarly(event));
      return take(advance(plan, state, events));
    }
    open.delete(news.segment);
    underway.delete(news.segment);
    const at = Date.now();
    const { result, slice } = news;
    const decisions = decidedOf(slice);
    if ('error' in result) return take(fold(plan, state, { slice, events: lost(news, at), at, decisions }));
    const folded = fold(plan, state, { slice, events: result.events, at: result.at, decisions });
    if (result.held && !isHeld(state)) holdBack();
    if (folded.fingerprint !== result.fingerprint) {
      // Thrown as a plain error it fails the workflow task, which is tried again: the right build can go on.
      throw new Error(
        `segment ${news.segment} ended otherwise than its fold: this build's engine is not the one that ran it`,
      );
    }
    take(folded);
  }

  function lost(news: { slice: EngineState; result: unknown }, at: number): EngineEvent[] {
    const { error } = news.result as { error: unknown };
    if (isCancellation(error)) return [];
    const failure = { ...activityFailure(error), retryable: false };
    return news.slice.ready.map((path) => ({ type: 'failed', path, at, error: failure, attempts: 1 }));
  }

  /** A person has seen a task's end that is still on its way here, with its segment: what was decided waits for it. */
  function isEarly(event: EngineEvent): boolean {
    if (event.type !== 'retry' && event.type !== 'skip') return false;
    if (!isClaimed(state, event.path)) return false;
    early.push(event);
    return true;
  }

  function decidedOf({ only = [] }: EngineState): Decision[] {
    const isOf = ({ path }: Decision): boolean => only.some((own) => own === path || isUnder(own, path));
    const decisions = early.filter(isOf);
    early = early.filter((decision) => !isOf(decision));
    return decisions;
  }

  function holdBack(): void {
    heldBack = true;
    void sleep(heldBackMs).then(() => {
      heldBack = false;
      tell();
    });
  }

  function openSegment(members: readonly string[], kind: 'local' | 'segment' | 'task'): void {
    const segment = `${input.path}#${execution}.${++segments}`;
    const slice = sliceOf(plan, state, members);
    state = claim(plan, state, segment, members);
    const before = opening ?? latestRecord();
    opening = undefined;
    if (before) underway.set(segment, before);
    const scope = new CancellationScope();
    open.set(segment, scope);
    const { requires } = nodeOf(planIndex(plan), members[0] ?? '').task;
    const run = segmentActivity(kind, summaryOf(members), activityQueue(requires));
    const { tenant, runId, path } = input;
    const { planOfGoal } = input;
    const given = { tenant, runId, path, segment, slice, before, ...(planOfGoal ? { planOfGoal } : {}) };
    scope
      .run(() => run(given))
      .catch((error: unknown) => {
        if (isCancellation(error) && !patched('close-cancelled')) throw error;
        // Nobody could carry it to its end, or it was cancelled between two attempts: what it came to is in its
        // journal, and who still works at it is shut out.
        const failure = isCancellation(error) ? cancelled : activityFailure(error);
        return remote.closeSegment({ ...given, failure });
      })
      .then(
        (result) => inbox.push({ segment, slice, result }),
        (error: unknown) => inbox.push({ segment, slice, result: { error } }),
      );
  }

  async function dispatch(): Promise<void> {
    const index = planIndex(plan);
    const placeOf = (path: string) => index.node(path)?.task.place;
    keepToBudget();
    const ready = heldBack ? [] : startable(plan, state);
    const asks = asked(plan, state).filter(({ path }) => !evaluating.has(path));
    const short = (path: string): boolean => placeOf(path) === 'segment';
    const isFree = !heldBack && !isHeld(state);
    // A local segment may have run already, by a workflow task that was lost: only opening it anew tells what it did.
    const mayHaveRun = segments === 0 && plan.opensLocal && input.state === undefined && isHeld(state);
    const members =
      mayHaveRun || (isFree && (ready.some(short) || asks.some(({ path }) => short(path))))
        ? segmentMembers(plan, state)
        : [];
    const inSegment = new Set(members);
    const apart = ready.filter((path) => !short(path) && !inSegment.has(path));
    const items = heldBack ? [] : batches(plan, state);
    const results = collections(state).filter(({ path }) => !maps.isCollecting(path));
    const toEvaluate = asks.filter(({ path }) => !inSegment.has(path));
    const alone = apart.length + toEvaluate.length === 0 || (apart.length === 1 && members.length === 0);
    // What was not seen by an activity is written by the next one, where there is just one; else before them.
    const isTwofold = opening !== undefined && unrecorded.length > 0;
    const isFirst = placeOf(apart[0] ?? '') === 'child' || items.length + results.length > 0;
    if (!alone || isTwofold || isFirst) await record();
    if (members.length > 0) openSegment(members, opensLocally(members) ? 'local' : 'segment');
    for (const path of apart) {
      if (placeOf(path) === 'child') {
        const attempt = (state.tasks[path]?.attempts ?? 0) + 1;
        take(advance(plan, state, [{ type: 'started', path, at: Date.now(), attempt }]));
        const workflowId = workflowIdOf(input.runId, innerPath(input.path, path));
        unrecorded.push({ task: { path, kind: nodeOf(index, path).task.kind, workflowId } });
        children.start(plan, state, path);
      } else openSegment([path], 'task');
    }
    for (const batch of items) {
      const started: EngineEvent = {
        type: 'items started',
        path: batch.path,
        at: Date.now(),
        first: batch.first,
      };
      take(advance(plan, state, [started]));
      maps.run(plan, state, batch);
    }
    for (const collection of results) maps.collect(collection);
    for (const ask of toEvaluate) evaluate(ask);
    for (const timer of timers(state)) setTimer(timer);
  }

  /** A budget that is used up stands in the way of whoever would call a model. */
  function keepToBudget(): void {
    const detail = usedUp(state, budget);
    if (detail === null || isHeld(state)) return;
    const index = planIndex(plan);
    const callsModels = ({ path }: Batch): boolean => {
      const { spec } = nodeOf(index, path).task;
      return spec.kind === 'map' && spec.tasks.some(({ kind }) => kind === 'model');
    };
    if (batches(plan, state).some(callsModels)) {
      return holdRun({ source: 'BUDGET', by: 'the budget', reason: detail, since: Date.now() });
    }
    const wait = { kind: 'BUDGET', detail } as const;
    for (const path of startable(plan, state)) {
      const { kind } = nodeOf(index, path).task;
      if (kind !== 'model' && kind !== 'agent') continue;
      take(advance(plan, state, [{ type: 'blocked', path, at: Date.now(), wait }]));
    }
  }

  /** Does what triggers say, and sees to it that those on time are heard. */
  function actOnTriggers(): void {
    const now = Date.now();
    const { tenant, runId } = input;
    if (budget?.deadline !== undefined && budget.deadline <= now && !heldBy('BUDGET')) {
      holdRun({ source: 'BUDGET', by: 'the budget', reason: 'its deadline has passed', since: now });
    }
    const reached = reachedTriggers(state, triggers, fired, now);
    fired = [...fired, ...reached];
    for (const place of reached) {
      const trigger = triggers[place];
      if (!trigger) continue;
      const reason = triggerReason(trigger);
      if (trigger.do === 'KILL') void remote.killRun({ tenant, runId, reason }).catch(() => undefined);
      else holdRun({ source: 'TRIGGER', by: 'a trigger', reason, since: now });
    }
    const due = Math.min(nextWallTrigger(state, triggers, fired) ?? Infinity, deadlineAhead(now));
    if (due === Infinity || due === wallTimer || state.outcome) return;
    wallTimer = due;
    void sleep(Math.max(1, due - now)).then(() => tell());
  }

  function deadlineAhead(now: number): number {
    const { deadline = 0 } = budget ?? {};
    return deadline > now ? deadline : Infinity;
  }

  function heldBy(source: Pause['source']): boolean {
    return state.pauses?.some((pause) => pause.source === source) ?? false;
  }

  function holdRun(pause: Pause): void {
    if (state.outcome || state.cancelling) return;
    take(advance(plan, state, [{ type: 'pause', at: Date.now(), pause }]));
    children.see(plan, state);
    children.tellAll(pauseRequested, pause);
    workers.hold(pause);
  }

  /** Only a run's opening: what a repeated workflow task would open later could be another segment. */
  function opensLocally(members: readonly string[]): boolean {
    return (
      segments === 0 &&
      plan.opensLocal &&
      inbox.length === 0 &&
      !state.cancelling &&
      runsLocally(plan, members)
    );
  }

  function evaluate({ path, slot, source, environment }: ReturnType<typeof asked>[number]): void {
    evaluating.add(path);
    const { tenant, runId } = input;
    void remote
      .evaluate({ tenant, runId, taskPath: innerPath(input.path, path), source, environment })
      .catch((error: unknown) => ({ error: activityFailure(error) }))
      .then((result) => {
        evaluating.delete(path);
        tell({ type: 'evaluated', path, slot, at: Date.now(), ...result });
      });
  }

  function setTimer({ path, until }: { path: string; until: number }): void {
    if (set.has(path)) return;
    const scope = new CancellationScope();
    set.set(path, scope);
    scope
      .run(() => sleep(Math.max(1, until - Date.now()), { summary: path }))
      .then(
        () => {
          set.delete(path);
          tell({ type: 'due', path, at: Date.now() });
        },
        () => set.delete(path),
      );
  }

  /** Ends what need not go on: timers of tasks that wait no more, segments of a run that is to stop. */
  function stopWhatIsOver(): void {
    const waiting = new Set(timers(state).map(({ path }) => path));
    for (const [path, scope] of set) if (!waiting.has(path)) scope.cancel();
    children.settle(state);
    if (!state.cancelling && !state.scopes['']?.failure) return;
    for (const scope of open.values()) scope.cancel();
    maps.stop();
    if (!state.cancelling) children.drainAll(plan, state);
  }

  /** Says that the run is being cancelled, unless the command that did it has said so. */
  async function announce(reason: string): Promise<void> {
    const { tenant, runId } = input;
    const event = { type: 'run.cancelling', at: Date.now(), data: { reason } } as const;
    const once = 'run.cancelling';
    await writeRecord({
      tenant,
      runId,
      once,
      events: [event],
      tasks: [],
      run: { status: 'CANCELLING', waiting: null },
    });
  }

  async function record(): Promise<void> {
    await announced;
    if (!hasUnrecorded()) return;
    // Each is written once, whoever comes first; in order, so that no reader sees a later thing before an earlier.
    const records = [...underway.values(), opening, latestRecord()];
    underway.clear();
    opening = undefined;
    for (const one of records) {
      if (one) await writeRecord({ ...runRecordOf(input, input.path, one.emissions), once: one.once });
    }
  }

  function hasUnrecorded(): boolean {
    return opening !== undefined || unrecorded.length > 0;
  }

  function latestRecord(): Preamble | undefined {
    if (unrecorded.length === 0) return undefined;
    // What it has used so far is shown while it runs.
    if (input.reportTo === undefined) unrecorded.push({ run: { usage: state.usage } });
    return { once: nextRecord(), emissions: takeUnrecorded() };
  }

  /** Before the end is on record: who reads it may have a task tried again. Without it that cannot be, and no more. */
  async function keepState(): Promise<void> {
    if (!patched('keep-state')) return;
    try {
      await remote.keepState({ tenant: input.tenant, runId: input.runId, state: { ...state, fired } });
    } catch (error) {
      log.warn('where the run stood could not be kept', { error });
    }
  }

  function takeUnrecorded(): Emission[] {
    const emissions = unrecorded;
    unrecorded = [];
    return emissions;
  }

  function nextRecord(): string {
    return `${input.path}@${execution}.${++records}`;
  }

  const isLong = (): boolean =>
    workflowInfo().historyLength > (input.continueAfterEvents ?? continueAfterEvents) ||
    workflowInfo().continueAsNewSuggested;
  const isQuiet = (): boolean =>
    open.size + evaluating.size + children.starting() + maps.open() === 0 && !heldBack;

  /**
   * A long history waits for a quiet moment, but not for ever: where something takes long, the rest goes on for a
   * while before it waits again.
   */
  function isHeldUp(): boolean {
    const { historyLength } = workflowInfo();
    if (historyLength > mostEvents || isQuiet() || !patched('long-wait')) return false;
    const now = Date.now();
    quietBy ??= now + patienceMs;
    if (now < quietBy) {
      if (waitedFor !== quietBy) {
        waitedFor = quietBy;
        void sleep(patienceMs).then(() => tell());
      }
      return false;
    }
    goesOnUntil ??= historyLength + (input.continueAfterEvents ?? continueAfterEvents);
    if (historyLength < goesOnUntil) return true;
    [quietBy, goesOnUntil] = [now + patienceMs, undefined];
    return isHeldUp();
  }

  return {
    async run() {
      if (input.state) children.reattach(plan, state);
      else begin();
      if (input.secondTry) take(advance(plan, state, [secondTryEvent(input, Date.now())]));
      children.see(plan, state);
      actOnTriggers();
      while (!state.outcome || open.size > 0) {
        if (!isLong() || isHeldUp()) await dispatch();
        else if (isQuiet() && inbox.length === 0) {
          await record();
          // What came meanwhile belongs to this execution: the next one would not hear of it.
          if (inbox.length === 0) return state;
        }
        stopWhatIsOver();
        if (hasUnrecorded() && inbox.length === 0) await record();
        setCurrentDetails(currentDetails(plan, state));
        await condition(() => inbox.length > 0);
        for (let news = inbox.shift(); news; news = inbox.shift()) apply(news);
        children.see(plan, state);
        actOnTriggers();
        if (!state.outcome) tellWhetherItRests();
      }
      stopWhatIsOver();
      if (state.outcome.status !== 'SUCCEEDED' && input.reportTo === undefined) await keepState();
      await record();
      setCurrentDetails(currentDetails(plan, state));
      return state;
    },
    cancel(reason) {
      const { tenant, runId, reportTo } = input;
      if (reportTo === undefined) {
        void local.stopRun({ tenant, runId, reason });
        announced = announce(reason);
      }
      children.cancelAll(plan, state);
      tell({ type: 'cancel', at: Date.now() });
    },
    carry: () => ({ ...input, state, records, segments, budget, fired, secondTry: undefined }),
  };
}

function secondTryEvent({ path: container, secondTry }: PlannedRun, at: number): EngineEvent {
  if (!secondTry) throw new Error('no second try is asked for');
  const path = container === '' ? secondTry.path : secondTry.path.slice(container.length + 1);
  if (secondTry.kind === 'skip') return { type: 'skip', path, at, output: secondTry.output };
  return { type: 'retry', path, at, ...(secondTry.input ? { input: secondTry.input } : {}) };
}

function eventOf(container: string, { path: full, status, output, error, usage }: ChildReport): EngineEvent {
  const at = Date.now();
  const path = container === '' ? full : full.slice(container.length + 1);
  if (status === 'SUCCEEDED') {
    return { type: 'succeeded', path, at, output: output ?? { inline: null }, attempts: 1, usage };
  }
  if (status === 'CANCELLED') return { type: 'cut', path, at, attempts: 1 };
  const failure = error ?? { code: 'INTERNAL', message: 'the child workflow failed', retryable: false };
  // What a sub-plan calls its task is a task of this path here; an agent names itself.
  const own = failure.taskPath === full ? undefined : failure.taskPath;
  const place =
    failure.taskPath === undefined ? {} : { taskPath: own === undefined ? path : innerPath(path, own) };
  return { type: 'failed', path, at, error: { ...failure, ...place }, attempts: 1, usage };
}
