import type { BreakerState } from '../breaker/breaker-board.js';
import type { Deployment } from '../catalogue/deployment.js';
import type { DeploymentMemory } from '../health/health-memory.js';
import { exhausted } from '../health/pool-usage.js';
import type { Dropped, RouteRequest } from './route.js';

/** What the filters ask beyond the request: rules of the tenant, breakers. All of it from memory. */
export interface FilterSources {
  /** Null: allowed; else why this tenant may not use it (data policy, region, deny list). */
  readonly refusal?: (tenant: string, deployment: Deployment) => string | null;
  /** The lowest grade that will do for that model; null: any. */
  readonly floor?: (model: string) => number | null;
  readonly breakers: (deployment: string, now: number) => BreakerGlance;
}

/** As much of a breaker as a decision needs. `availableAt`: before that, not even a probe is let through. */
export interface BreakerGlance {
  readonly state: BreakerState;
  readonly availableAt: number | null;
}

const inputMargin = 1.05;
/** Providers count what may be written against their limits; this is what is likely to be. */
const outputMargin = 1.5;

/**
 * The filters that need no score, cheapest first. Null: it passes. A breaker is asked once; what it said is given to
 * `seen`, because the score needs it as well.
 */
export function refusedFor(
  sources: FilterSources,
  request: RouteRequest,
  floor: number | null,
  deployment: Deployment,
  memory: DeploymentMemory,
  now: number,
  seen: (state: BreakerState) => void,
): Dropped | null {
  const { id } = deployment;
  const refusal = sources.refusal?.(request.tenant, deployment) ?? null;
  if (refusal !== null) return { deployment: id, reason: 'not-allowed', detail: refusal };
  if (memory.asideUntil > now) return setAside(memory);
  for (const ability of request.abilities)
    if (!deployment.abilities.includes(ability))
      return { deployment: id, reason: 'no-ability', detail: `it has no ${ability}` };
  const needed = request.inputTokens * inputMargin + request.maxOutputTokens;
  if (needed > deployment.contextWindow)
    return {
      deployment: id,
      reason: 'context-too-small',
      detail: `${Math.ceil(needed)} tokens do not fit in ${deployment.contextWindow}`,
    };
  if (request.maxOutputTokens > deployment.maxOutputTokens)
    return {
      deployment: id,
      reason: 'context-too-small',
      detail: `it writes ${deployment.maxOutputTokens} tokens at most, not ${request.maxOutputTokens}`,
    };
  if (floor !== null && deployment.grade !== null && deployment.grade < floor)
    return { deployment: id, reason: 'grade-too-low', detail: `grade ${deployment.grade} of ${floor}` };
  const breaker = sources.breakers(id, now);
  const probes = isProbing(breaker, now);
  if (breaker.state !== 'CLOSED' && !probes) return brokenOff(id, breaker);
  seen(probes ? 'HALF_OPEN' : 'CLOSED');
  const output = Math.min(request.maxOutputTokens, request.outputTokens.p95 * outputMargin);
  for (let i = 0; i < deployment.pools.length; i++) {
    const pool = deployment.pools[i];
    const usage = memory.pools[i];
    if (pool === undefined || usage === undefined) continue;
    const full = exhausted(usage, pool, request.inputTokens, output, now);
    if (full !== null)
      return {
        deployment: id,
        reason: 'pool-exhausted',
        detail: `${full.limit} of ${pool.id}`,
        availableAt: full.until,
      };
  }
  return null;
}

/** An open breaker is half-open from its time on: only somebody who comes finds that out. */
function isProbing({ state, availableAt }: BreakerGlance, now: number): boolean {
  return availableAt === null ? state === 'HALF_OPEN' : state !== 'CLOSED' && availableAt <= now;
}

/** Set aside for ever is a fault that time does not mend: a dead key, a model that is gone. */
function setAside({ id, asideFor, asideUntil }: DeploymentMemory): Dropped {
  return Number.isFinite(asideUntil)
    ? { deployment: id, reason: 'cooling-down', detail: asideFor, availableAt: asideUntil }
    : { deployment: id, reason: 'disabled', detail: asideFor };
}

function brokenOff(deployment: string, { state, availableAt }: BreakerGlance): Dropped {
  const dropped = { deployment, reason: 'breaker-open', detail: state } as const;
  return availableAt === null ? dropped : { ...dropped, availableAt };
}
