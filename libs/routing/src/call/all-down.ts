import { breakerOfDeployment, nexusError } from '#contracts';
import type { NexusError } from '#contracts';
import type { BreakerBoard } from '../breaker/breaker-board.js';
import type { DropReason, Dropped, RouteDecision } from '../decision/route.js';
import type { HopTrace } from './routed-call.js';

/** What of a decision cannot be called now: what the router left out, and what its breaker keeps closed. */
export interface Standstill {
  readonly dropped: readonly Dropped[];
  /** When the first of them may be back; null when time does not help, or one can be called now. */
  readonly retryAt: number | null;
}

/** Whether nobody can be called any more; null as long as somebody can. */
export function standstill(decision: RouteDecision, board: BreakerBoard, now: number): Standstill | null {
  const barred = decision.candidates.map(({ deployment }) => barredBy(deployment.id, board, now));
  if (barred.includes(null)) return null;
  const dropped = [...decision.dropped, ...barred.filter((each) => each !== null)];
  const times = dropped.flatMap(({ availableAt }) => (availableAt === undefined ? [] : [availableAt]));
  if (decision.retryAt !== null) times.push(decision.retryAt);
  return { dropped, retryAt: times.length === 0 ? null : Math.min(...times) };
}

/** Failures that no request can bring about: nobody listens, or all are told to come later. */
const outages: readonly HopTrace['outcome'][] = ['unreachable', 'overloaded', 'rate-limited'];
/** Looked at again so soon, until the breaker knows better. */
const lookAgainMs = 5_000;

/** An outage that the breakers do not know of yet: all that were asked have failed, and not because of the request. */
export function outage(decision: RouteDecision, hops: readonly HopTrace[], now: number): Standstill | null {
  if (hops.length === 0 || !hops.every(({ outcome }) => outages.includes(outcome))) return null;
  const down = new Map(decision.dropped.map((each) => [each.deployment, each]));
  for (const { deployment, outcome, error } of hops) {
    if (down.has(deployment)) continue;
    const reason = outcome === 'rate-limited' ? 'cooling-down' : 'breaker-open';
    const availableAt = now + Math.max(error?.retryAfterMs ?? 0, lookAgainMs);
    down.set(deployment, { deployment, reason, detail: outcome, availableAt });
  }
  const dropped = [...down.values()];
  return { dropped, retryAt: Math.min(...dropped.map(({ availableAt = Infinity }) => availableAt)) };
}

/** Why the breaker of a deployment lets no call through; null when it may. */
export function barredBy(deployment: string, board: BreakerBoard, now: number): Dropped | null {
  const { state, availableAt, reason } = board.view(breakerOfDeployment(deployment));
  if (state !== 'OPEN' || (availableAt !== null && availableAt <= now)) return null;
  return barred(deployment, availableAt, reason);
}

/** As it is told of a deployment whose breaker has refused. */
export function barred(deployment: string, availableAt: number | null, reason: string | null): Dropped {
  const detail = `its breaker is open${reason === null ? '' : ` (${reason})`}`;
  return { deployment, reason: 'breaker-open', detail, ...(availableAt === null ? {} : { availableAt }) };
}

/** Reasons that go away by themselves, because a limit opens again. */
const limits: readonly DropReason[] = ['cooling-down', 'pool-exhausted'];

/**
 * The failure of a call that nobody can answer now. Where time mends that, it says what is waited for and until when:
 * whoever asked waits, and that is none of its attempts.
 */
export function allDown(
  model: string,
  { dropped, retryAt }: Standstill,
  now: number,
  last?: NexusError,
): NexusError {
  if (retryAt === null) return neverBack(model, dropped);
  const timed = dropped.filter(({ availableAt }) => availableAt !== undefined);
  const isLimit = timed.length > 0 && timed.every(({ reason }) => limits.includes(reason));
  const names = timed.map(({ deployment, detail }) => `${deployment}: ${detail}`).slice(0, 5);
  const until = new Date(retryAt).toISOString();
  const said = last === undefined ? '' : ` Last: ${last.message}`;
  const kind = isLimit ? 'RATE_LIMIT' : 'DEPENDENCY';
  return nexusError(
    'PROVIDER_UNAVAILABLE',
    `nobody can answer for ${model} before ${until}: ${names.join('; ') || 'all are down'}.${said}`,
    { retryable: true, retryAfterMs: roundedUp(retryAt - now), wait: { kind, until: retryAt } },
  );
}

/** A moment later it is a moment less; nobody asks to the millisecond. */
function roundedUp(ms: number): number {
  return Math.max(0, Math.ceil(ms / 100) * 100);
}

function neverBack(model: string, dropped: readonly Dropped[]): NexusError {
  const has = (reason: DropReason): boolean => dropped.some((each) => each.reason === reason);
  const why = dropped
    .map(({ deployment, reason, detail }) => `${deployment}: ${detail || reason}`)
    .slice(0, 5);
  const message = `nobody can answer for ${model}: ${why.join('; ') || 'there is no deployment to call'}`;
  if (has('context-too-small')) {
    return nexusError('CONTEXT_OVERFLOW', message, {
      hint: 'send less: shorten the prompt, or take a model with a larger context window',
    });
  }
  if (has('breaker-open')) {
    // Held open by an operator, who will let go of it some time.
    const hint = 'an operator holds its breaker open: see nexus models';
    return nexusError('PROVIDER_UNAVAILABLE', message, {
      retryable: true,
      hint,
      wait: { kind: 'DEPENDENCY' },
    });
  }
  if (has('disabled') || dropped.length === 0) {
    const hint = 'enable a deployment, or set the key of a provider: see nexus models';
    return nexusError('PROVIDER_UNAVAILABLE', message, { hint });
  }
  const hint = has('no-price')
    ? 'under a hard budget only models of a known price are called: give its price in NEXUS_MODELS'
    : 'name another model, or ask for less of it: see nexus models';
  return nexusError('INVALID_INPUT', message, { hint });
}
