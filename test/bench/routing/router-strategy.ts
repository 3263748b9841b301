import type { BreakerPermit } from '../../../libs/routing/src/breaker/breaker-board.js';
import { createLocalBoard } from '../../../libs/routing/src/breaker/local-board.js';
import { nextHop } from '../../../libs/routing/src/decision/next-hop.js';
import type { CallOutcome, RouteRequest } from '../../../libs/routing/src/decision/route.js';
import { createRouter } from '../../../libs/routing/src/decision/router.js';
import type { RoutingConstants } from '../../../libs/routing/src/decision/routing-constants.js';
import { createPcg } from './pcg.js';
import type { SimulatedRequest } from './requests.js';
import type { Strategy } from './strategy.js';
import type { CallResult, World } from './world.js';

export interface RouterSettings {
  readonly constants?: Partial<RoutingConstants>;
  readonly breakers?: boolean;
  readonly workers?: number;
}

const outcomeOf: Readonly<Record<CallResult['kind'], CallOutcome>> = {
  ok: 'answered',
  error: 'failed',
  cut: 'failed',
  denied: 'neutral',
  limited: 'limited',
  hung: 'slow',
};
const exchangeMs = 2_000;
const unguarded: BreakerPermit = { end: () => undefined, failedLater: () => undefined };

/**
 * The production router and the production breakers, with time and luck given to them. Several workers tell each other what
 * they saw; their breakers are in step at once, which in production takes up to a second.
 */
export function routerStrategy(world: World, seed: number, settings: RouterSettings = {}): Strategy {
  const random = createPcg(seed + 1_000_003);
  let clock = 0;
  const names = world.offers(0).map(({ id }) => id);
  const board = createLocalBoard({ now: () => clock, random: random.next, groups: () => [names] });
  const guarded = settings.breakers ?? true;
  const routers = Array.from({ length: settings.workers ?? 1 }, () =>
    createRouter({
      random: random.next,
      breakers: guarded ? board.view : () => ({ state: 'CLOSED', availableAt: null }),
      ...(settings.constants && { constants: settings.constants }),
    }),
  );
  const [only] = routers;
  let exchangedAt = 0;
  const workerOf = (request: SimulatedRequest) => routers[request.number % routers.length] ?? only;

  function exchange(now: number): void {
    if (routers.length < 2 || now - exchangedAt < exchangeMs) return;
    exchangedAt = now;
    const reports = routers.map((router, i) => router.report(`worker-${i}`, now));
    for (const [i, router] of routers.entries())
      for (const [from, report] of reports.entries()) if (from !== i) router.merge(report, now);
  }

  return {
    plan(request, now, leftMs) {
      clock = now;
      exchange(now);
      const decision = workerOf(request)?.decide(routeRequest(world, request, now, leftMs), now);
      if (decision === undefined) return { next: () => null, retryAt: null };
      return {
        next: (tried) => nextHop(decision, tried).candidate?.deployment.id ?? null,
        retryAt: decision.retryAt,
      };
    },
    enter(id, request, now) {
      clock = now;
      const permit = guarded ? board.enterNow(id, now) : unguarded;
      if (permit === null) return null;
      const router = workerOf(request);
      router?.begun(id, now);
      return (result, at) => {
        const outcome = outcomeOf[result.kind];
        const neutral = outcome === 'neutral' || outcome === 'limited';
        clock = at;
        permit.end(
          outcome === 'answered'
            ? { kind: 'ok' }
            : neutral
              ? { kind: 'neutral' }
              : { kind: 'failed', reason: result.kind },
        );
        // The call path does this too: a key that is refused is disabled, a limit with a time is kept.
        if (result.kind === 'denied') router?.limited(id, Infinity);
        if (result.retryAfterMs !== null)
          limitedUntil(world, id, at + result.retryAfterMs, at, router?.limited);
        router?.observed({
          deployment: id,
          outcome,
          at,
          totalMs: result.totalMs,
          firstTokenMs: result.firstTokenMs,
          inputTokens: request.input,
          cachedTokens: result.cached,
          outputTokens: result.output,
          billedShare: result.usd > 0 ? 1 : 0,
          affinity: request.affinity,
        });
      };
    },
  };
}

function limitedUntil(
  world: World,
  id: string,
  until: number,
  now: number,
  limited: ((pool: string, until: number) => void) | undefined,
): void {
  const pool = world.offers(now).find((one) => one.id === id)?.pools[0]?.id;
  limited?.(pool ?? id, until);
}

function routeRequest(world: World, request: SimulatedRequest, now: number, leftMs: number): RouteRequest {
  return {
    tenant: 'bench',
    model: 'nexus:standard',
    offers: world.offers(now),
    abilities: [],
    inputTokens: request.input,
    prefixTokens: request.prefix,
    outputTokens: request.expected,
    maxOutputTokens: 8_192,
    deadlineMs: leftMs,
    timeValue: request.timeValue * 1e9,
    remaining: null,
    affinity: request.affinity,
    explores: true,
  };
}
