import { innerPath, taskQueues } from '#contracts';
import type { EngineEvent, EngineState, Emission } from '#plan/engine';
import {
  advance,
  asked,
  claim,
  fold,
  initialState,
  planIndex,
  runRecordOf,
  runsLocally,
  segmentMembers,
  sliceOf,
  startable,
  timers,
} from '#plan/engine';
import {
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { Preamble, SegmentResult } from './activity-interface.js';
import { activityFailure } from './activity-failure.js';
import { childEnded, drain } from './child-report.js';
import type { ChildReport } from './child-report.js';
import { createChildren } from './children.js';
import { currentDetails, summaryOf } from './details.js';
import { local, record as writeRecord, remote, segmentActivity } from './run-activities.js';
import type { PlannedRun, RunInput } from './run-input.js';

/** Replay of a run that opened with a local segment must stay far under its workflow task's time-out. */
const continueAfterEvents = 2_000;

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
  let unrecorded: Emission[] = [];
  let announced: Promise<void> = Promise.resolve();
  const inbox: News[] = [];
  const open = new Map<string, CancellationScope>();
  const set = new Map<string, CancellationScope>();
  const evaluating = new Set<string>();
  /** Records given to an activity that has not come back: they may not be written yet. */
  const underway = new Map<string, Preamble>();
  const tell = (...events: EngineEvent[]): void => void inbox.push({ events });
  const children = createChildren(input, tell);

  setHandler(drain, () => {
    children.drainAll(plan, state);
    tell({ type: 'cancel', at: Date.now() });
  });
  setHandler(childEnded, (report) => tell(eventOf(input.path, report)));

  function take(next: { state: EngineState; emissions: readonly Emission[] }): void {
    state = next.state;
    unrecorded.push(...next.emissions);
  }

  function apply(news: News): void {
    if ('events' in news) return take(advance(plan, state, news.events));
    open.delete(news.segment);
    underway.delete(news.segment);
    const at = Date.now();
    const { result } = news;
    if ('error' in result) return take(fold(plan, state, { slice: news.slice, events: lost(news, at), at }));
    const folded = fold(plan, state, { slice: news.slice, events: result.events, at: result.at });
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

  function openSegment(members: readonly string[], kind: 'local' | 'segment' | 'task'): void {
    const segment = `${input.path}#${++segments}`;
    const slice = sliceOf(plan, state, members);
    state = claim(plan, state, segment, members);
    const before = unrecorded.length === 0 ? undefined : { once: nextRecord(), emissions: takeUnrecorded() };
    if (before) underway.set(segment, before);
    const scope = new CancellationScope();
    open.set(segment, scope);
    const run = segmentActivity(kind, summaryOf(members), taskQueues.activities);
    const { tenant, runId, path } = input;
    scope
      .run(() => run({ tenant, runId, path, segment, slice, before }))
      .then(
        (result) => inbox.push({ segment, slice, result }),
        (error: unknown) => inbox.push({ segment, slice, result: { error } }),
      );
  }

  async function dispatch(): Promise<void> {
    const { nodes } = planIndex(plan);
    const placeOf = (path: string) => nodes.get(path)?.task.place;
    const ready = startable(plan, state);
    const asks = asked(plan, state).filter(({ path }) => !evaluating.has(path));
    const short = (path: string): boolean => placeOf(path) === 'segment';
    const members =
      ready.some(short) || asks.some(({ path }) => short(path)) ? segmentMembers(plan, state) : [];
    const inSegment = new Set(members);
    const apart = ready.filter((path) => !short(path));
    const toEvaluate = asks.filter(({ path }) => !inSegment.has(path));
    const alone = apart.length + toEvaluate.length === 0 || (apart.length === 1 && members.length === 0);
    // What was not seen by an activity is written by the next one, where there is just one; else before them.
    if (!alone || placeOf(apart[0] ?? '') === 'child') await record();
    if (members.length > 0) openSegment(members, opensLocally(members) ? 'local' : 'segment');
    for (const path of apart) {
      if (placeOf(path) === 'child') {
        take(advance(plan, state, [{ type: 'started', path, at: Date.now(), attempt: 1 }]));
        children.start(plan, state, path);
      } else openSegment([path], 'task');
    }
    for (const ask of toEvaluate) evaluate(ask);
    for (const timer of timers(state)) setTimer(timer);
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
    if (unrecorded.length === 0) return;
    const latest = { once: nextRecord(), emissions: takeUnrecorded() };
    // Each is written once, whoever comes first; in order, so that no reader sees a later thing before an earlier.
    const earlier = [...underway.values()];
    underway.clear();
    for (const { once, emissions } of [...earlier, latest]) {
      await writeRecord({ ...runRecordOf(input, input.path, emissions), once });
    }
  }

  function takeUnrecorded(): Emission[] {
    const emissions = unrecorded;
    unrecorded = [];
    return emissions;
  }

  function nextRecord(): string {
    return `${input.path}@${++records}`;
  }

  const isLong = (): boolean =>
    workflowInfo().historyLength > (input.continueAfterEvents ?? continueAfterEvents) ||
    workflowInfo().continueAsNewSuggested;
  const isQuiet = (): boolean => open.size + evaluating.size + children.starting() === 0;

  return {
    async run() {
      if (input.state) children.reattach(plan, state);
      else take(advance(plan, state, [{ type: 'start', at: Date.now() }]));
      while (!state.outcome || open.size > 0) {
        if (!isLong()) await dispatch();
        else if (isQuiet() && inbox.length === 0) {
          await record();
          // What came meanwhile belongs to this execution: the next one would not hear of it.
          if (inbox.length === 0) return state;
        }
        stopWhatIsOver();
        if (unrecorded.length > 0 && inbox.length === 0) await record();
        setCurrentDetails(currentDetails(plan, state));
        await condition(() => inbox.length > 0);
        for (let news = inbox.shift(); news; news = inbox.shift()) apply(news);
      }
      stopWhatIsOver();
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
    carry: () => ({ ...input, state, records, segments }),
  };
}

function eventOf(container: string, { path: full, status, output, error, usage }: ChildReport): EngineEvent {
  const at = Date.now();
  const path = container === '' ? full : full.slice(container.length + 1);
  if (status === 'SUCCEEDED') {
    return { type: 'succeeded', path, at, output: output ?? { inline: null }, attempts: 1, usage };
  }
  if (status === 'CANCELLED') return { type: 'cut', path, at, attempts: 1 };
  const failure = error ?? { code: 'INTERNAL', message: 'the child workflow failed', retryable: false };
  return { type: 'failed', path, at, error: failure, attempts: 1, usage };
}
