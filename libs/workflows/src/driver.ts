import { approvalId, innerPath, workflowIdOf } from '#contracts';
import type { EngineEvent, EngineState } from '#plan/engine';
import {
  asked,
  batches,
  collections,
  initialState,
  isHeld,
  nodeOf,
  planIndex,
  runEnd,
  runsLocally,
  segmentMembers,
  startable,
  waitReason,
} from '#plan/engine';
import {
  condition,
  getExternalWorkflowHandle,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import { activityFailure } from './activity-failure.js';
import { eventOfReport } from './child-events.js';
import { childEnded, childRests, drain } from './child-report.js';
import { createChildren } from './children.js';
import { currentDetails } from './details.js';
import { createHistoryLength } from './history-length.js';
import { hearLedger } from './ledger-news.js';
import { createLimitWatch } from './limit-watch.js';
import { createMapWork } from './map-work.js';
import { hearOperators } from './operators.js';
import { createOutgoing } from './outgoing.js';
import { local, persistent, remote } from './run-activities.js';
import { createRunEngine } from './run-engine.js';
import type { PlannedRun, RunInput } from './run-input.js';
import { createRunRecords } from './run-records.js';
import { createSegments } from './segments.js';
import type { SegmentNews } from './segments.js';
import { createTaskTimers } from './task-timers.js';
import { createWorkersHold } from './workers-hold.js';

/** A worker has seen a hold of which the workflow has not heard: it looks again after this. */
const heldBackMs = 1_000;

/** What has happened since the engine last looked. */
type News = { readonly events: readonly EngineEvent[] } | SegmentNews;

export interface Driver {
  /** Drives until the run has its outcome, or, with none, until it should continue as new. */
  run(): Promise<EngineState>;
  cancel(reason: string): void;
  /** The input of the next execution. */
  carry(): RunInput;
}

/** The shell around the engine: what it says is done with activities, timers and children, and what those say it is told. */
export function createDriver(input: PlannedRun): Driver {
  const { bound: plan, tenant, runId } = input;
  // Another execution of the same workflow has names of its own: what it does is not what was done before.
  const execution = workflowInfo().runId.slice(-8);
  let heldBack = false;
  let told = input.state ? waitReason(plan, input.state) : null;
  const inbox: News[] = [];
  const evaluating = new Set<string>();
  const tell = (...events: EngineEvent[]): void => void inbox.push({ events });

  const outgoing = createOutgoing();
  const records = createRunRecords(input, execution, () => engine.state.usage);
  const initial = input.state ?? initialState(plan, { runId, startedAt: Date.now(), inputs: input.inputs });
  const engine = createRunEngine(plan, initial, records.add);
  const segments = createSegments(input, execution, engine, records, (news) => inbox.push(news));
  const timers = createTaskTimers((path) => outgoing.add(due(path)));
  const children = createChildren(input, engine, tell, outgoing);
  const maps = createMapWork(input, tell);
  const workers = createWorkersHold(input, outgoing);
  const limits = createLimitWatch(input, engine, children, tell, workers, outgoing);
  const operators = hearOperators(input, children, tell, workers, limits.setBudget, rollBack);
  if (input.reportTo === undefined) hearLedger(limits);
  const isQuiet = (): boolean =>
    segments.underway() + evaluating.size + children.starting() + maps.open() === 0 && !heldBack;
  const history = createHistoryLength(input, isQuiet, () => tell());

  setHandler(drain, () => {
    children.drainAll();
    tell({ type: 'cancel', at: Date.now() });
  });
  setHandler(childEnded, (report) => tell(eventOfReport(plan, engine.state, input.path, report)));

  setHandler(childRests, ({ path, wait }) => {
    const own = input.path === '' ? path : path.slice(input.path.length + 1);
    tell({ type: 'rests', path: own, at: Date.now(), wait });
  });

  /** What runs is cut, as by a cancel; whoever wants it has said so to the readers and to the workers. */
  function rollBack(by: string, reason: string | undefined): void {
    children.cancelAll();
    tell({ type: 'rollback', at: Date.now(), by, ...(reason === undefined ? {} : { reason }) });
  }

  function isTold(): boolean {
    return input.reportTo === undefined || waitReason(plan, engine.state)?.kind === told?.kind;
  }

  /** Lets whoever waits for this workflow know whether it waits itself. */
  function tellWhetherItRests(): void {
    const { reportTo, path } = input;
    if (reportTo === undefined || isTold() || !patched('child-rests')) return;
    told = waitReason(plan, engine.state);
    outgoing.add(getExternalWorkflowHandle(reportTo).signal(childRests, { path, wait: told }));
  }

  function begin(): void {
    const at = Date.now();
    const held = (input.pauses ?? []).map((pause): EngineEvent => ({ type: 'pause', at, pause }));
    if (input.triggers?.some(({ on }) => on === 'REPEATED_CALLS')) engine.countCalls();
    engine.advance(...held, { type: 'start', at });
    records.open();
  }

  function apply(news: News): void {
    if ('events' in news) return engine.advance(...news.events.filter((e) => !segments.keepsForLater(e)));
    if ('held' in news.result && news.result.held && !isHeld(engine.state)) holdBack();
    segments.fold(news);
  }

  function holdBack(): void {
    heldBack = true;
    void sleep(heldBackMs).then(() => {
      heldBack = false;
      tell();
    });
  }

  async function dispatch(): Promise<void> {
    const index = planIndex(plan);
    const placeOf = (path: string) => index.node(path)?.task.place;
    limits.keepToBudget();
    const { state } = engine;
    const ready = heldBack ? [] : startable(plan, state);
    const asks = asked(plan, state).filter(({ path }) => !evaluating.has(path));
    const short = (path: string): boolean => placeOf(path) === 'segment';
    const isFree = !heldBack && !isHeld(state);
    // A local segment may have run already, by a workflow task that was lost: only opening it anew tells what it did.
    const mayHaveRun =
      segments.opened() === 0 && plan.opensLocal && input.state === undefined && isHeld(state);
    const members =
      mayHaveRun || (isFree && (ready.some(short) || asks.some(({ path }) => short(path))))
        ? segmentMembers(plan, state)
        : [];
    const inSegment = new Set(members);
    const apart = ready.filter((path) => !short(path) && !inSegment.has(path));
    const items = heldBack ? [] : limits.allot(batches(plan, state));
    const results = collections(state).filter(({ path }) => !maps.isCollecting(path));
    const toEvaluate = asks.filter(({ path }) => !inSegment.has(path));
    const alone = apart.length + toEvaluate.length === 0 || (apart.length === 1 && members.length === 0);
    // What was not seen by an activity is written by the next one, where there is just one; else before them.
    const isTwofold = records.isOpening() && records.hasMore();
    const isFirst = placeOf(apart[0] ?? '') === 'child' || items.length + results.length > 0;
    if (!alone || isTwofold || isFirst) await records.write();
    if (members.length > 0) segments.open(members, opensLocally(members) ? 'local' : 'segment');
    for (const path of apart) {
      if (placeOf(path) === 'child') startChild(path);
      else segments.open([path], 'task');
    }
    for (const batch of items) {
      const { path, first } = batch;
      engine.advance({ type: 'items started', path, at: Date.now(), first });
      maps.run(plan, engine.state, batch);
    }
    for (const collection of results) maps.collect(collection);
    for (const ask of toEvaluate) evaluate(ask);
    timers.set(engine.state);
  }

  function startChild(path: string): void {
    const attempt = (engine.state.tasks[path]?.attempts ?? 0) + 1;
    engine.advance({ type: 'started', path, at: Date.now(), attempt });
    const workflowId = workflowIdOf(runId, innerPath(input.path, path));
    records.add([{ task: { path, kind: nodeOf(planIndex(plan), path).task.kind, workflowId } }]);
    children.start(path);
  }

  /** Only a run's opening: what a repeated workflow task would open later could be another segment. */
  function opensLocally(members: readonly string[]): boolean {
    return (
      segments.opened() === 0 &&
      plan.opensLocal &&
      inbox.length === 0 &&
      !engine.state.cancelling &&
      runsLocally(plan, members)
    );
  }

  /** A question that nobody has answered in time may have been answered at the last moment: that counts. */
  async function due(path: string): Promise<void> {
    const { asks } = engine.state.tasks[path] ?? {};
    if (asks === undefined) return tell({ type: 'due', path, at: Date.now() });
    const { isOpen } = await persistent.expireApproval({
      tenant,
      id: approvalId(runId, innerPath(input.path, path), asks),
      keepOpen: escalates(path),
    });
    if (isOpen) tell({ type: 'expired', path, at: Date.now() });
  }

  function escalates(path: string): boolean {
    const { spec } = nodeOf(planIndex(plan), path).task;
    return spec.kind === 'approval' && spec.onTimeout === 'escalate';
  }

  function evaluate({ path, slot, source, environment }: ReturnType<typeof asked>[number]): void {
    evaluating.add(path);
    void remote
      .evaluate({ tenant, runId, taskPath: innerPath(input.path, path), source, environment })
      .catch((error: unknown) => ({ error: activityFailure(error) }))
      .then((result) => {
        evaluating.delete(path);
        tell({ type: 'evaluated', path, slot, at: Date.now(), ...result });
      });
  }

  /** Ends what need not go on: timers of tasks that wait no more, segments of a run that is to stop. */
  function stopWhatIsOver(): void {
    const { state } = engine;
    timers.settle(state);
    children.settle();
    if (!state.cancelling && !state.scopes['']?.failure) return;
    segments.cancelAll();
    maps.stop();
    if (!state.cancelling) children.drainAll();
  }

  async function driveOn(): Promise<void> {
    while (!engine.state.outcome || segments.underway() > 0) {
      if (!history.isLong() || history.isHeldUp()) await dispatch();
      else if (isQuiet() && inbox.length === 0) {
        await records.write();
        await outgoing.arrived();
        // What came meanwhile belongs to this execution: the next one would not hear of it.
        if (inbox.length === 0) return;
      }
      stopWhatIsOver();
      if (records.hasUnwritten() && inbox.length === 0) await records.write();
      setCurrentDetails(currentDetails(plan, engine.state));
      // It may rest from its beginning, with no news to come.
      if (!engine.state.outcome && !isTold() && patched('rests-at-once')) tellWhetherItRests();
      await condition(() => inbox.length > 0);
      for (let news = inbox.shift(); news; news = inbox.shift()) apply(news);
      children.see();
      limits.actOnTriggers();
      if (!engine.state.outcome) tellWhetherItRests();
    }
  }

  /** A person's decision may come to nothing: then the run, which was opened for it, ends as it had. */
  function tryAgain(): void {
    const before = engine.state.outcome;
    engine.advance(secondTryEvent(input, Date.now()));
    const { outcome, usage } = engine.state;
    if (outcome && outcome === before && patched('end-again'))
      records.add([runEnd({ ...outcome, at: Date.now() }, usage)]);
  }

  /** Before the end is on record: who reads it may have a task tried again. */
  async function conclude(): Promise<void> {
    stopWhatIsOver();
    const { state } = engine;
    // Who wanted it is on record before it begins.
    if (state.rollback) await outgoing.arrived();
    if (state.outcome?.status !== 'SUCCEEDED' && input.reportTo === undefined) {
      await records.keepState({ ...state, fired: limits.fired() });
    }
    await records.write();
    await outgoing.arrived();
    setCurrentDetails(currentDetails(plan, engine.state));
  }

  return {
    async run() {
      if (input.state) children.reattach();
      else begin();
      if (input.secondTry) tryAgain();
      children.see();
      limits.actOnTriggers();
      await driveOn();
      if (engine.state.outcome) await conclude();
      return engine.state;
    },
    cancel(reason) {
      if (input.reportTo === undefined) {
        void local.stopRun({ tenant, runId, reason });
        records.announceCancel(reason);
      }
      children.cancelAll();
      tell({ type: 'cancel', at: Date.now() });
    },
    carry: () => ({
      ...input,
      state: engine.state,
      records: records.count(),
      segments: segments.opened(),
      budget: limits.budget(),
      fired: limits.fired(),
      ledgerNanos: limits.ledgerNanos(),
      liftedAt: operators.liftedAt(),
      secondTry: undefined,
    }),
  };
}

function secondTryEvent({ path: container, secondTry }: PlannedRun, at: number): EngineEvent {
  if (!secondTry) throw new Error('no second try is asked for');
  const path = container === '' ? secondTry.path : secondTry.path.slice(container.length + 1);
  if (secondTry.kind === 'skip') return { type: 'skip', path, at, output: secondTry.output };
  return { type: 'retry', path, at, ...(secondTry.input ? { input: secondTry.input } : {}) };
}
