import type { BreakerPermit, BreakerResult, BreakerState, BreakerView } from './breaker-board.js';
import type { BreakerSettings } from './breaker-settings.js';
import { nextProbeAt, probeBegun, probeInconclusive, probePassed, tripped, untouched } from './condition.js';
import type { BreakerChange, BreakerCondition } from './condition.js';
import { createTripWindow } from './trip-window.js';
import type { TripWindow } from './trip-window.js';

export interface BreakersDeps {
  readonly settings: BreakerSettings;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** For the breakers of what can take its place: the groups that a breaker is in, itself among them. */
  readonly groups?: ((name: string) => readonly (readonly string[])[]) | undefined;
  /** Makes the change true, here and for all. */
  readonly change: (name: string, change: BreakerChange) => void;
}

/** A breaker with what it has counted over all of its time. */
export interface BreakerReport extends BreakerView {
  /** How often it was opened, by all workers together. */
  readonly openings: number;
  /** Calls that this process did not let through. */
  readonly refusals: number;
}

/** What a caller is told who wants to go through. */
export type Entry =
  { readonly permit: BreakerPermit } | { readonly probe: BreakerChange; readonly name: string };

/** The breakers of one process: they count calls, and follow the conditions that are put in. */
export interface Breakers {
  /** `shown`: its name for those who look at it. */
  view(name: string, shown?: string): BreakerReport;
  names(): readonly string[];
  condition(name: string): BreakerCondition;
  put(name: string, condition: BreakerCondition): void;
  /** At once: a permit, the change that has to be made for one, or null. */
  enter(name: string, now: number): Entry | null;
  /** The change was not to be made. */
  refused(name: string): void;
  /** The permit of a probe, once the change for it has been made. */
  probing(name: string, probe: string): BreakerPermit;
}

interface Breaker {
  condition: BreakerCondition;
  /** Of the generation that is counted. */
  counting: number;
  window: TripWindow;
  failuresInARow: number;
  notBefore: number | null;
  refusals: number;
}

