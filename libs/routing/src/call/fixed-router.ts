import type { Deployment } from '../catalogue/deployment.js';
import type { Candidate, Dropped, RouteRequest, Router } from '../decision/route.js';
import { listedCost } from './worst-cost.js';

/**
 * Takes deployments as they are offered, without those whose limits are used up: where no better router is wired. A better
 * and dearer model does not stand in for one that fails.
 */
export function createFixedRouter(): Router {
  const closedUntil = new Map<string, number>();

  function coolingDown({ id, pools }: Deployment, now: number): Dropped | null {
    const until = Math.max(0, ...pools.map((pool) => closedUntil.get(pool.id) ?? 0));
    if (until <= now) return null;
    const detail = `its limits open again at ${new Date(until).toISOString()}`;
    return { deployment: id, reason: 'cooling-down', detail, availableAt: until };
  }

  return {
    decide(request, now) {
      const dropped: Dropped[] = [];
      const candidates: Candidate[] = [];
      for (const offer of request.offers) {
        if (offer.grade !== request.offers[0]?.grade) continue;
        const drop = coolingDown(offer, now);
        if (drop === null) candidates.push(candidateOf(offer, request));
        else dropped.push(drop);
      }
      const times = dropped.flatMap(({ availableAt }) => (availableAt === undefined ? [] : [availableAt]));
      const retryAt = candidates.length > 0 || times.length === 0 ? null : Math.min(...times);
      return { candidates, dropped, retryAt };
    },
    begun: () => undefined,
    observed: () => undefined,
    limited: (pool, until) => void closedUntil.set(pool, Math.max(until, closedUntil.get(pool) ?? 0)),
  };
}

function candidateOf(deployment: Deployment, request: RouteRequest): Candidate {
  const { inputTokens, outputTokens, maxOutputTokens } = request;
  const cost = listedCost(deployment, inputTokens, outputTokens.p50) / 1e9;
  const terms = { cost, time: 0, failure: 0, headroom: 0, deadline: 0, total: cost };
  return { deployment, terms, worst: listedCost(deployment, inputTokens, maxOutputTokens) };
}
