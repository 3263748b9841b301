import type { RouteRequest } from './route.js';
import type { RoutingConstants } from './routing-constants.js';
import { placeOf, type Scoreboard } from './scoreboard.js';

export interface Choice {
  /** Its place on the board. */
  readonly place: number;
  readonly explored: boolean;
}

/** Which of the scored candidates is tried first. `warmest`: where the conversation was answered last. */
export function choose(
  board: Scoreboard,
  constants: RoutingConstants,
  request: RouteRequest,
  warmest: string | null,
  random: () => number,
  now: number,
): Choice {
  const tried =
    request.explores && board.count > 1 ? triedOut(board, constants, request, random(), now) : null;
  if (tried !== null) return { place: tried, explored: true };
  const best = board.order[0] ?? 0;
  const incumbent = warmest === null ? null : placeOf(board, warmest);
  if (incumbent === null) return { place: sampled(board, constants, random), explored: false };
  const stays = totalAt(board, incumbent) * (1 - constants.switchMargin) <= totalAt(board, best);
  return { place: stays ? incumbent : best, explored: false };
}

/**
 * Where many callers decide alike at once, all would go to the same place: so those that are nearly as good share the traffic,
 * and of two equal replicas the one with the shorter queue takes it.
 */
function sampled(board: Scoreboard, constants: RoutingConstants, random: () => number): number {
  const best = board.order[0] ?? 0;
  const least = totalAt(board, best);
  const width = least * constants.temperature;
  const unpriced = isUnpriced(board, best);
  let last = 1;
  let weights = 1;
  for (; last < board.count; last++) {
    const place = board.order[last] ?? 0;
    const weight = weightOf(totalAt(board, place) - least, width);
    if (weight < 0.001 || isUnpriced(board, place) !== unpriced) break;
    weights += weight;
  }
  if (last === 1) return best;
  let left = random() * weights;
  let chosen = best;
  for (let i = 0; i < last; i++) {
    chosen = board.order[i] ?? 0;
    left -= weightOf(totalAt(board, chosen) - least, width);
    if (left < 0) break;
  }
  const rival = board.order[Math.min(last - 1, Math.floor(random() * last))] ?? best;
  return areReplicas(board, chosen, rival) && (board.wait[rival] ?? 0) < (board.wait[chosen] ?? 0)
    ? rival
    : chosen;
}

function weightOf(more: number, width: number): number {
  if (more <= 0) return 1;
  return width > 0 ? Math.exp(-more / width) : 0;
}

/** One that is tried out, to learn about it or to probe it: seldom, and at a bounded price. Null most of the time. */
function triedOut(
  board: Scoreboard,
  constants: RoutingConstants,
  request: RouteRequest,
  draw: number,
  now: number,
): number | null {
  const { exploredCalls, probedCalls, warmTokens, exploredWithin } = constants;
  if (draw >= Math.max(exploredCalls * 2, board.probes ? probedCalls : 0)) return null;
  const best = board.order[0] ?? 0;
  if ((board.warm[best] ?? 0) > warmTokens) return null;
  if (request.remaining !== null && request.remaining < 10 * (board.worst[best] ?? 0)) return null;
  const most = totalAt(board, best) * exploredWithin;
  const seconds = request.deadlineMs === null ? Infinity : request.deadlineMs / 1000;
  let halfOpen: number | null = null;
  let stalest: number | null = null;
  for (let i = 1; i < board.count; i++) {
    const place = board.order[i] ?? 0;
    if (seconds < 2 * (board.slowest[place] ?? 0) || isUnpriced(board, place)) continue;
    if (board.probing[place] === 1) {
      // Its score is bad because it was: what counts is how good it would be if it were back.
      if ((board.cost[place] ?? 0) + (board.time[place] ?? 0) <= most) halfOpen ??= place;
    } else if (
      totalAt(board, place) <= most &&
      (stalest === null || seenAt(board, place) < seenAt(board, stalest))
    )
      stalest = place;
  }
  if (halfOpen !== null && draw < probedCalls) return halfOpen;
  if (stalest === null) return null;
  const stale = now - seenAt(board, stalest) > constants.staleMs;
  const excess = totalAt(board, stalest) - totalAt(board, best);
  return draw < explorationChance(constants, excess, totalAt(board, best), stale) ? stalest : null;
}

/** The dearer, the more seldom, so that what is spent on learning is bounded too. */
function explorationChance(
  { exploredCalls, exploredCost }: RoutingConstants,
  excess: number,
  least: number,
  stale: boolean,
): number {
  const most = stale ? exploredCalls * 2 : exploredCalls;
  return excess > 0 ? Math.min(most, (exploredCost * least) / excess) : most;
}

function totalAt(board: Scoreboard, place: number): number {
  return board.total[place] ?? 0;
}

function seenAt(board: Scoreboard, place: number): number {
  return board.memories[place]?.sums.seenAt ?? -Infinity;
}

function isUnpriced(board: Scoreboard, place: number): boolean {
  return board.priced[place] === 0;
}

function areReplicas(board: Scoreboard, one: number, other: number): boolean {
  const [a, b] = [board.deployments[one], board.deployments[other]];
  return a !== undefined && b !== undefined && a.family === b.family && board.cost[one] === board.cost[other];
}
