import type { Deployment, PriceVersion, QuotaPool } from '../../catalogue/deployment.js';
import type { CallObservation, RouteRequest } from '../route.js';

/** Nano-dollars per million tokens. */
export function price(input: number, output: number, more: Partial<PriceVersion> = {}): PriceVersion {
  const none = { cacheRead: null, cacheWrite: null, request: 0 };
  return { id: `${input}/${output}`, effectiveFrom: 0, input, output, ...none, ...more };
}

export function pool(id: string, more: Partial<QuotaPool> = {}): QuotaPool {
  const unknown = { requestsPerMinute: null, inputTokensPerMinute: null, outputTokensPerMinute: null };
  return { id, concurrency: null, ...unknown, ...more };
}

/** A deployment named `provider/name`. */
export function offer(name: string, more: Partial<Deployment> = {}): Deployment {
  const provider = name.split('/')[0] ?? name;
  return {
    id: name,
    provider: 'openai',
    region: null,
    account: 'default',
    model: name,
    family: name,
    grade: 2,
    abilities: ['tools', 'streaming'],
    contextWindow: 200_000,
    maxOutputTokens: 16_000,
    price: price(1e9, 4e9),
    pools: [],
    domains: [provider],
    ...more,
  };
}

export function ask(offers: readonly Deployment[], more: Partial<RouteRequest> = {}): RouteRequest {
  return {
    tenant: 'acme',
    model: 'nexus:standard',
    offers,
    abilities: [],
    inputTokens: 1_000,
    prefixTokens: 0,
    outputTokens: { p50: 200, p95: 600 },
    maxOutputTokens: 2_000,
    deadlineMs: null,
    timeValue: 200_000,
    remaining: null,
    affinity: null,
    explores: false,
    ...more,
  };
}

/** A call that was answered: 500 ms to the first token, 100 tokens a second. */
export function seen(deployment: string, at: number, more: Partial<CallObservation> = {}): CallObservation {
  return {
    deployment,
    outcome: 'answered',
    at,
    totalMs: 2_500,
    firstTokenMs: 500,
    inputTokens: 1_000,
    cachedTokens: 0,
    outputTokens: 201,
    affinity: null,
    ...more,
  };
}
