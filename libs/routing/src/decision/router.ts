import type { BreakerState } from '../breaker/breaker-board.js';
import type { Deployment } from '../catalogue/deployment.js';
import { createHealthMemory, type HealthReport } from '../health/health-memory.js';
import type { StoredHealth } from '../health/health-sums.js';
import { firstTokenSeconds } from '../health/outlook.js';
import { choose } from './choose.js';
import { type FilterSources, refusedFor } from './hard-filters.js';
import type { Dropped, Router } from './route.js';
import { routingConstants, type RoutingConstants } from './routing-constants.js';
import { candidatesOf, clear, createScoreboard, dropSlowAndDear, enter, score } from './scoreboard.js';

export interface RouterDeps extends FilterSources {
  /** From 0 to below 1. Seeded, a decision can be repeated. */
  readonly random: () => number;
  readonly constants?: Partial<RoutingConstants>;
}

/** What is known of a deployment, for people. */
export interface DeploymentHealth {
  /** For a request of a thousand tokens. */
  readonly firstTokenMs: { readonly p50: number; readonly p95: number };
  readonly tokensPerSecond: number;
  readonly errorRate: number;
  readonly limitRate: number;
  readonly inFlight: number;
  /** Null: never called, as far as this process knows. */
  readonly seenAt: number | null;
}

/** A router that shares what it sees with those of the other workers. */
export interface SharingRouter extends Router {
  /** What was seen since this was last asked; for the other workers. */
  report(worker: string, now: number): HealthReport;
  /** What another worker has reported; each report once. */
  merge(report: HealthReport, now: number): void;
  /** All that is remembered, for a worker that starts. */
  snapshot(now: number): Readonly<Record<string, StoredHealth>>;
  restore(stored: Readonly<Record<string, StoredHealth>>): void;
  health(deployment: Deployment, now: number): DeploymentHealth;
}

/**
 * Decides from process memory: hard filters, a score in dollars, a choice among those that are nearly as good. `limited` takes
 * the name of a pool, of a failure domain (a key) or of a deployment; `Infinity` disables it and 0 lifts that. An affinity
 * has the tenant in it: what is warm for one is nobody else's business.
 */
export function createRouter(deps: RouterDeps): SharingRouter {
  const constants = { ...routingConstants, ...deps.constants };
  const memory = createHealthMemory();
  const board = createScoreboard();
  let breaker: BreakerState = 'CLOSED';
  const seen = (state: BreakerState): void => {
    breaker = state;
  };

  return {
    decide(request, now) {
      const { offers, affinity } = request;
      const floor = deps.floor?.(request.model) ?? null;
      const warm = affinity === null || !constants.sticks ? [] : memory.warm.of(affinity, now);
      if (affinity !== null) memory.warm.ask(affinity, request.prefixTokens);
      const dropped: Dropped[] = [];
      clear(board, offers.length);
      const memories = memory.ofAll(offers, now);
      for (let i = 0; i < offers.length; i++) {
        const deployment = offers[i];
        const known = memories[i];
        if (deployment === undefined || known === undefined) continue;
        const refused = refusedFor(deps, request, floor, deployment, known, now, seen);
        if (refused !== null) {
          dropped.push(refused);
          continue;
        }
        let warmTokens = 0;
        for (const prefix of warm) if (prefix.deployment === deployment.id) warmTokens = prefix.tokens;
        enter(board, constants, request, deployment, known, warmTokens, breaker);
      }
      dropSlowAndDear(board, request, dropped);
      if (board.count === 0) return { candidates: [], dropped, retryAt: earliest(dropped) };
      score(board, constants, affinity === null || !constants.sticks ? 0 : memory.warm.turnsAhead());
      const first = choose(board, constants, request, warm[0]?.deployment ?? null, deps.random, now);
      return { candidates: candidatesOf(board, first.place, first.explored), dropped, retryAt: null };
    },
    begun: (deployment, now) => memory.begun(deployment, now),
    observed: (call) => memory.observed(call),
    limited: (name, until) => memory.setAside(name, until),
    report: (worker, now) => memory.report(worker, now),
    merge: (report, now) => memory.merge(report, now),
    snapshot: (now) => memory.snapshot(now),
    restore: (stored) => memory.restore(stored),
    health(deployment, now) {
      const { outlook, inFlight, elsewhere, sums } = memory.of(deployment, now);
      const p50 = firstTokenSeconds(outlook, 1) * 1000;
      return {
        firstTokenMs: { p50, p95: p50 * outlook.firstTokenSpread },
        tokensPerSecond: outlook.tokensPerSecond,
        errorRate: outlook.errorRate,
        limitRate: outlook.limitRate,
        inFlight: inFlight + elsewhere,
        seenAt: sums.seenAt,
      };
    },
  };
}

/** Only what time mends gives a moment to come back at. */
function earliest(dropped: readonly Dropped[]): number | null {
  const times = dropped.flatMap(({ availableAt }) => availableAt ?? []);
  return times.length === 0 ? null : Math.min(...times);
}
