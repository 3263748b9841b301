import type { Logger } from '#telemetry';
import { apiCodeOf, thrownError } from './present-error.js';

/** Logs what the caller is not told: an error that nobody made on purpose. */
export function logUnexpected(logger: Logger, error: unknown, requestId: string): void {
  if (apiCodeOf(error) === 'INTERNAL')
    logger.error({ error: thrownError(error), requestId }, 'unexpected error');
}
