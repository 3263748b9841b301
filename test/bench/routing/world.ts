import type { Deployment, PriceVersion, QuotaPool } from '../../../libs/routing/src/catalogue/deployment.js';
import { drawAt, toNormal } from './pcg.js';
import type { SimulatedRequest } from './requests.js';
import { tokensPerBlock } from './traces.js';

/** How a simulated provider really is. None of these figures was measured at a real one. */
export interface Truth {
  readonly firstSeconds: number;
  readonly growthPerKiloToken: number;
  readonly firstSpread: number;
  readonly tokensPerSecond: number;
  readonly paceSpread: number;
  readonly errorRate: number;
  readonly secondsToError: number;
  /** With so many calls at once the time to first token has doubled. */
  readonly capacity: number;
  /** 0: it caches nothing. */
  readonly cacheMs: number;
}

/** What an episode changes. */
export interface Condition {
  readonly errorRate?: number;
  readonly limitRate?: number;
  readonly retryAfterMs?: number;
  /** Answers nothing until the caller gives up. */
  readonly hangRate?: number;
  /** Breaks off while it writes. */
  readonly cutRate?: number;
  readonly slowdown?: number;
  readonly deadKey?: boolean;
}

export interface Episode {
  readonly deployments: readonly string[];
  readonly from: number;
  readonly until: number;
  readonly condition: Condition;
}

export interface PriceChange {
  readonly deployment: string;
  readonly at: number;
  readonly price: PriceVersion;
}

export interface WorldPlan {
  readonly deployments: readonly { readonly deployment: Deployment; readonly truth: Truth }[];
  readonly episodes: readonly Episode[];
  readonly priceChanges: readonly PriceChange[];
}

export interface CallResult {
  readonly kind: 'ok' | 'error' | 'limited' | 'hung' | 'cut' | 'denied';
  readonly totalMs: number;
  readonly firstTokenMs: number | null;
  readonly cached: number;
  readonly output: number;
  /** Dollars that the provider bills. */
  readonly usd: number;
  readonly retryAfterMs: number | null;
}

interface PoolState {
  readonly limits: QuotaPool;
  readonly starts: number[];
  first: number;
  inFlight: number;
}

interface Place {
  deployment: Deployment;
  readonly index: number;
  readonly truth: Truth;
  readonly episodes: readonly Episode[];
  readonly prices: readonly PriceChange[];
  readonly pools: readonly PoolState[];
  /** When each block was last read or written. */
  readonly cache: Map<number, number>;
  inFlight: number;
}

/** Providers in virtual time: what a call would do is asked of it, what it does is told to it. */
export interface World {
  offers(now: number): readonly Deployment[];
  /** Without any trace: the oracles look with it. */
  foresee(id: string, request: SimulatedRequest, attempt: number, now: number, leftMs: number): CallResult;
  begin(id: string, request: SimulatedRequest, attempt: number, now: number, leftMs: number): CallResult;
  end(id: string, request: SimulatedRequest, result: CallResult, now: number): void;
  /** The true chances at this moment, without the draws. */
  truthOf(id: string, request: SimulatedRequest, now: number): TrueChances;
}

export interface TrueChances {
  readonly failure: number;
  readonly secondsToFailure: number;
  readonly seconds: number;
  readonly usd: number;
  /** The same request once more, to a cache that has it all. */
  readonly again: { readonly usd: number; readonly seconds: number };
  readonly provider: string;
}

const minuteMs = 60_000;
const refusedMs = 150;

/** How long a caller waits for the first token: it keeps time for another try. The same for all strategies. */
export const patienceMs = (leftMs: number): number => Math.min(60_000, leftMs * 0.4);