export function createBreakers(deps: BreakersDeps): Breakers {
  const { settings } = deps;
  const known = new Map<string, Breaker>();
  let probes = 0;

  const condition = (name: string): BreakerCondition => known.get(name)?.condition ?? untouched;

  function breakerOf(name: string): Breaker {
    const found = known.get(name);
    if (found) return found;
    const made = { condition: untouched, refusals: 0, ...counters(untouched) };
    known.set(name, made);
    return made;
  }

  function counters({ generation }: BreakerCondition) {
    const window = createTripWindow(settings, deps.now());
    return { counting: generation, window, failuresInARow: 0, notBefore: null };
  }

  function put(name: string, next: BreakerCondition): void {
    const breaker = breakerOf(name);
    breaker.condition = next;
    // What was counted before it opened is settled.
    if (next.state === 'CLOSED' && next.generation !== breaker.counting)
      Object.assign(breaker, counters(next));
  }

  /** Whether so much of its kind is out that it is not to be waited for. */
  function isLastResort(name: string): boolean {
    const groups = deps.groups?.(name) ?? [];
    return groups.some((group) => {
      const out = group.filter((other) => condition(other).state !== 'CLOSED').length;
      return out > Math.floor(group.length * settings.ejectedShare);
    });
  }

  function enter(name: string, now: number): Entry | null {
    const { state, forced } = condition(name);
    if (state === 'CLOSED') return { permit: permitOf(name, condition(name).generation) };
    if (forced !== null) return refuse(name);
    const probe = `${now.toString(36)}-${++probes}-${Math.floor(deps.random() * 2 ** 32).toString(36)}`;
    const change = probeBegun(settings, { name: probe, at: now, lastResort: isLastResort(name) });
    return change(condition(name)) === null ? refuse(name) : { probe: change, name: probe };
  }

  function refuse(name: string): null {
    breakerOf(name).refusals += 1;
    return null;
  }

  function permitOf(name: string, generation: number): BreakerPermit {
    let result: BreakerResult['kind'] | null = null;
    let rowBefore = 0;
    return {
      end(given) {
        if (result !== null) return;
        result = given.kind;
        const breaker = breakerOf(name);
        rowBefore = breaker.failuresInARow;
        if (given.kind === 'ok' && isCounted(breaker, generation)) {
          breaker.window.ok(deps.now());
          breaker.failuresInARow = 0;
        }
        if (given.kind === 'failed') failed(name, generation, given, 'at once');
      },
      failedLater(reason) {
        if (result !== 'ok') return;
        result = 'failed';
        const breaker = breakerOf(name);
        breaker.failuresInARow = Math.max(breaker.failuresInARow, rowBefore);
        failed(name, generation, { reason }, 'later');
      },
    };
  }

  function isCounted(breaker: Breaker, generation: number): boolean {
    return breaker.condition.state === 'CLOSED' && breaker.condition.generation === generation;
  }

  function failed(
    name: string,
    generation: number,
    { reason, retryAfterMs }: { readonly reason: string; readonly retryAfterMs?: number | undefined },
    when: 'at once' | 'later',
  ): void {
    const at = deps.now();
    const breaker = breakerOf(name);
    const notBefore =
      retryAfterMs === undefined ? null : at + Math.min(retryAfterMs, settings.longestRetryAfterMs);
    const trip = (counts: { readonly calls: number; readonly failures: number }): void => {
      const longest = notBefore === null ? breaker.notBefore : Math.max(notBefore, breaker.notBefore ?? 0);
      const change = { generation, at, reason, notBefore: longest, ...counts, draw: deps.random() };
      deps.change(name, tripped(settings, change));
    };
    if (!isCounted(breaker, generation)) return trip({ calls: 0, failures: 0 });
    if (notBefore !== null) breaker.notBefore = Math.max(notBefore, breaker.notBefore ?? 0);
    breaker.failuresInARow += 1;
    const { window } = breaker;
    const hasTripped = when === 'at once' ? window.failed(at) : window.failedLater(at);
    if (hasTripped || breaker.failuresInARow >= settings.failuresInARow) trip(breaker.window.counts(at));
  }

  function probing(name: string, probe: string): BreakerPermit {
    const { generation } = condition(name);
    let after: BreakerPermit | null = null;
    return {
      end(result) {
        if (after !== null) return;
        const at = deps.now();
        const end = { name: probe, generation, at };
        if (result.kind === 'ok') deps.change(name, probePassed(settings, end));
        if (result.kind === 'neutral') deps.change(name, probeInconclusive(settings, end));
        if (result.kind === 'failed') failed(name, generation, result, 'at once');
        // What it says from now on it says of the time that its own success has begun.
        after = permitOf(name, condition(name).generation);
        after.end(result.kind === 'ok' ? result : { kind: 'neutral' });
      },
      failedLater: (reason) => after?.failedLater(reason),
    };
  }

  function view(name: string, shown = name): BreakerReport {
    const breaker = known.get(name);
    const of = breaker?.condition ?? untouched;
    return new Report(shown, of, availableAt(name, of), breaker, deps.now);
  }

  function availableAt(name: string, of: BreakerCondition): number | null {
    if (of.state === 'CLOSED' || of.forced !== null) return null;
    const now = deps.now();
    const next = nextProbeAt(settings, of, isLastResort(name));
    const under = Object.values(of.probes).filter((probe) => probe.until > now);
    if (under.length < settings.probesAtOnce) return next;
    // Most probes end long before they are given up.
    return Math.max(next, now + settings.inconclusiveMs);
  }

  const refused = (name: string): void => void refuse(name);
  return { view, names: () => [...known.keys()], condition, put, enter, refused, probing };
}

/** The router looks at all breakers for each call: a window is summed up only for those who look into it. */
class Report implements BreakerReport {
  readonly name: string;
  readonly availableAt: number | null;
  readonly #of: BreakerCondition;
  readonly #breaker: Breaker | undefined;
  readonly #now: () => number;

  constructor(
    name: string,
    of: BreakerCondition,
    availableAt: number | null,
    breaker: Breaker | undefined,
    now: () => number,
  ) {
    this.name = name;
    this.availableAt = availableAt;
    this.#of = of;
    this.#breaker = breaker;
    this.#now = now;
  }
  get state(): BreakerState {
    return this.#of.state;
  }
  get forced(): 'OPEN' | 'CLOSED' | null {
    return this.#of.forced;
  }
  get reason(): string | null {
    return this.#of.reason;
  }
  get since(): number {
    return this.#of.since;
  }
  get openings(): number {
    return this.#of.openings;
  }
  get refusals(): number {
    return this.#breaker?.refusals ?? 0;
  }
  get calls(): number {
    return this.#counts.calls;
  }
  get failures(): number {
    return this.#counts.failures;
  }
  get #counts(): { readonly calls: number; readonly failures: number } {
    if (this.#of.state !== 'CLOSED') return this.#of;
    return this.#breaker?.window.counts(this.#now()) ?? { calls: 0, failures: 0 };
  }
}
