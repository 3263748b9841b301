import type { Failure } from '#contracts';
import type { BoundRetry } from './bound-plan.js';

/**
 * When a failed attempt is tried again: milliseconds to wait, or null when it is not.
 * The other side's own wish (`retryAfterMs`) is honoured where it is longer; a wait that would end
 * past the deadline is no retry.
 */
export function retryDelay(
  retry: BoundRetry,
  attempt: number,
  error: Failure,
  now: number,
  deadlineAt?: number,
): number | null {
  if (attempt >= retry.maxAttempts || !error.retryable || !retry.on.includes(error.code)) return null;
  const backoff = Math.min(retry.maxMs, retry.initialMs * retry.factor ** (attempt - 1));
  const delay = Math.max(backoff, error.retryAfterMs ?? 0);
  return deadlineAt !== undefined && now + delay >= deadlineAt ? null : delay;
}