export function createWorld(plan: WorldPlan, seed: number): World {
  const pools = new Map<string, PoolState>();
  const places = new Map<string, Place>();
  for (const [index, { deployment, truth }] of plan.deployments.entries()) {
    const own = deployment.pools.map((limits) => {
      const state = pools.get(limits.id) ?? { limits, starts: [], first: 0, inFlight: 0 };
      pools.set(limits.id, state);
      return state;
    });
    places.set(deployment.id, {
      deployment,
      index,
      truth,
      episodes: plan.episodes.filter((episode) => episode.deployments.includes(deployment.id)),
      prices: plan.priceChanges.filter((change) => change.deployment === deployment.id),
      pools: own,
      cache: new Map(),
      inFlight: 0,
    });
  }
  let offered = plan.deployments.map(({ deployment }) => deployment);

  function place(id: string): Place {
    const found = places.get(id);
    if (found === undefined) throw new Error(`the simulated world has no ${id}`);
    return found;
  }

  function outcome(
    where: Place,
    request: SimulatedRequest,
    attempt: number,
    now: number,
    leftMs: number,
  ): CallResult {
    const { truth, deployment } = where;
    const condition = conditionAt(where, now);
    const draw = (which: number): number => drawAt(seed, request.number, where.index, attempt, which);
    const none = { firstTokenMs: null, cached: 0, output: 0, usd: 0, retryAfterMs: null };
    if (condition.deadKey) return { ...none, kind: 'denied', totalMs: refusedMs };
    const full = fullFor(where, now);
    if (full !== null) return { ...none, kind: 'limited', totalMs: refusedMs, retryAfterMs: full };
    if (draw(0) < condition.limitRate)
      return { ...none, kind: 'limited', totalMs: refusedMs, retryAfterMs: condition.retryAfterMs };
    if (draw(1) < condition.hangRate) return { ...none, kind: 'hung', totalMs: patienceMs(leftMs) };
    if (draw(2) < condition.errorRate)
      return {
        ...none,
        kind: 'error',
        totalMs: Math.min(leftMs, 1000 * truth.secondsToError * (0.5 + draw(3))),
      };
    const cached = cachedTokens(where, request, now);
    const firstMs =
      1000 *
      medianFirst(where, request, cached) *
      condition.slowdown *
      Math.exp(truth.firstSpread * toNormal(draw(4), draw(5)));
    if (firstMs > patienceMs(leftMs)) return { ...none, kind: 'hung', totalMs: patienceMs(leftMs) };
    const pace = truth.tokensPerSecond * Math.exp(truth.paceSpread * toNormal(draw(6), draw(7)));
    const broken = draw(8) < condition.cutRate;
    const whole = broken ? Math.ceil(request.output * draw(9)) : request.output;
    const totalMs = firstMs + (1000 * whole) / pace;
    // Cut by the caller at its deadline: what was written until then is billed.
    const late = totalMs > leftMs;
    const output = late ? Math.floor(((leftMs - firstMs) / 1000) * pace) : whole;
    return {
      kind: broken || late ? 'cut' : 'ok',
      totalMs: Math.min(totalMs, leftMs),
      firstTokenMs: firstMs,
      cached,
      output,
      usd: costOf(deployment, request, cached, output),
      retryAfterMs: null,
    };
  }

  return {
    offers(now) {
      let changed = false;
      for (const where of places.values())
        for (const change of where.prices)
          if (change.at <= now && change.price.effectiveFrom > (where.deployment.price?.effectiveFrom ?? 0)) {
            where.deployment = { ...where.deployment, price: change.price };
            changed = true;
          }
      if (changed) offered = [...places.values()].map(({ deployment }) => deployment);
      return offered;
    },
    foresee: (id, request, attempt, now, leftMs) => outcome(place(id), request, attempt, now, leftMs),
    begin(id, request, attempt, now, leftMs) {
      const where = place(id);
      const result = outcome(where, request, attempt, now, leftMs);
      where.inFlight += 1;
      for (const pool of where.pools) {
        pool.inFlight += 1;
        if (result.kind !== 'limited') pool.starts.push(now);
      }
      return result;
    },
    end(id, request, result, now) {
      const where = place(id);
      where.inFlight -= 1;
      for (const pool of where.pools) pool.inFlight -= 1;
      if (result.firstTokenMs === null || where.truth.cacheMs === 0) return;
      for (const block of request.blocks) where.cache.set(block, now);
    },
    truthOf(id, request, now) {
      const where = place(id);
      const { truth, deployment } = where;
      const condition = conditionAt(where, now);
      const refused = condition.deadKey || fullFor(where, now) !== null ? 1 : condition.limitRate;
      const { hangRate, errorRate, cutRate } = condition;
      const failure = 1 - (1 - refused) * (1 - hangRate) * (1 - errorRate) * (1 - cutRate);
      const patience = patienceMs(request.deadlineMs) / 1000;
      const cached = cachedTokens(where, request, now);
      const firstWith = (tokens: number): number =>
        medianFirst(where, request, tokens) * condition.slowdown * Math.exp(truth.firstSpread ** 2 / 2);
      const kept = truth.cacheMs === 0 ? 0 : request.input;
      const writing = (request.expected.p50 / truth.tokensPerSecond) * Math.exp(truth.paceSpread ** 2 / 2);
      const slow = (1 - refused) * hangRate * patience + (1 - refused) * errorRate * truth.secondsToError;
      return {
        failure,
        secondsToFailure: failure > 0 ? (slow + (refused * refusedMs) / 1000) / failure : 0,
        seconds: firstWith(cached) + writing,
        usd: costOf(deployment, request, cached, request.expected.p50),
        again: {
          usd: costOf(deployment, request, kept, request.expected.p50),
          seconds: firstWith(kept) + writing,
        },
        provider: deployment.domains[0] ?? id,
      };
    },
  };
}

