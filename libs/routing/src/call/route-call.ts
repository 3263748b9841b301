import type { LanguageModelV4, LanguageModelV4CallOptions, LanguageModelV4Prompt } from '@ai-sdk/provider';
import { breakerOfDeployment, addUsage, isNexusError, nexusError, noUsage } from '#contracts';
import type { NanoUsd, NexusError, Usage } from '#contracts';
import type { BreakerBoard, BreakerPermit } from '../breaker/breaker-board.js';
import type { Candidate, RouteDecision, RouteRequest } from '../decision/route.js';
import type { CallFailure } from '../failure/call-failure.js';
import { budgetExceeded } from '../budget/refusal.js';
import { cheaperModel } from '../budget/cheaper-model.js';
import { allDown, barred, outage, standstill } from './all-down.js';
import type { NexusCallOptions } from './call-options.js';
import type { Hop, HopPorts } from './hop.js';
import { failureIn } from './hop.js';
import { nextCandidate } from './hop-order.js';
import type { FailedHop, SetAside } from './hop-order.js';
import { listedCost } from './worst-cost.js';
import { mostTokensOfCall } from './prompt-size.js';
import { providerCall } from './provider-options.js';
import { routeRequest } from './route-request.js';
import { openTrace } from './routed-call.js';
import type { OpenTrace, RoutedCall, RoutedCallStatus } from './routed-call.js';
import type { ShowText } from './text-deltas.js';
import { watchCall } from './watch.js';
import type { CallTimeouts } from './watch.js';

/** Asked before every hop: throws when the call may not start, and gives the signal that cuts it. */
export type CallGuard = (call: NexusCallOptions & { readonly model: string }) => Promise<AbortSignal>;

export interface RoutePorts extends HopPorts {
  readonly board: BreakerBoard;
  readonly guard: CallGuard;
  readonly timeouts: CallTimeouts;
  readonly showText: ShowText | null;
  /** Keeps every call and why it went where it went. */
  readonly routeLog: (call: RoutedCall) => Promise<void>;
  readonly setAside: SetAside;
}

/** A call with all that it needs to be asked of a model. */
export interface PreparedCall {
  readonly id: string;
  readonly model: string;
  readonly nexus: NexusCallOptions;
  readonly options: LanguageModelV4CallOptions;
  /** The whole prompt. */
  readonly prompt: LanguageModelV4Prompt;
  /** Of an agent, which turn it is. */
  readonly turn: number | null;
}

/** What a call has come to besides its answer. */
export interface CallAccount {
  readonly deployment: string;
  readonly costNanos: NanoUsd;
  readonly priced: boolean;
  readonly ms: number;
}

const mostHops = 3;
/** Longer waits are not for an activity, which holds a worker's slot. */
const longestWaitMs = 2_000;
/** A request that was sent under a name before, and is sent again, is billed again: so often. */
const mostRepeats = 8;
/** An answer that is to be of use has so much room. */
const leastOutputTokens = 256;

/** One call on its way through the deployments. */
export interface RoutedAttempt {
  /** Calls deployments one after the other until `ask` gets an answer of one; each hop is bounded, and all together. */
  readonly untilAnswered: <T>(ask: (hop: Hop) => Promise<T>) => Promise<T>;
  /** What it has come to so far. */
  readonly account: () => CallAccount;
  /** What was used and billed so far. */
  readonly spent: () => Usage;
  /** Keeps how it ended. */
  readonly keep: (status: RoutedCallStatus, error?: unknown) => Promise<void>;
}

