import type { BreakerState } from '../breaker/breaker-board.js';
import type { Deployment } from '../catalogue/deployment.js';
import type { DeploymentMemory } from '../health/health-memory.js';
import { firstTokenSeconds } from '../health/outlook.js';
import { expectedCost, worstCost } from './call-cost.js';
import type { Candidate, Dropped, RouteRequest } from './route.js';
import type { RoutingConstants } from './routing-constants.js';

/**
 * Where candidates are scored, a column for each figure and a place in it for each candidate. It is reused from decision to
 * decision: one over a hundred deployments takes microseconds, and would take many times that if it left garbage behind.
 */
export interface Scoreboard {
  count: number;
  /** The places, best first. */
  order: Int32Array;
  deployments: Deployment[];
  memories: DeploymentMemory[];
  /** Dollars: what the call costs when it succeeds, and what its time is worth. */
  cost: Float64Array;
  time: Float64Array;
  failureRate: Float64Array;
  /** Of a call that fails: what is billed of it, and what the time until then is worth. */
  lost: Float64Array;
  /** Equal for those of one provider. */
  provider: Int32Array;
  /** 1: it has a price. */
  priced: Uint8Array;
  /** The terms of the score, in dollars. */
  failure: Float64Array;
  headroom: Float64Array;
  deadline: Float64Array;
  /** What the next turn of the conversation would take at it, in dollars; and what is made of that. */
  next: Float64Array;
  ahead: Float64Array;
  total: Float64Array;
  /** What they are ordered by: the total, and beyond all totals where no price is known. */
  rank: Float64Array;
  /** The most it may cost, in nano-dollars. */
  worst: Float64Array;
  /** Seconds in nineteen of twenty cases. */
  slowest: Float64Array;
  /** Seconds in the queue and to the first token. */
  wait: Float64Array;
  /** Tokens that its provider may have in the cache. */
  warm: Float64Array;
  /** 1: half-open. */
  probing: Uint8Array;
  probes: boolean;
}

/** More dollars than any call costs. */
const unpricedRank = 1e12;
/** Calls at once that a deployment bears of which nobody knows it. */
const usualConcurrency = 100;
/** What a provider has taught as its limit is a guess: beyond it the price does not grow for ever. */
const fullnessCap = 1.5;

export function createScoreboard(): Scoreboard {
  return { count: 0, deployments: [], memories: [], probes: false, ...columns(32) };
}

function columns(size: number) {
  const column = (): Float64Array => new Float64Array(size);
  return {
    order: new Int32Array(size),
    cost: column(),
    time: column(),
    failureRate: column(),
    lost: column(),
    provider: new Int32Array(size),
    priced: new Uint8Array(size),
    failure: column(),
    headroom: column(),
    deadline: column(),
    next: column(),
    ahead: column(),
    total: column(),
    rank: column(),
    worst: column(),
    slowest: column(),
    wait: column(),
    warm: column(),
    probing: new Uint8Array(size),
  };
}

/** Makes room for so many candidates. */
export function clear(board: Scoreboard, most: number): void {
  board.count = 0;
  board.probes = false;
  if (board.order.length < most) Object.assign(board, columns(most * 2));
}

