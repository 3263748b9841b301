import type { BreakerState } from './breaker-board.js';
import type { BreakerSettings } from './breaker-settings.js';

/**
 * All that workers share of one breaker. Pure functions lead from one condition to the next, so that whoever finds that
 * another worker was faster applies the same change to what is true now.
 *
 *     CLOSED     tripped        -> OPEN       until the back-off is over
 *     OPEN       tripped        -> OPEN       a longer Retry-After counts
 *     OPEN       probe begun    -> HALF_OPEN
 *     HALF_OPEN  probe begun    -> HALF_OPEN  up to `probesAtOnce`
 *     HALF_OPEN  probe ok       -> HALF_OPEN, or CLOSED when `probesRequired` went well
 *     HALF_OPEN  probe neutral  -> HALF_OPEN  the next one soon
 *     HALF_OPEN  probe failed   -> OPEN       for twice as long
 *     any        forced, reset  -> as the operator says; while forced nothing else counts
 *
 * Every opening and closing begins another generation; what a call of an earlier one says does not count.
 */
export interface BreakerCondition {
  readonly state: BreakerState;
  readonly generation: number;
  readonly since: number;
  /** Of one that is not closed: when the next probe may begin. */
  readonly availableAt: number | null;
  /** The provider asked not to be called before. */
  readonly notBefore: number | null;
  /** How often in a row it was opened; each time but the first doubles the back-off. */
  readonly strikes: number;
  /** Probes under way, by their names. */
  readonly probes: Readonly<Record<string, BreakerProbe>>;
  readonly probedAt: number | null;
  /** Probes that went well since it was opened. */
  readonly passed: number;
  readonly forced: 'OPEN' | 'CLOSED' | null;
  readonly reason: string | null;
  /** As counted when it was opened. */
  readonly failures: number;
  readonly calls: number;
  /** How often it was opened, ever. */
  readonly openings: number;
}

export interface BreakerProbe {
  readonly since: number;
  /** When it counts as lost. */
  readonly until: number;
}

/** Null: it may not happen. The same condition: it changes nothing. */
export type BreakerChange = (condition: BreakerCondition) => BreakerCondition | null;

export const untouched: BreakerCondition = {
  state: 'CLOSED',
  generation: 0,
  since: 0,
  availableAt: null,
  notBefore: null,
  strikes: 0,
  probes: {},
  probedAt: null,
  passed: 0,
  forced: null,
  reason: null,
  failures: 0,
  calls: 0,
  openings: 0,
};

export interface Trip {
  /** In which the calls began that speak against it. */
  readonly generation: number;
  readonly at: number;
  readonly reason: string;
  readonly notBefore: number | null;
  readonly failures: number;
  readonly calls: number;
  /** From 0 to 1: where in its range the back-off falls. Drawn once, so that all workers come to the same. */
  readonly draw: number;
}

/** Too much has failed, or a probe has. */
export function tripped(settings: BreakerSettings, trip: Trip): BreakerChange {
  return (before) => {
    if (before.forced !== null) return before;
    const { state, generation } = before;
    if (state === 'OPEN') {
      const isRecent = trip.generation === generation || trip.generation === generation - 1;
      return isRecent ? patient(before, trip.notBefore) : before;
    }
    if (trip.generation !== generation) return before;
    if (state === 'CLOSED') {
      const isRelapse = trip.at - before.since < settings.calmMs;
      return opened(settings, before, trip, isRelapse ? before.strikes + 1 : 1);
    }
    // Probed early as a last resort: that is no reason for a longer back-off.
    const isEarly = before.availableAt !== null && trip.at < before.availableAt;
    const after = opened(settings, before, trip, isEarly ? before.strikes : before.strikes + 1);
    return isEarly ? { ...after, availableAt: later(before.availableAt, after.notBefore) } : after;
  };
}

function opened(
  settings: BreakerSettings,
  before: BreakerCondition,
  { at, reason, notBefore, failures, calls, draw }: Trip,
  strikes: number,
): BreakerCondition {
  const backoff = Math.min(settings.longestBackoffMs, settings.backoffMs * 2 ** Math.min(strikes - 1, 40));
  // Downwards, so that the longest stays the longest; never before the provider's own time.
  const until = at + backoff * (0.8 + 0.2 * draw);
  const patience = notBefore === null ? null : notBefore + 1_000 * draw;
  return {
    ...before,
    state: 'OPEN',
    generation: before.generation + 1,
    since: before.state === 'HALF_OPEN' ? before.since : at,
    availableAt: Math.round(later(until, patience)),
    notBefore,
    strikes,
    probes: {},
    passed: 0,
    reason,
    failures: failures || before.failures,
    calls: calls || before.calls,
    openings: before.openings + 1,
  };
}