export async function routeCall(ports: RoutePorts, call: PreparedCall): Promise<RoutedAttempt> {
  const { router, board, now } = ports;
  const startedAt = now();
  const { request, decision } = await decide(ports, call);
  const trace = openTrace(request, decision);
  let retryAt: number | null = null;

  const fail = (failures: readonly CallFailure[], refused: NexusError | null): NexusError => {
    if (failures.some(({ kind }) => kind === 'cancelled' || kind === 'too-long')) return lastOf(failures);
    const at = now();
    const after = failures.length === 0 ? decision : router.decide(request, at);
    const still = standstill(after, board, at) ?? outage(after, trace.hops(), at);
    if (refused !== null && failures.length === 0) return refused;
    const best = failures.length === 0 ? null : mostTelling(failures);
    // One that speaks against the request would fail again when all are back.
    if (best !== null && (!best.failure.retryable || still?.retryAt == null)) return best;
    if (still === null) return soon(call.model, trace, at);
    retryAt = still.retryAt;
    return allDown(call.model, still, at, failures.at(-1)?.error);
  };

  async function untilAnswered<T>(ask: (hop: Hop) => Promise<T>): Promise<T> {
    const failures: CallFailure[] = [];
    const failed: FailedHop[] = [];
    const tried = new Set<string>();
    let candidates = ports.setAside.last(decision.candidates, startedAt);
    let refused: NexusError | null = null;
    let waitedMs = 0;
    for (let hops = 0; hops < mostHops;) {
      const leftMs = startedAt + leastOf(ports.timeouts.callMs, call.nexus.deadlineMs) - now();
      const candidate = leftMs > 0 ? nextCandidate(candidates, tried, failed) : null;
      if (candidate === null) {
        const waitMs = leftMs > 0 ? shortWait(failures, waitedMs) : null;
        if (waitMs === null) break;
        await sleep(waitMs, call.options.abortSignal);
        waitedMs += waitMs;
        tried.clear();
        failed.length = 0;
        candidates = ports.setAside.last(router.decide(request, now()).candidates, now());
        continue;
      }
      const { id } = candidate.deployment;
      tried.add(id);
      const stop = await ports.guard({ ...call.nexus, model: call.model });
      const permit = await board.enter(breakerOfDeployment(id), now());
      if (permit === null) {
        const { availableAt, reason } = board.view(breakerOfDeployment(id));
        trace.skip(barred(id, availableAt, reason));
        continue;
      }
      const reservation = await reserve(ports, call, request, candidate, leftMs).catch((error: unknown) => {
        permit.end({ kind: 'neutral' });
        throw error;
      });
      if (reservation !== null && 'refused' in reservation) {
        refused = reservation.refused;
        trace.skip({ deployment: id, reason: 'over-budget', detail: refused.message });
        permit.end({ kind: 'neutral' });
        continue;
      }
      hops++;
      const place = { number: trace.hops().length + 1, leftMs, stop, trace };
      const hop = await hopTo(ports, call, request, candidate, { permit, reservation, ...place });
      try {
        return await ask(hop);
      } catch (error) {
        const failure = failureIn(error);
        if (failure === null) throw error;
        failures.push(failure);
        failed.push({ deployment: candidate.deployment, next: failure.rule.next });
        if (failure.rule.avoid !== undefined) {
          ports.setAside.add(candidate.deployment, failure.rule.avoid, now());
        }
      }
    }
    if (decision.dropped.some(({ reason }) => reason === 'over-budget')) {
      refused ??= await refusal(ports, call, request);
    }
    throw fail(failures, refused);

    /** Where all is only limited for a moment, the moment is waited for here. */
    function shortWait(failures: readonly CallFailure[], waited: number): number | null {
      const at = now();
      if (failures.some(({ rule }) => !rule.retryable || rule.outcome !== 'limited')) return null;
      const still = standstill(router.decide(request, at), board, at);
      if (still?.retryAt == null) return null;
      const ms = Math.max(1, still.retryAt - at);
      return waited + ms <= longestWaitMs ? ms : null;
    }
  }

  return {
    untilAnswered,
    account() {
      const hops = trace.hops();
      return {
        deployment: hops.at(-1)?.deployment ?? '',
        costNanos: hops.reduce((sum, { costNanos }) => sum + costNanos, 0),
        priced: hops.every(({ priced }) => priced),
        ms: now() - startedAt,
      };
    },
    spent() {
      const billed = trace.hops().filter(({ inputTokens, outputTokens }) => inputTokens + outputTokens > 0);
      return billed.reduce<Usage>(
        (sum, { inputTokens, outputTokens, cachedTokens, costNanos }) =>
          addUsage(sum, { inputTokens, outputTokens, cachedTokens, costNanos, modelCalls: 1, toolCalls: 0 }),
        noUsage,
      );
    },
    async keep(status, error) {
      const hops = trace.hops();
      const answered = hops.find(({ outcome }) => outcome === 'answered');
      const sum = (field: 'inputTokens' | 'outputTokens' | 'cachedTokens' | 'costNanos'): number =>
        hops.reduce((all, hop) => all + hop[field], 0);
      const isWait = isNexusError(error) && error.failure.wait !== undefined;
      await ports
        .routeLog({
          id: call.id,
          tenant: call.nexus.tenant,
          runId: call.nexus.runId,
          taskPath: call.nexus.taskPath,
          model: call.model,
          status: isWait ? 'WAITS' : status,
          deployment: status === 'ANSWERED' ? (answered?.deployment ?? null) : null,
          inputTokens: sum('inputTokens'),
          outputTokens: sum('outputTokens'),
          cachedTokens: sum('cachedTokens'),
          costNanos: sum('costNanos'),
          at: startedAt,
          ms: now() - startedAt,
          error: isNexusError(error) ? error.failure : null,
          retryAt,
          trace: trace.close(),
        })
        // That it cannot be explained later takes nobody's answer away.
        .catch(() => undefined);
    },
  };
}