/** Enters a candidate with everything that depends on nobody else. */
export function enter(
  board: Scoreboard,
  constants: RoutingConstants,
  request: RouteRequest,
  deployment: Deployment,
  memory: DeploymentMemory,
  warmTokens: number,
  breaker: BreakerState,
): void {
  const place = board.count++;
  const { outlook } = memory;
  const { inputTokens: input, outputTokens: output, prefixTokens } = request;
  const reusable = Math.min(prefixTokens, input);
  const { price } = deployment;
  // Who names no price for cached tokens keeps none, as far as anyone knows.
  const cachedShare = price?.cacheRead == null ? 0 : outlook.cachedShare;
  const cached = Math.min(reusable, warmTokens) * cachedShare;
  const written = request.affinity === null ? 0 : reusable - cached;
  const cost = price === null ? 0 : expectedCost(price, input, cached, written, output.p50);
  const value = request.timeValue * 1e-9;
  const first = firstTokenSeconds(outlook, (input - cached) / 1000);
  const wait = first * (1 + (memory.inFlight + memory.elsewhere) / (memory.concurrency ?? usualConcurrency));
  const slowest = first * outlook.firstTokenSpread + output.p95 / outlook.slowTokensPerSecond;
  const errorRate =
    breaker === 'HALF_OPEN' ? Math.max(outlook.errorRate, constants.halfOpenErrorRate) : outlook.errorRate;
  const soft = request.deadlineMs === null ? Infinity : (request.deadlineMs / 1000) * constants.softDeadline;
  const crowding = Math.min(fullnessCap, memory.fullness) - constants.headroomFrom;
  board.deployments[place] = deployment;
  board.memories[place] = memory;
  board.order[place] = place;
  board.cost[place] = cost;
  board.next[place] = 0;
  if (request.affinity !== null) {
    const kept = input * cachedShare;
    const nextCost = price === null ? 0 : expectedCost(price, input, kept, 0, output.p50);
    const nextFirst = firstTokenSeconds(outlook, (input - kept) / 1000);
    board.next[place] = nextCost + value * (nextFirst + output.p50 / outlook.tokensPerSecond);
  }
  board.time[place] = value * (wait + output.p50 / outlook.tokensPerSecond);
  board.lost[place] = outlook.billedShare * cost + value * outlook.secondsToFailure;
  board.provider[place] = memory.provider;
  board.priced[place] = price === null ? 0 : 1;
  board.failureRate[place] = 1 - (1 - errorRate) * (1 - outlook.limitRate);
  board.headroom[place] =
    crowding > 0 ? constants.headroomPrice * cost * (crowding / (1 - constants.headroomFrom)) ** 2 : 0;
  board.deadline[place] = slowest > soft ? value * constants.latePrice * (slowest - soft) : 0;
  board.worst[place] = price === null ? 0 : worstCost(price, request);
  board.slowest[place] = slowest;
  board.wait[place] = wait;
  board.warm[place] = cached;
  board.probing[place] = breaker === 'HALF_OPEN' ? 1 : 0;
  if (breaker === 'HALF_OPEN') board.probes = true;
}

/**
 * The last filters: those that need the figures. When all are too slow the quickest stays, for late is better than never.
 * Under a hard budget nothing goes out at a price that nobody knows.
 */
export function dropSlowAndDear(board: Scoreboard, request: RouteRequest, dropped: Dropped[]): void {
  const seconds = request.deadlineMs === null ? Infinity : request.deadlineMs / 1000;
  const { remaining } = request;
  let quickest = -1;
  let kept = 0;
  for (let place = 0; place < board.count; place++) {
    const slow = (board.slowest[place] ?? 0) > seconds;
    const dear = remaining !== null && dearness(board, place, remaining) !== null;
    if (!slow && !dear) board.order[kept++] = place;
    else if (!dear && (quickest < 0 || (board.slowest[place] ?? 0) < (board.slowest[quickest] ?? 0)))
      quickest = place;
  }
  if (kept === board.count) return;
  if (kept === 0 && quickest >= 0) board.order[kept++] = quickest;
  for (let place = 0; place < board.count; place++) {
    if (isKept(board, place, kept)) continue;
    const deployment = board.deployments[place]?.id ?? '';
    const slow = (board.slowest[place] ?? 0) > seconds;
    const why = remaining === null ? null : dearness(board, place, remaining);
    if (slow || why === null)
      dropped.push({
        deployment,
        reason: 'too-slow',
        detail: `${(board.slowest[place] ?? 0).toFixed(1)} s of ${seconds.toFixed(1)} s`,
      });
    else dropped.push({ deployment, ...why });
  }
  board.count = kept;
}

function dearness(
  board: Scoreboard,
  place: number,
  remaining: number,
): { readonly reason: 'no-price' | 'over-budget'; readonly detail: string } | null {
  if (board.deployments[place]?.price === null)
    return { reason: 'no-price', detail: 'nobody knows what it costs, and the budget is hard' };
  const worst = board.worst[place] ?? 0;
  return worst > remaining
    ? { reason: 'over-budget', detail: `up to ${worst} of ${remaining} nano-dollars` }
    : null;
}

function isKept(board: Scoreboard, place: number, kept: number): boolean {
  for (let i = 0; i < kept; i++) if (board.order[i] === place) return true;
  return false;
}

/**
 * With a cost C, a time T, a failure probability f and a value of time v, the score in dollars is
 *
 *     (1 − f)·(C + v·T) + f·(φ·C + v·T_fail + R) + headroom + deadline + ahead
 *
 * where φ is the share of a failed call that is billed, and R what the best candidate costs that does not fail with it. The
 * last term is for conversations: the turns to come are the cheaper, the better this one's provider keeps its beginning.
 */
