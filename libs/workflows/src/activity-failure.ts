import type { Failure } from '#contracts';
import { failureOf } from '#contracts';

/** The failure that an activity or a child ended with, as it was thrown there. */
export function activityFailure(thrown: unknown): Failure {
  const cause = (thrown as { cause?: unknown }).cause;
  const detail = (cause as { details?: unknown[] } | undefined)?.details?.[0];
  if (typeof detail === 'object' && detail !== null && 'code' in detail) return detail as Failure;
  return failureOf(cause ?? thrown);
}
