import { nextHop } from '../../../libs/routing/src/decision/next-hop.js';
import type { CallOutcome, RouteRequest } from '../../../libs/routing/src/decision/route.js';
import { createRouter } from '../../../libs/routing/src/decision/router.js';
import type { RoutingConstants } from '../../../libs/routing/src/decision/routing-constants.js';
import { createPcg } from './pcg.js';
import type { SimulatedRequest } from './requests.js';
import { createSimulatedBreakers } from './simulated-breakers.js';
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

/** The production router, with time, luck and breakers given to it. Several workers tell each other what they saw. */
export function routerStrategy(world: World, seed: number, settings: RouterSettings = {}): Strategy {
  const random = createPcg(seed + 1_000_003);
  const breakers = createSimulatedBreakers(random);
  const guarded = settings.breakers ?? true;
  const routers = Array.from({ length: settings.workers ?? 1 }, () =>
    createRouter({
      random: random.next,
      breakers: guarded ? breakers.glance : () => ({ state: 'CLOSED', availableAt: null }),
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
      exchange(now);
      const decision = workerOf(request)?.decide(routeRequest(world, request, now, leftMs), now);
      if (decision === undefined) return { next: () => null, retryAt: null };
      return {
        next: (tried) => nextHop(decision, tried).candidate?.deployment.id ?? null,
        retryAt: decision.retryAt,
      };
    },
    enter(id, request, now) {
      const permit = guarded ? breakers.enter(id, now) : () => undefined;
      if (permit === null) return null;
      const router = workerOf(request);
      router?.begun(id, now);
      return (result, at) => {
        const outcome = outcomeOf[result.kind];
        const neutral = outcome === 'neutral' || outcome === 'limited';
        permit(outcome === 'answered' ? 'ok' : neutral ? 'neutral' : 'failed', at);
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
