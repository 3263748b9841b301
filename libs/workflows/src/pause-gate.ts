import type { Pause, PauseSignal, PauseSource, ResumeSignal } from '#contracts';
import { pauseSources } from '#contracts';
import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { decisionMade } from './control-signals.js';

export const pauseRequested = defineSignal<[PauseSignal?]>('pause');
export const resumeRequested = defineSignal<[ResumeSignal?]>('resume');

/** Look again at what waits for a kill switch, or for a worker. */
export const nudged = defineSignal('nudge');

/** When pauses of each source were last lifted: one that had begun before and comes late counts for nothing. */
export type LiftedAt = Readonly<Partial<Record<PauseSource, number>>>;

/** The pause that a signal asks for. From the Temporal UI it may come bare, or with a text as the reason. */
export function pauseOf(signal: PauseSignal, at: number): Pause {
  const given: Partial<Record<keyof Pause, unknown>> =
    typeof signal === 'string' ? { reason: signal } : typeof signal === 'object' ? (signal ?? {}) : {};
  const { source, by, reason, interrupt, since } = given;
  return {
    source: isSource(source) ? source : 'SIGNAL',
    by: typeof by === 'string' && by !== '' ? by : 'a signal',
    ...(typeof reason === 'string' && reason !== '' ? { reason } : {}),
    ...(interrupt === true ? { interrupt } : {}),
    since: typeof since === 'number' && Number.isFinite(since) ? since : at,
  };
}

/** The sources that a signal lifts: all, if it does not name any. */
export function liftedBy(signal: ResumeSignal | null | undefined): readonly PauseSource[] {
  const sources = signal?.sources;
  return Array.isArray(sources) ? sources.filter(isSource) : pauseSources;
}

/**
 * Whether a pause was lifted before its signal arrived: from another workflow, signals may come in another order than
 * they were sent.
 */
export function isLifted(pause: Pause, liftedAt: LiftedAt): boolean {
  return pause.since <= (liftedAt[pause.source] ?? -Infinity);
}

/** These pauses with one more; a repeated one of the same source keeps its beginning. */
export function withPause(pauses: readonly Pause[], pause: Pause): Pause[] {
  const known = pauses.find(({ source }) => source === pause.source);
  const rest = pauses.filter((each) => each !== known);
  return [...rest, known === undefined ? pause : { ...pause, since: Math.min(known.since, pause.since) }];
}

function isSource(source: unknown): source is PauseSource {
  return (pauseSources as readonly unknown[]).includes(source);
}

/** Holds a workflow between two of its steps. */
export interface PauseGate {
  /** Resolves when nothing holds the workflow. */
  open(): Promise<void>;
  /** What holds it, to be carried over continue-as-new. */
  pauses(): readonly Pause[];
  /** Until when pauses of each source are lifted, to be carried along. */
  liftedAt(): LiftedAt;
  /** Resolves at the next nudge, resume or end of a pause, or when the time is over. */
  news(withinMs: number): Promise<void>;
}

/** The gate that the signals `pause` and `resume` close and open. `changed` is told of both. */
export function createPauseGate(
  initial: { readonly pauses?: readonly Pause[] | undefined; readonly liftedAt?: LiftedAt | undefined },
  changed: () => void,
): PauseGate {
  let pauses = initial.pauses ?? [];
  let told = 0;
  const liftedAt: Partial<Record<PauseSource, number>> = { ...initial.liftedAt };
  const set = (next: readonly Pause[]): void => {
    pauses = next;
    told++;
    changed();
  };
  setHandler(pauseRequested, (signal) => {
    const pause = pauseOf(signal, Date.now());
    if (!isLifted(pause, liftedAt)) set(withPause(pauses, pause));
  });
  setHandler(resumeRequested, (signal) => {
    const lifted = liftedBy(signal);
    for (const source of lifted) if (typeof signal?.at === 'number') liftedAt[source] = signal.at;
    set(pauses.filter(({ source }) => !lifted.includes(source)));
  });
  setHandler(nudged, () => void told++);
  // What is allowed now is looked at by whoever was refused.
  setHandler(decisionMade, () => void told++);
  return {
    open: () => condition(() => pauses.length === 0),
    pauses: () => pauses,
    liftedAt: () => liftedAt,
    async news(withinMs) {
      const before = told;
      await condition(() => told > before, withinMs);
    },
  };
}
