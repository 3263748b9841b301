import type { RollbackSignal, SkipSignal } from '#contracts';
import type { EngineEvent } from '#plan/engine';
import { planIndex } from '#plan/engine';
import { log, setHandler } from '@temporalio/workflow';
import type { Children } from './children.js';
import {
  budgetSet,
  decisionMade,
  retryRequested,
  rollbackRequested,
  skipRequested,
} from './control-signals.js';
import type { LiftedAt } from './pause-gate.js';
import { isLifted, liftedBy, nudged, pauseOf, pauseRequested, resumeRequested } from './pause-gate.js';
import type { PlannedRun } from './run-input.js';
import type { WorkersHold } from './workers-hold.js';

/** What operators have said, as far as it is not the engine's. */
export interface Operators {
  liftedAt(): LiftedAt;
}

/** Hears what operators tell a run's workflow: puts it to the engine, and passes it on to the children. */
export function hearOperators(
  input: PlannedRun,
  children: Children,
  tell: (...events: EngineEvent[]) => void,
  workers: WorkersHold,
  setBudget: (budget: NonNullable<PlannedRun['budget']>) => void,
  rollBack: (by: string, reason: string | undefined) => void,
): Operators {
  const isRoot = input.reportTo === undefined;
  let liftedAt: LiftedAt = input.liftedAt ?? {};
  const local = (path: string): string => (input.path === '' ? path : path.slice(input.path.length + 1));

  /** The task that a signal is about. From outside anything may come: what is no task of the plan is ignored. */
  function known(signal: { readonly path: string } | undefined): string | undefined {
    const given: unknown = signal?.path;
    const path = typeof given === 'string' ? local(given) : undefined;
    if (path !== undefined && planIndex(input.bound).node(path)) return path;
    log.warn('a signal about a task that the plan does not have is ignored', { path: given });
    return undefined;
  }

  setHandler(pauseRequested, (signal) => {
    const pause = pauseOf(signal, Date.now());
    if (isLifted(pause, liftedAt)) return;
    tell({ type: 'pause', at: Date.now(), pause });
    children.tellAll(pauseRequested, pause);
    // Of the others, whoever sent it has told the workers before.
    if (isRoot && pause.source === 'SIGNAL') workers.hold(pause);
  });
  setHandler(resumeRequested, (signal) => {
    const sources = liftedBy(signal);
    const at = typeof signal?.at === 'number' ? signal.at : Date.now();
    liftedAt = { ...liftedAt, ...Object.fromEntries(sources.map((source) => [source, at])) };
    tell({ type: 'resume', at, sources });
    children.tellAll(resumeRequested, { sources, at });
    if (isRoot && signal?.at === undefined) workers.letGo(sources, signal?.by ?? 'a signal');
  });
  setHandler(nudged, () => {
    tell({ type: 'nudge', at: Date.now() });
    children.tellAll(nudged);
  });
  setHandler(retryRequested, (signal) => {
    const path = known(signal);
    if (path === undefined) return;
    tell({ type: 'retry', path, at: Date.now(), ...(signal.input ? { input: signal.input } : {}) });
  });
  setHandler(skipRequested, (signal) => {
    const path = known(signal);
    if (path === undefined) return;
    const { output = { inline: null }, by } = signal as Partial<SkipSignal>;
    tell({ type: 'skip', path, at: Date.now(), output, ...(by === undefined ? {} : { by }) });
  });
  setHandler(decisionMade, (signal) => {
    const ofRun = signal?.kind === 'BUDGET';
    const path = ofRun ? '' : known(signal?.path === undefined ? undefined : { path: signal.path });
    if (path === undefined) return;
    const { kind, approve, answer, comment, by } = signal;
    const given = { ...(answer ? { answer } : {}), ...(comment === undefined ? {} : { comment }) };
    tell({ type: 'decided', path, at: Date.now(), kind, approve, by, ...given });
  });
  setHandler(rollbackRequested, (signal) => {
    // From outside it may come bare.
    const { by = 'a signal', reason } = (signal ?? {}) as Partial<RollbackSignal>;
    if (isRoot) rollBack(by, reason);
  });
  setHandler(budgetSet, (budget) => {
    if (typeof budget === 'object' && budget !== null) setBudget(budget);
    else log.warn('a signal setBudget without a budget is ignored');
  });
  return { liftedAt: () => liftedAt };
}
