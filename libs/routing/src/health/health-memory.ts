import type { Deployment } from '../catalogue/deployment.js';
import type { CallObservation } from '../decision/route.js';
import {
  fadeTo,
  type HealthSums,
  mergeHealth,
  noHealth,
  readHealth,
  type StoredHealth,
  storedHealth,
} from './health-sums.js';
import { observeCall } from './observe-call.js';
import { type CallsUnderWay, endCall, noCalls, noteAnswer, silenceOf } from './calls-under-way.js';
import { noSilence, type Outlook, outlookOf } from './outlook.js';
import { draw, fullness, learnLimit, noUsage, type PoolUsage } from './pool-usage.js';
import { createWarmPrefixes, type WarmPrefix, type WarmPrefixes } from './warm-prefixes.js';

/** What one worker tells the others: what it has seen since it last did. */
export interface HealthReport {
  readonly worker: string;
  readonly at: number;
  readonly deployments: Readonly<Record<string, StoredHealth>>;
  readonly inFlight: Readonly<Record<string, number>>;
  /** Where conversations were answered: the next turn may come to another worker. */
  readonly warm: Readonly<Record<string, WarmPrefix>>;
  readonly pools: Readonly<Record<string, { requests: number; inputTokens: number; outputTokens: number }>>;
}

/** Everything this process remembers of one deployment. Changed in place, read without copying. */
export interface DeploymentMemory {
  readonly id: string;
  readonly sums: HealthSums;
  outlook: Outlook;
  /** Equal for those of one provider: what fails together at worst. */
  provider: number;
  inFlight: number;
  /** Calls that the other workers have said to be making. */
  elsewhere: number;
  /** Usage of each of its pools, in their order. */
  pools: readonly PoolUsage[];
  /** How full the fullest of them is, as of the outlook, and the fewest calls at once that one bears; null: not known. */
  fullness: number;
  concurrency: number | null;
  /** Until when it, one of its pools or what it fails together with is set aside; 0: it is not. */
  asideUntil: number;
  asideFor: string;
}

/** The health of all deployments, as far as this process knows. */
export interface HealthMemory {
  readonly warm: WarmPrefixes;
  /** For a decision: with an outlook that is at most a second old. */
  of(deployment: Deployment, now: number): DeploymentMemory;
  /** The same for each of them; quick for a list that was asked for before. */
  ofAll(deployments: readonly Deployment[], now: number): readonly DeploymentMemory[];
  begun(deployment: string, now: number): void;
  observed(call: CallObservation): void;
  /** Sets aside what draws on that pool, fails with that domain, or is that deployment. The later moment counts; 0 lifts it. */
  setAside(name: string, until: number): void;
  /** What was seen since this was last asked. */
  report(worker: string, now: number): HealthReport;
  merge(report: HealthReport, now: number): void;
  snapshot(now: number): Readonly<Record<string, StoredHealth>>;
  restore(stored: Readonly<Record<string, StoredHealth>>): void;
}

const outlookMs = 1_000;
/** A worker that has said nothing for that long has no calls in flight. */
const silentMs = 15_000;

interface Kept extends DeploymentMemory {
  sums: HealthSums;
  /** Seen since the last report. */
  unreported: HealthSums;
  outlookAt: number;
  stale: boolean;
  deployment: Deployment | null;
  asideVersion: number;
  readonly underWay: CallsUnderWay;
}

