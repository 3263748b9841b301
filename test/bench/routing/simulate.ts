import type { Tried } from '../../../libs/routing/src/decision/next-hop.js';
import { createQueue } from './queue.js';
import type { SimulatedRequest } from './requests.js';
import { blameOf, type CallPlan, type Strategy } from './strategy.js';
import type { World } from './world.js';

/** How one request went. */
export interface RequestOutcome {
  readonly request: SimulatedRequest;
  ok: boolean;
  endedAt: number;
  firstTokenMs: number | null;
  usd: number;
  /** Of that, paid for calls that failed. */
  wasted: number;
  calls: number;
  cached: number;
  /** Where it was tried first. */
  first: string | null;
}

const mostHops = 3;
const mostAttempts = 4;
const backoffMs = 2_000;

/**
 * Plays the requests in virtual time. The shell is the same for all strategies and follows the design: three hops in an
 * attempt, four attempts with back-off (or when the strategy says that waiting helps), all within the deadline.
 */
export function simulate(
  world: World,
  requests: readonly SimulatedRequest[],
  strategy: Strategy,
): readonly RequestOutcome[] {
  const queue = createQueue();
  const outcomes = requests.map((request): RequestOutcome => {
    const outcome = {
      request,
      ok: false,
      endedAt: request.at,
      firstTokenMs: null,
      usd: 0,
      wasted: 0,
      calls: 0,
      cached: 0,
      first: null,
    };
    queue.add(request.at, (now) => attempt(outcome, 0, now));
    return outcome;
  });

  function attempt(outcome: RequestOutcome, nth: number, now: number): void {
    const { request } = outcome;
    const left = request.at + request.deadlineMs - now;
    outcome.endedAt = now;
    if (left <= 0) return;
    hop(outcome, nth, strategy.plan(request, now, left), [], now, null);
  }

  function hop(
    outcome: RequestOutcome,
    nth: number,
    plan: CallPlan,
    tried: readonly Tried[],
    now: number,
    retryAfterMs: number | null,
  ): void {
    const { request } = outcome;
    const leftMs = request.at + request.deadlineMs - now;
    outcome.endedAt = now;
    if (leftMs <= 0) return;
    // A refusal of a breaker counts as a hop from the next one on: a little to the router's disadvantage.
    const hops = tried.length;
    const refused = [...tried];
    for (;;) {
      const id = hops >= mostHops ? null : plan.next(refused);
      if (id === null) return again(outcome, nth, plan, now, retryAfterMs);
      const ended = strategy.enter(id, request, now);
      if (ended !== null) return call(outcome, nth, plan, refused, id, ended, now, leftMs);
      refused.push({ deployment: id, blame: { kind: 'deployment' } });
    }
  }

  function call(
    outcome: RequestOutcome,
    nth: number,
    plan: CallPlan,
    tried: readonly Tried[],
    id: string,
    ended: NonNullable<ReturnType<Strategy['enter']>>,
    now: number,
    leftMs: number,
  ): void {
    const { request } = outcome;
    outcome.first ??= id;
    // The n-th call of a request at a deployment has the same luck, whatever was tried elsewhere.
    const luck = nth * 10 + tried.filter((one) => one.deployment === id).length;
    const result = world.begin(id, request, luck, now, leftMs);
    outcome.calls += 1;
    queue.add(now + result.totalMs, (end) => {
      world.end(id, request, result, end);
      ended(result, end);
      outcome.usd += result.usd;
      outcome.endedAt = end;
      if (result.kind === 'ok') {
        outcome.ok = true;
        outcome.cached = result.cached;
        outcome.firstTokenMs = now - request.at + (result.firstTokenMs ?? 0);
        return;
      }
      outcome.wasted += result.usd;
      const provider = world.truthOf(id, request, end).provider;
      const next = [...tried, { deployment: id, blame: blameOf(result, provider, id) }];
      hop(outcome, nth, plan, next, end, result.retryAfterMs);
    });
  }

  function again(
    outcome: RequestOutcome,
    nth: number,
    plan: CallPlan,
    now: number,
    retryAfterMs: number | null,
  ): void {
    if (nth + 1 >= mostAttempts) return;
    const wait = plan.retryAt === null ? (retryAfterMs ?? backoffMs * 2 ** nth) : plan.retryAt - now;
    const at = now + Math.max(100, wait);
    if (at < outcome.request.at + outcome.request.deadlineMs)
      queue.add(at, (then) => attempt(outcome, nth + 1, then));
  }

  queue.run();
  return outcomes;
}
