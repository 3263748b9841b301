import type {
  LanguageModelV4,
  LanguageModelV4CallOptions,
  LanguageModelV4FinishReason,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import type { NanoUsd } from '#contracts';
import type { BreakerPermit } from '../breaker/breaker-board.js';
import type { Ledger } from '../budget/ledger.js';
import type { Catalogue } from '../catalogue/catalogue.js';
import { priceOf } from '../catalogue/prices.js';
import type { Charge, TokenCounts } from '../catalogue/prices.js';
import { reportedCost } from '../catalogue/reported-cost.js';
import type { Candidate, Router } from '../decision/route.js';
import { callFailure } from '../failure/call-failure.js';
import type { CallFailure } from '../failure/call-failure.js';
import { classifyModelError } from '../failure/classify.js';
import { failedFinish } from '../failure/finish.js';
import type { NexusCallOptions } from './call-options.js';
import type { ModelCallRecord } from './call-record.js';
import { tokensOfText } from './prompt-size.js';
import type { HopTrace } from './routed-call.js';
import { gatherContent, isContent, partsOf } from './stream-parts.js';
import type { DeltaSink } from './text-deltas.js';
import { withMendedToolCalls } from './tool-call-input.js';
import type { CallWatch } from './watch.js';

/** What a hop needs of the world. */
export interface HopPorts {
  readonly catalogue: Pick<Catalogue, 'offers' | 'adapter'>;
  readonly router: Router;
  readonly ledger: Ledger | null;
  readonly callLog: (call: ModelCallRecord) => Promise<void>;
  readonly redact: (text: string) => string;
  readonly now: () => number;
}

/** A call on its way to one deployment: let through by its breaker, and reserved for. */
export interface Hop {
  /** Names what it is billed by. */
  readonly id: string;
  readonly nexus: NexusCallOptions;
  readonly candidate: Candidate;
  readonly adapter: LanguageModelV4;
  readonly options: LanguageModelV4CallOptions;
  /** Estimated. */
  readonly inputTokens: number;
  readonly affinity: string | null;
  readonly permit: BreakerPermit;
  /** Null where nothing is reserved. */
  readonly reservation: string | null;
  readonly watch: CallWatch;
  readonly deltas: DeltaSink | null;
  readonly trace: (hop: HopTrace) => void;
}

/** Thrown by a hop that has failed; everything that follows from it for the deployment is done. */
interface FailedCall {
  readonly failed: CallFailure;
}

/** Pools of which the provider does not say when they open again. */
const usualCoolingMs = 5_000;

interface Ending {
  readonly failure: CallFailure | null;
  readonly used: TokenCounts;
  /** What the provider says that it charges; null where it says nothing. */
  readonly reported: NanoUsd | null;
  readonly estimated: boolean;
  readonly finishReason: LanguageModelV4FinishReason['unified'];
}

/** How far a hop has come. */
interface Progress {
  readonly startedAt: number;
  firstTokenAt: number | null;
  seenCharacters: number;
}

/**
 * Calls one deployment and passes the parts of its answer on as they come; what it returns is the whole. However it
 * ends, the breaker, the router, the ledger and the call log are told, once.
 */
export async function* runHop(
  ports: HopPorts,
  hop: Hop,
): AsyncGenerator<LanguageModelV4StreamPart, LanguageModelV4GenerateResult> {
  const { deployment } = hop.candidate;
  const progress: Progress = { startedAt: ports.now(), firstTokenAt: null, seenCharacters: 0 };
  let isClosed = false;
  const close = async (ending: Ending): Promise<void> => {
    isClosed = true;
    await closeHop(ports, hop, progress, ending);
  };
  const closeFailed = async (failure: CallFailure): Promise<void> => {
    // That it failed is what counts; what could not be settled is charged when its lease ends.
    const used = usedUntilFailure(failure, hop, progress);
    await close({ failure, used, reported: null, estimated: true, finishReason: 'error' }).catch(() => undefined);
  };
  ports.router.begun(deployment.id, progress.startedAt);
  try {
    const reply = yield* passOn(ports, hop, progress);
    const { used, estimated } = usedOf(reply.usage, hop, progress);
    const { outputTokens } = used;
    const { maxOutputTokens } = hop.options;
    const failure = failedFinish(reply.finishReason, { outputTokens, maxOutputTokens }, deployment);
    const reported = reportedCost(deployment, reply.usage);
    await close({ failure, used, reported, estimated, finishReason: reply.finishReason.unified });
    if (failure !== null) throw failedCall(failure);
    return reply;
  } catch (error) {
    if (isClosed) throw error;
    const context = { deployment, redact: ports.redact, now: ports.now };
    const failure =
      hop.watch.cut() ?? failureIn(error) ?? afterStart(classifyModelError(error, context), progress);
    if (failure === null) {
      await closeFailed(callFailure('unexpected', error instanceof Error ? error.message : String(error)));
      throw error;
    }
    await closeFailed(failure);
    throw failedCall(failure);
  } finally {
    hop.watch.stop();
    // Whoever reads the parts has lost interest.
    if (!isClosed) await closeFailed(callFailure('cancelled', `${deployment.id}: nobody reads on`));
    await hop.deltas?.end();
  }
}

/** The failure that a hop has ended with; null for any other error. */
export function failureIn(error: unknown): CallFailure | null {
  return error instanceof Error && 'failed' in error ? (error as Error & FailedCall).failed : null;
}

function failedCall(failed: CallFailure): Error & FailedCall {
  return Object.assign(new Error(failed.error.message), { failed });
}

/** A connection that is lost in the midst of an answer has been one. */
function afterStart(failure: CallFailure | null, { firstTokenAt }: Progress): CallFailure | null {
  if (failure === null || firstTokenAt === null) return failure;
  if (failure.kind !== 'unreachable' && failure.kind !== 'bad-reply') return failure;
  return callFailure('broke-off', failure.error.message);
}

async function* passOn(
  { now }: HopPorts,
  hop: Hop,
  progress: Progress,
): AsyncGenerator<LanguageModelV4StreamPart, LanguageModelV4GenerateResult> {
  const { adapter, options, watch, candidate } = hop;
  if (!candidate.deployment.abilities.includes('streaming')) {
    const whole = await adapter.doGenerate(options);
    yield* partsOf(whole);
    return whole;
  }
  const gathered = gatherContent();
  const { stream } = await adapter.doStream(options);
  for await (const part of stream) {
    if (part.type === 'error') throw part.error;
    if (part.type === 'finish') {
      const { type: _type, ...end } = part;
      return withMendedToolCalls({ ...end, ...gathered.reply(), warnings: [] });
    }
    gathered.add(part);
    if (isContent(part)) {
      watch.contentArrived();
      if (progress.firstTokenAt === null) {
        progress.firstTokenAt = now();
        // The breaker guards the way to the first token; what breaks later is told later.
        hop.permit.end({ kind: 'ok' });
      }
    }
    if ('delta' in part) progress.seenCharacters += part.delta.length;
    if (part.type === 'text-delta') hop.deltas?.text(part.delta);
    yield part.type === 'stream-start' ? { ...part, warnings: [] } : part;
  }
  throw failedCall(callFailure('broke-off', `${candidate.deployment.id}: the stream ended without a finish`));
}

const unbilled: Charge = { costNanos: 0, priced: true, priceVersion: null };

async function closeHop(ports: HopPorts, hop: Hop, progress: Progress, ending: Ending): Promise<void> {
  const { ledger, now } = ports;
  const { candidate, nexus } = hop;
  const { deployment } = candidate;
  const { startedAt, firstTokenAt } = progress;
  const { failure, used } = ending;
  const at = now();
  const firstTokenMs = firstTokenAt === null ? null : firstTokenAt - startedAt;
  const isBilled = used.inputTokens + used.outputTokens > 0;
  const price = isBilled ? priceOf(deployment.price, used, ending.reported) : unbilled;
  const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens } = used;
  const tokens = { inputTokens, outputTokens, cachedTokens };
  tellBreaker(hop, progress, failure);
  tellRouter(ports, hop, failure, at, {
    ...tokens,
    firstTokenMs,
    totalMs: at - startedAt,
    ...(failure === null || candidate.worst === 0
      ? {}
      : { billedShare: Math.min(1, price.costNanos / candidate.worst) }),
  });
  hop.trace({
    deployment: deployment.id,
    outcome: failure?.kind ?? 'answered',
    at: startedAt,
    ms: at - startedAt,
    firstTokenMs,
    ...tokens,
    ...price,
    estimated: isBilled && ending.estimated,
    reservedNanos: hop.reservation === null ? 0 : candidate.worst,
    error: failure === null ? null : told(failure),
  });
  if (ledger !== null && hop.reservation !== null) {
    if (!isBilled && failure !== null) await ledger.release(hop.reservation, nexus.tenant);
    else {
      const usage = { ...tokens, modelCalls: 1, toolCalls: 0, costNanos: price.costNanos };
      await ledger.settle(hop.reservation, nexus.tenant, { nanos: price.costNanos, usage });
    }
  }
  if (!isBilled && failure !== null) return;
  await ports.callLog({
    id: hop.id,
    tenant: nexus.tenant,
    runId: nexus.runId,
    taskPath: nexus.taskPath,
    deployment: deployment.id,
    provider: deployment.provider,
    model: deployment.model,
    ...tokens,
    cacheWriteTokens,
    ...price,
    ...(ending.estimated ? { estimated: true } : {}),
    ms: at - startedAt,
    finishReason: ending.finishReason,
    at: startedAt,
  });
}