async function decide(
  { catalogue, ledger, router, now }: RoutePorts,
  call: PreparedCall,
): Promise<{ request: RouteRequest; decision: RouteDecision }> {
  const { tenant, runId, avoid = [] } = call.nexus;
  const { remaining, free, cheaper } =
    ledger === null ? { remaining: null, free: null, cheaper: false } : await ledger.standing(tenant, runId);
  const model = cheaper ? cheaperModel(call.model) : call.model;
  const offers = catalogue.offers(model, now()).filter(({ id }) => !avoid.includes(id));
  if (offers.length === 0) {
    throw nexusError('INVALID_OUTPUT', `${call.model}: there is no other deployment to ask`);
  }
  const request = routeRequest({ ...call, model }, offers, { remaining, free });
  return { request, decision: router.decide(request, now()) };
}

type Reserved =
  | {
      readonly key: string;
      readonly nanos: NanoUsd;
      /** Of an answer, where less is left than was wanted. */
      readonly maxOutputTokens: number;
    }
  | { readonly refused: NexusError };

/** Reserves the most that a hop may cost; null where nobody keeps accounts. */
async function reserve(
  { ledger, now }: RoutePorts,
  call: PreparedCall,
  request: RouteRequest,
  { deployment, worst }: Pick<Candidate, 'deployment' | 'worst'>,
  leaseMs: number,
): Promise<Reserved | null> {
  if (ledger === null) return null;
  const { tenant, runId, taskPath, key: name = call.id } = call.nexus;
  const input = Math.max(request.inputTokens, mostTokensOfCall(call.prompt, call.options));
  // The router has counted on as many tokens as such a text has as a rule; a limit must hold for any text.
  const nanos = worst + listedCost(deployment, input - request.inputTokens, 0);
  let { maxOutputTokens } = request;
  const priceVersion = deployment.price?.id ?? null;
  for (let repeat = 1; repeat <= mostRepeats; repeat++) {
    const key = `${name}/${deployment.id}${repeat === 1 ? '' : `~${repeat}`}`;
    const owner = { tenant, runId, taskPath, deployment: deployment.id, priceVersion };
    const tokens = input + maxOutputTokens;
    const reservation = await ledger.reserve({ key, ...owner, nanos, tokens, leaseMs });
    if (reservation.state === 'reserved') return { key, nanos, maxOutputTokens };
    if (reservation.state === 'refused') {
      const room = reservation.budget.unit === 'tokens' ? reservation.left - input : 0;
      const isShort = call.options.maxOutputTokens === undefined && room < maxOutputTokens;
      if (!isShort || room < leastOutputTokens) {
        return { refused: budgetExceeded(reservation, { nanos, tokens }, now()) };
      }
      maxOutputTokens = room;
    }
  }
  throw nexusError('CONFLICT', `${call.model}: the call ${name} is made again and again`);
}

/**
 * The refusal of a call that the router has left out as too dear everywhere: the ledger's, since it is the ledger that
 * asks a person for more.
 */
