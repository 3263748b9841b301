import { formatUsd, nexusError } from '#contracts';
import type { NexusError } from '#contracts';
import type { RefusedReservation, ReservationRequest } from './ledger.js';

/** How long who was refused for calls that are under way waits before it asks again. */
const lookAgainMs = 5_000;

/**
 * The failure of a call that its budget has no room for. It has not been made, and that is no failed attempt: the run
 * waits, and a person is asked. Where only calls under way stand against it, it waits for those.
 */
export function budgetExceeded(
  { budget: { scope, unit }, left, pending }: RefusedReservation,
  { nanos, tokens }: Pick<ReservationRequest, 'nanos' | 'tokens'>,
  now: number = Date.now(),
): NexusError {
  const whose = scope === 'run' ? "the run's budget" : "the tenant's budget of the day";
  const asked = {
    money: `$${formatUsd(left)} are left, and this call may cost $${formatUsd(nanos)}`,
    tokens: `${left} tokens are left, and this call may take ${tokens}`,
    calls: `${left} model calls are left`,
    time: 'its deadline has passed',
  }[unit];
  const message = `${whose}: ${asked}`;
  if (pending) {
    return nexusError('BUDGET_EXCEEDED', `${message}; calls under way hold the rest`, {
      noEffect: true,
      wait: { kind: 'RATE_LIMIT', until: now + lookAgainMs },
    });
  }
  const hint =
    scope === 'run'
      ? 'Give the run more (setBudget), let it use cheaper models, or stop it.'
      : 'Raise NEXUS_DAILY_BUDGET, or wait for the next day (UTC).';
  return nexusError('BUDGET_EXCEEDED', message, { hint, noEffect: true, wait: { kind: 'BUDGET' } });
}