function told({ error: { failure } }: CallFailure): HopTrace['error'] {
  const { code, message, retryAfterMs } = failure;
  return { code, message: message.slice(0, 500), ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}

function tellBreaker({ permit }: Hop, { firstTokenAt }: Progress, failure: CallFailure | null): void {
  if (failure === null) return permit.end({ kind: 'ok' });
  const { kind, rule, error } = failure;
  if (rule.breaker === 'neutral') return permit.end({ kind: 'neutral' });
  if (firstTokenAt !== null) return permit.failedLater(kind);
  permit.end({ kind: 'failed', reason: kind, retryAfterMs: error.failure.retryAfterMs });
}

function tellRouter(
  { router }: HopPorts,
  { candidate: { deployment }, affinity }: Hop,
  failure: CallFailure | null,
  at: number,
  measured: Omit<Parameters<Router['observed']>[0], 'deployment' | 'outcome' | 'at' | 'affinity'>,
): void {
  if (failure?.rule.avoid === 'pools') {
    const until = at + (failure.error.failure.retryAfterMs ?? usualCoolingMs);
    for (const { id } of deployment.pools) router.limited(id, until);
  }
  const outcome = failure?.rule.outcome ?? 'answered';
  router.observed({ deployment: deployment.id, outcome, at, affinity, ...measured });
}

/** What was used by what the provider says; where it says nothing, by what was sent and has come. */
function usedOf(
  { inputTokens, outputTokens }: LanguageModelV4Usage,
  hop: Hop,
  { seenCharacters }: Progress,
): { used: TokenCounts; estimated: boolean } {
  const estimated = inputTokens.total === undefined && outputTokens.total === undefined;
  const used = {
    inputTokens: inputTokens.total ?? (estimated ? hop.inputTokens : 0),
    outputTokens: outputTokens.total ?? (estimated ? tokensOfText(seenCharacters) : 0),
    cachedTokens: inputTokens.cacheRead ?? 0,
    cacheWriteTokens: inputTokens.cacheWrite ?? 0,
  };
  return { used, estimated };
}

function usedUntilFailure({ rule }: CallFailure, hop: Hop, { seenCharacters }: Progress): TokenCounts {
  const read = rule.billed !== 'nothing';
  return {
    inputTokens: read ? hop.inputTokens : 0,
    outputTokens: rule.billed === 'seen' ? tokensOfText(seenCharacters) : 0,
    cachedTokens: 0,
    cacheWriteTokens: 0,
  };
}