async function refusal(
  ports: RoutePorts,
  call: PreparedCall,
  request: RouteRequest,
): Promise<NexusError | null> {
  const { inputTokens, maxOutputTokens, offers, remaining } = request;
  const [cheapest] = offers
    .map((deployment) => ({ deployment, worst: listedCost(deployment, inputTokens, maxOutputTokens) }))
    .sort((a, b) => a.worst - b.worst);
  if (cheapest === undefined) return null;
  // More than is left is surely refused.
  const worst = Math.max(cheapest.worst, (remaining ?? 0) + 1);
  const reservation = await reserve(ports, call, request, { ...cheapest, worst }, 1_000);
  if (reservation === null) return null;
  if ('refused' in reservation) return reservation.refused;
  // There is more again.
  await ports.ledger?.release(reservation.key, call.nexus.tenant);
  return nexusError('BUDGET_EXCEEDED', `${call.model}: the budget has changed meanwhile`, {
    wait: { kind: 'RATE_LIMIT', until: ports.now() + 1_000 },
  });
}

interface Admission {
  readonly permit: BreakerPermit;
  readonly reservation: Exclude<Reserved, { refused: NexusError }> | null;
  readonly number: number;
  readonly leftMs: number;
  readonly stop: AbortSignal;
  readonly trace: OpenTrace;
}

async function hopTo(
  ports: RoutePorts,
  call: PreparedCall,
  request: RouteRequest,
  candidate: Candidate,
  { permit, reservation, number, leftMs, stop, trace }: Admission,
): Promise<Hop> {
  const { nexus, options, prompt } = call;
  const { deployment } = candidate;
  const adapter = await opened(ports, deployment, permit, reservation?.key ?? null, nexus.tenant);
  const streams = deployment.abilities.includes('streaming');
  const watch = watchCall(deployment.id, ports.timeouts, leftMs, streams, [options.abortSignal, stop]);
  // Under a hard budget no answer may become longer than what is reserved for it.
  const most = reservation?.maxOutputTokens ?? request.maxOutputTokens;
  const isShort = request.remaining !== null || most < request.maxOutputTokens;
  const isBounded = isShort && options.maxOutputTokens === undefined;
  const bounded = isBounded ? { ...options, maxOutputTokens: most } : options;
  const { tenant, runId, taskPath, attempt = 1 } = nexus;
  const place = { turn: call.turn, attempt: (attempt - 1) * mostHops + number };
  const isShown = ports.showText !== null && runId !== null && taskPath !== null;
  return {
    id: number === 1 ? call.id : `${call.id}.${number}`,
    nexus,
    candidate,
    adapter,
    options: providerCall(bounded, prompt, {
      to: deployment,
      signal: watch.signal,
      turn: call.turn !== null,
    }),
    inputTokens: request.inputTokens,
    affinity: request.affinity,
    permit,
    reservation: reservation === null ? null : { key: reservation.key, nanos: reservation.nanos },
    watch,
    deltas: isShown ? (ports.showText?.({ tenant, runId, taskPath, ...place }) ?? null) : null,
    trace: trace.hop,
  };
}

/** One that cannot be opened gives back what was got for it. */
async function opened(
  { catalogue, ledger }: RoutePorts,
  to: Candidate['deployment'],
  permit: BreakerPermit,
  key: string | null,
  tenant: string,
): Promise<LanguageModelV4> {
  try {
    return catalogue.adapter(to);
  } catch (error) {
    permit.end({ kind: 'neutral' });
    if (key !== null) await ledger?.release(key, tenant);
    throw error;
  }
}

/** Candidates there were, and every one was closed at its door: somebody else's probe decides soon. */
function soon(model: string, trace: OpenTrace, now: number): NexusError {
  const dropped = trace.dropped();
  return allDown(model, { dropped, retryAt: now + 1_000 }, now);
}

/** The failure that says most about trying again: a retryable one with the shortest wait, else the first. */
function mostTelling(failures: readonly CallFailure[]): NexusError {
  const wait = ({ error: { failure } }: CallFailure): number =>
    failure.retryable ? (failure.retryAfterMs ?? 0) : Number.POSITIVE_INFINITY;
  return failures.reduce((best, each) => (wait(each) < wait(best) ? each : best)).error;
}

function lastOf(failures: readonly CallFailure[]): NexusError {
  return (failures.at(-1) as CallFailure).error;
}

function leastOf(a: number, b: number | undefined): number {
  return b === undefined ? a : Math.min(a, b);
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', cancelled);
    function done(): void {
      signal?.removeEventListener('abort', cancelled);
      resolve();
    }
    function cancelled(): void {
      clearTimeout(timer);
      reject(nexusError('CANCELLED', 'the call was cancelled'));
    }
    if (signal?.aborted) cancelled();
  });
}