export function createHealthMemory(): HealthMemory {
  const deployments = new Map<string, Kept>();
  const pools = new Map<string, { usage: PoolUsage; unreported: PoolUsage }>();
  const aside = new Map<string, number>();
  const workers = new Map<string, { at: number; inFlight: Readonly<Record<string, number>> }>();
  const warm = createWarmPrefixes();
  const providers = new Map<string, number>();
  let asideVersion = 0;
  let lastOffers: readonly Deployment[] = [];
  let lastMemories: readonly Kept[] = [];

  function byId(id: string, now: number): Kept {
    const known = deployments.get(id);
    if (known !== undefined) return known;
    const sums = noHealth(now);
    const made: Kept = {
      id,
      sums,
      unreported: noHealth(now),
      outlook: outlookOf(sums, noSilence),
      underWay: noCalls(),
      outlookAt: now,
      stale: false,
      deployment: null,
      provider: -1,
      inFlight: 0,
      elsewhere: 0,
      pools: [],
      fullness: 0,
      concurrency: null,
      asideUntil: 0,
      asideFor: '',
      asideVersion: -1,
    };
    deployments.set(id, made);
    return made;
  }

  function numberOf(provider: string): number {
    const known = providers.get(provider) ?? providers.size;
    providers.set(provider, known);
    return known;
  }

  function poolOf(id: string, now: number) {
    const known = pools.get(id);
    if (known !== undefined) return known;
    const made = { usage: noUsage(id, now), unreported: noUsage(id, now) };
    pools.set(id, made);
    return made;
  }

  /** What is set aside is looked up once after each change, not for every decision. */
  function findAside(kept: Kept, deployment: Deployment): void {
    kept.asideVersion = asideVersion;
    kept.asideUntil = 0;
    const names = [deployment.id, ...deployment.domains, ...deployment.pools.map((pool) => pool.id)];
    for (const name of names) {
      const until = aside.get(name) ?? 0;
      if (until <= kept.asideUntil) continue;
      kept.asideUntil = until;
      kept.asideFor = name;
    }
  }

  function upToDate(kept: Kept, deployment: Deployment, now: number): Kept {
    if (kept.deployment !== deployment) {
      kept.deployment = deployment;
      kept.provider = numberOf(deployment.domains[0] ?? deployment.provider);
      kept.pools = deployment.pools.map((pool) => poolOf(pool.id, now).usage);
      const limits = deployment.pools.flatMap(({ concurrency }) => concurrency ?? []);
      kept.concurrency = limits.length === 0 ? null : Math.min(...limits);
      kept.asideVersion = -1;
      kept.stale = true;
    }
    if (kept.asideVersion !== asideVersion) findAside(kept, deployment);
    if (kept.stale || now - kept.outlookAt > outlookMs) lookAgain(kept, now);
    return kept;
  }

  function lookAgain(kept: Kept, now: number): void {
    fadeTo(kept.sums, now);
    kept.outlook = outlookOf(kept.sums, silenceOf(kept.underWay, now));
    if (kept.deployment !== null) kept.fullness = fullest(kept.pools, kept.deployment, now);
    kept.outlookAt = now;
    kept.stale = false;
  }

  function countElsewhere(now: number): void {
    for (const [worker, { at }] of workers) if (now - at > silentMs) workers.delete(worker);
    for (const kept of deployments.values()) {
      kept.elsewhere = 0;
      for (const { inFlight } of workers.values()) kept.elsewhere += inFlight[kept.id] ?? 0;
    }
  }

  return {
    warm,
    of: (deployment, now) => upToDate(byId(deployment.id, now), deployment, now),

    ofAll(offers, now) {
      if (offers !== lastOffers) {
        lastOffers = offers;
        lastMemories = offers.map(({ id }) => byId(id, now));
      }
      for (let i = 0; i < offers.length; i++) {
        const kept = lastMemories[i];
        const deployment = offers[i];
        if (kept !== undefined && deployment !== undefined) upToDate(kept, deployment, now);
      }
      return lastMemories;
    },

    begun(id, now) {
      const kept = byId(id, now);
      kept.inFlight += 1;
      kept.underWay.starts.push(now);
      kept.stale = true;
      for (const { id: pool } of kept.pools) {
        const { usage, unreported } = poolOf(pool, now);
        usage.inFlight += 1;
        draw(usage, 1, 0, 0, now);
        draw(unreported, 1, 0, 0, now);
      }
    },

    observed(call) {
      const kept = byId(call.deployment, call.at);
      kept.inFlight = Math.max(0, kept.inFlight - 1);
      endCall(kept.underWay, call.at - call.totalMs);
      if (call.outcome === 'answered') noteAnswer(kept.underWay, call.at, call.totalMs);
      for (const { id: pool } of kept.pools) {
        const { usage, unreported } = poolOf(pool, call.at);
        usage.inFlight = Math.max(0, usage.inFlight - 1);
        // What was refused was not drawn; what failed has been read, most of the time.
        const input = call.outcome === 'limited' ? 0 : call.inputTokens;
        draw(usage, 0, input, call.outputTokens, call.at);
        draw(unreported, 0, input, call.outputTokens, call.at);
        if (call.outcome === 'limited') learnLimit(usage, call.at);
      }
      const began = call.at - call.totalMs;
      const prefix = call.affinity === null ? 0 : warm.expected(call.affinity, call.deployment, began);
      const warmTokens = Math.min(prefix, call.inputTokens);
      if (kept.stale) lookAgain(kept, call.at);
      observeCall(kept.sums, call, kept.outlook, warmTokens);
      observeCall(kept.unreported, call, kept.outlook, warmTokens);
      kept.stale = true;
      if (call.affinity !== null && call.outcome === 'answered')
        warm.note(call.affinity, { deployment: call.deployment, tokens: call.inputTokens, at: call.at });
    },

    setAside(name, until) {
      if (until <= 0) aside.delete(name);
      else aside.set(name, Math.max(aside.get(name) ?? 0, until));
      asideVersion += 1;
    },

    report(worker, now) {
      const seen = [...deployments.values()].filter((kept) => kept.unreported.seenAt !== null);
      const drawn = [...pools.values()].filter(({ unreported }) => drawnSince(unreported) > 0);
      const report: HealthReport = {
        worker,
        at: now,
        deployments: Object.fromEntries(seen.map((kept) => [kept.id, storedHealth(kept.unreported)])),
        inFlight: Object.fromEntries(
          [...deployments.values()]
            .filter((kept) => kept.inFlight > 0)
            .map((kept) => [kept.id, kept.inFlight]),
        ),
        warm: warm.news(),
        pools: Object.fromEntries(drawn.map(({ unreported }) => [unreported.id, sumOf(unreported)])),
      };
      for (const kept of seen) kept.unreported = noHealth(now);
      for (const { unreported } of drawn) Object.assign(unreported, noUsage(unreported.id, now));
      return report;
    },

    merge(report, now) {
      for (const [id, stored] of Object.entries(report.deployments)) {
        if (readHealth(stored) === null) continue;
        const kept = byId(id, now);
        kept.sums = readHealth(mergeHealth(storedHealth(kept.sums), stored)) ?? kept.sums;
        kept.stale = true;
      }
      for (const [id, { requests, inputTokens, outputTokens }] of Object.entries(report.pools))
        draw(poolOf(id, now).usage, requests, inputTokens, outputTokens, now);
      for (const [affinity, prefix] of Object.entries(report.warm)) warm.heard(affinity, prefix);
      for (const id of Object.keys(report.inFlight)) byId(id, now);
      workers.set(report.worker, { at: now, inFlight: report.inFlight });
      countElsewhere(now);
    },

    snapshot: (now) =>
      Object.fromEntries(
        [...deployments.values()].map((kept) => {
          fadeTo(kept.sums, now);
          return [kept.id, storedHealth(kept.sums)];
        }),
      ),

    restore(stored) {
      for (const [id, health] of Object.entries(stored)) {
        const sums = readHealth(health);
        if (sums === null) continue;
        const kept = byId(id, health.at);
        kept.sums = sums;
        kept.stale = true;
      }
    },
  };
}

function fullest(pools: readonly PoolUsage[], deployment: Deployment, now: number): number {
  return Math.max(
    0,
    ...deployment.pools.map((limits, i) => {
      const usage = pools[i];
      return usage === undefined ? 0 : fullness(usage, limits, now);
    }),
  );
}

function sumOf({ current, previous }: PoolUsage) {
  return {
    requests: current.requests + previous.requests,
    inputTokens: current.inputTokens + previous.inputTokens,
    outputTokens: current.outputTokens + previous.outputTokens,
  };
}

function drawnSince(usage: PoolUsage): number {
  const { requests, inputTokens, outputTokens } = sumOf(usage);
  return requests + inputTokens + outputTokens;
}