function patient(before: BreakerCondition, notBefore: number | null): BreakerCondition {
  if (notBefore === null || notBefore <= (before.notBefore ?? 0)) return before;
  return { ...before, notBefore, availableAt: later(notBefore, before.availableAt) };
}

/** When it may be probed next, if not before this moment. `lastResort`: too little of its kind is left to wait for long. */
export function nextProbeAt(settings: BreakerSettings, of: BreakerCondition, lastResort: boolean): number {
  const regular = of.availableAt ?? of.since;
  if (!lastResort) return regular;
  const early = later(of.notBefore ?? 0, later(of.since, of.probedAt) + settings.lastResortMs);
  return Math.min(regular, early);
}

/** A probe wants to begin. */
export function probeBegun(
  settings: BreakerSettings,
  { name, at, lastResort }: { readonly name: string; readonly at: number; readonly lastResort: boolean },
): BreakerChange {
  return (before) => {
    if (before.forced !== null || before.state === 'CLOSED') return null;
    const isEarly = at < (before.availableAt ?? 0);
    const under = Object.entries(before.probes).filter(([, probe]) => probe.until > at);
    if (under.length >= (isEarly ? 1 : settings.probesAtOnce)) return null;
    if (at < nextProbeAt(settings, before, lastResort)) return null;
    const probe = { since: at, until: at + settings.probeLeaseMs };
    return {
      ...before,
      state: 'HALF_OPEN',
      probes: { ...Object.fromEntries(under), [name]: probe },
      probedAt: at,
    };
  };
}

interface ProbeEnd {
  readonly name: string;
  readonly generation: number;
  readonly at: number;
}

/** A probe went well. */
export function probePassed(settings: BreakerSettings, { name, generation, at }: ProbeEnd): BreakerChange {
  return (before) => {
    if (!isOf(before, generation)) return before;
    const passed = before.passed + 1;
    if (passed >= settings.probesRequired) return closed(before, at);
    // It answers: the next probe need not wait.
    const availableAt = before.availableAt === null ? null : Math.min(before.availableAt, at);
    return { ...before, passed, availableAt, probes: without(before.probes, name) };
  };
}

/** A probe said nothing of the health of what was called, such as one that met a rate limit. */
export function probeInconclusive(
  settings: BreakerSettings,
  { name, generation, at }: ProbeEnd,
): BreakerChange {
  return (before) => {
    if (!isOf(before, generation)) return before;
    const availableAt = later(before.availableAt, at + settings.inconclusiveMs);
    return { ...before, availableAt, probes: without(before.probes, name) };
  };
}

function isOf(condition: BreakerCondition, generation: number): boolean {
  return condition.forced === null && condition.state === 'HALF_OPEN' && condition.generation === generation;
}

function closed(before: BreakerCondition, at: number): BreakerCondition {
  return {
    ...before,
    state: 'CLOSED',
    generation: before.generation + 1,
    since: at,
    availableAt: null,
    notBefore: null,
    probes: {},
    passed: 0,
    reason: null,
  };
}

/** An operator holds it open or closed, or (null) lets go of it: one that was held open is probed first. */
export function held(to: 'OPEN' | 'CLOSED' | null, at: number, reason: string | null): BreakerChange {
  return (before) => {
    if (to === null && before.forced === null) return before;
    const fresh = { ...closed(before, at), forced: to, reason };
    if (to === 'OPEN') return { ...fresh, state: 'OPEN' };
    if (to === null && before.forced === 'OPEN') return { ...fresh, state: 'OPEN', availableAt: at };
    return fresh;
  };
}

/** An operator says that all is well: closed, and nothing of the past counts. */
export function reset(at: number): BreakerChange {
  return (before) => {
    const isWell = before.state === 'CLOSED' && before.forced === null && before.strikes === 0;
    return isWell ? before : { ...closed(before, at), forced: null, strikes: 0 };
  };
}

/** The same on a clock that is so much ahead. */
export function shifted(of: BreakerCondition, byMs: number): BreakerCondition {
  const time = <T extends number | null>(at: T): T => (at === null ? at : ((at + byMs) as T));
  const probes = Object.entries(of.probes).map(
    ([name, { since, until }]) => [name, { since: time(since), until: time(until) }] as const,
  );
  return {
    ...of,
    since: time(of.since),
    availableAt: time(of.availableAt),
    notBefore: time(of.notBefore),
    probedAt: time(of.probedAt),
    probes: Object.fromEntries(probes),
  };
}

function without(
  probes: Readonly<Record<string, BreakerProbe>>,
  name: string,
): Readonly<Record<string, BreakerProbe>> {
  return Object.fromEntries(Object.entries(probes).filter(([other]) => other !== name));
}

function later(one: number | null, other: number | null): number {
  return Math.max(one ?? Number.NEGATIVE_INFINITY, other ?? Number.NEGATIVE_INFINITY);
}
