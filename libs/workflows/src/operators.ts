import type { Pause, PauseSource } from '#contracts';
import { pauseSources } from '#contracts';
import type { EngineEvent } from '#plan/engine';
import { setHandler } from '@temporalio/workflow';
import type { Children } from './children.js';
import { budgetSet, retryRequested, skipRequested } from './control-signals.js';
import { liftedBy, nudged, pauseOf, pauseRequested, resumeRequested } from './pause-gate.js';
import { remote } from './run-activities.js';
import type { PlannedRun } from './run-input.js';

/** What operators tell a run's workflow, put to the engine and passed on to the children. */
export function hearOperators(
  input: PlannedRun,
  children: Children,
  tell: (...events: EngineEvent[]) => void,
  setBudget: (budget: NonNullable<PlannedRun['budget']>) => void,
): void {
  const isRoot = input.reportTo === undefined;
  const { tenant, runId } = input;
  const local = (path: string): string => (input.path === '' ? path : path.slice(input.path.length + 1));

  setHandler(pauseRequested, (signal) => {
    const pause = pauseOf(signal, Date.now());
    tell({ type: 'pause', at: Date.now(), pause });
    children.tellAll(pauseRequested, pause);
    // Of the others, whoever sent it has told the workers before.
    if (isRoot && pause.source === 'SIGNAL') holdWorkers(tenant, runId, pause);
  });
  setHandler(resumeRequested, (signal) => {
    const sources = liftedBy(signal);
    const at = typeof signal?.at === 'number' ? signal.at : Date.now();
    tell({ type: 'resume', at, sources });
    children.tellAll(resumeRequested, { sources, at });
    if (isRoot && signal?.at === undefined) letWorkersGo(tenant, runId, sources, signal?.by ?? 'a signal');
  });
  setHandler(nudged, () => {
    tell({ type: 'nudge', at: Date.now() });
    children.tellAll(nudged);
  });
  setHandler(retryRequested, ({ path, input: given }) =>
    tell({ type: 'retry', path: local(path), at: Date.now(), ...(given ? { input: given } : {}) }),
  );
  setHandler(skipRequested, ({ path, output }) =>
    tell({ type: 'skip', path: local(path), at: Date.now(), output }),
  );
  setHandler(budgetSet, (budget) => setBudget(budget));
}

/** Keeps a pause where workers and readers see it. */
export function holdWorkers(tenant: string, runId: string, pause: Pause): void {
  remote.holdRun({ tenant, runId, pause }).catch(() => undefined);
}

/** Takes pauses away from where workers and readers see them. */
export function letWorkersGo(
  tenant: string,
  runId: string,
  sources: readonly PauseSource[] = pauseSources,
  by = 'the run',
): void {
  remote.releaseRun({ tenant, runId, sources, by }).catch(() => undefined);
}