function conditionAt(where: Place, now: number) {
  let { errorRate } = where.truth;
  let [limitRate, hangRate, cutRate, slowdown, deadKey] = [0, 0, 0, 1, false];
  let retryAfterMs: number | null = null;
  for (const { from, until, condition } of where.episodes) {
    if (now < from || now >= until) continue;
    errorRate = Math.max(errorRate, condition.errorRate ?? 0);
    limitRate = Math.max(limitRate, condition.limitRate ?? 0);
    hangRate = Math.max(hangRate, condition.hangRate ?? 0);
    cutRate = Math.max(cutRate, condition.cutRate ?? 0);
    slowdown *= condition.slowdown ?? 1;
    deadKey ||= condition.deadKey ?? false;
    retryAfterMs = condition.retryAfterMs ?? retryAfterMs;
  }
  return { errorRate, limitRate, hangRate, cutRate, slowdown, deadKey, retryAfterMs };
}

function medianFirst({ truth, inFlight }: Place, request: SimulatedRequest, cached: number): number {
  const uncached = (request.input - cached) / 1000;
  return truth.firstSeconds * (1 + truth.growthPerKiloToken * uncached) * (1 + inFlight / truth.capacity);
}

function cachedTokens({ cache, truth }: Place, { blocks, input }: SimulatedRequest, now: number): number {
  if (truth.cacheMs === 0) return 0;
  let warm = 0;
  while (warm < blocks.length && now - (cache.get(blocks[warm] ?? -1) ?? -Infinity) < truth.cacheMs)
    warm += 1;
  return Math.min(input, warm * tokensPerBlock);
}

/** When a pool is drawn out: milliseconds until it is not. */
function fullFor({ pools }: Place, now: number): number | null {
  for (const pool of pools) {
    const { requestsPerMinute, concurrency } = pool.limits;
    if (concurrency !== null && pool.inFlight >= concurrency) return 1_000;
    if (requestsPerMinute === null) continue;
    while ((pool.starts[pool.first] ?? Infinity) <= now - minuteMs) pool.first += 1;
    if (pool.starts.length - pool.first >= requestsPerMinute)
      return Math.max(1, (pool.starts[pool.first] ?? now) + minuteMs - now);
  }
  return null;
}

/** Of the cached share, what the price list says; writing to the cache costs what it says for all that was not cached. */
function costOf({ price }: Deployment, request: SimulatedRequest, cached: number, output: number): number {
  if (price === null) return 0;
  const written =
    price.cacheWrite !== null && request.affinity !== null ? Math.max(0, request.prefix - cached) : 0;
  const nanos =
    (request.input - cached - written) * price.input +
    cached * (price.cacheRead ?? price.input) +
    written * (price.cacheWrite ?? price.input) +
    output * price.output;
  return nanos * 1e-15 + price.request * 1e-9;
}