export function score(board: Scoreboard, constants: RoutingConstants, turnsAhead: number): void {
  const { count, order, cost, time, failureRate, failure, lost, headroom, deadline, provider, priced } =
    board;
  const { total, rank, next, ahead } = board;
  let isAnyPriced = 0;
  for (let i = 0; i < count; i++) isAnyPriced |= priced[order[i] ?? 0] ?? 0;
  // What has no price looks free: it is no measure for the others, unless none has one.
  let best = -1;
  let bestValue = Infinity;
  for (let i = 0; i < count; i++) {
    const place = order[i] ?? 0;
    const value = (cost[place] ?? 0) + (time[place] ?? 0);
    if (value < bestValue && (priced[place] ?? 0) >= isAnyPriced) {
      best = provider[place] ?? 0;
      bestValue = value;
    }
  }
  let nextValue = Infinity;
  let bestNext = bestValue;
  for (let i = 0; i < count; i++) {
    const place = order[i] ?? 0;
    const value = (cost[place] ?? 0) + (time[place] ?? 0);
    if (value < nextValue && provider[place] !== best && (priced[place] ?? 0) >= isAnyPriced)
      nextValue = value;
    if ((next[place] ?? 0) < bestNext && (priced[place] ?? 0) >= isAnyPriced) bestNext = next[place] ?? 0;
  }
  // The cheapest is a fixed point: a candidate that nobody would take must not move the others.
  if (nextValue === Infinity) nextValue = constants.failurePrice * bestValue;
  for (let i = 0; i < count; i++) {
    const place = order[i] ?? 0;
    const rate = failureRate[place] ?? 0;
    const rescue = provider[place] === best ? nextValue : bestValue;
    const failed = rate * ((lost[place] ?? 0) + rescue);
    const succeeded = (1 - rate) * ((cost[place] ?? 0) + (time[place] ?? 0));
    // The next turn goes where it is cheapest: to the cache that this one warms, or to whoever is best now.
    const later = turnsAhead * Math.max(0, Math.min(next[place] ?? 0, bestValue) - bestNext);
    ahead[place] = later;
    const sum = succeeded + failed + later + (headroom[place] ?? 0) + (deadline[place] ?? 0);
    failure[place] = failed;
    total[place] = sum;
    rank[place] = priced[place] === 1 ? sum : sum + unpricedRank;
  }
  sort(board);
}

/** Distances of a shell sort: in place, without a call for each comparison. */
const gaps = [701, 301, 132, 57, 23, 10, 4, 1] as const;

/** Best first. What has no price comes after all that has one: it is not free, its cost is unknown. */
function sort({ order, rank, count }: Scoreboard): void {
  for (const gap of gaps)
    for (let i = gap; i < count; i++) {
      const place = order[i] ?? 0;
      const key = rank[place] ?? 0;
      let hole = i;
      while (hole >= gap) {
        const other = order[hole - gap] ?? 0;
        const otherKey = rank[other] ?? 0;
        if (otherKey < key || (otherKey === key && other < place)) break;
        order[hole] = other;
        hole -= gap;
      }
      order[hole] = place;
    }
}

/** The place of the one with that ID among the candidates. */
export function placeOf(board: Scoreboard, deployment: string): number | null {
  for (let i = 0; i < board.count; i++) {
    const place = board.order[i] ?? 0;
    if (board.deployments[place]?.id === deployment) return place;
  }
  return null;
}

/** All candidates with the terms of their scores: that one first, the others as they are ordered. */
export function candidatesOf(board: Scoreboard, first: number, explored: boolean): readonly Candidate[] {
  const candidates: Candidate[] = [];
  const lead = candidateAt(board, first);
  if (lead !== null) candidates.push(explored ? { ...lead, explored: true } : lead);
  for (let i = 0; i < board.count; i++) {
    const place = board.order[i] ?? 0;
    const candidate = place === first ? null : candidateAt(board, place);
    if (candidate !== null) candidates.push(candidate);
  }
  return candidates;
}

function candidateAt(board: Scoreboard, place: number): Candidate | null {
  const deployment = board.deployments[place];
  if (deployment === undefined) return null;
  const succeeds = 1 - (board.failureRate[place] ?? 0);
  return {
    deployment,
    terms: {
      cost: succeeds * (board.cost[place] ?? 0),
      time: succeeds * (board.time[place] ?? 0),
      failure: board.failure[place] ?? 0,
      headroom: board.headroom[place] ?? 0,
      deadline: board.deadline[place] ?? 0,
      ahead: board.ahead[place] ?? 0,
      total: board.total[place] ?? 0,
    },
    worst: board.worst[place] ?? 0,
  };
}
