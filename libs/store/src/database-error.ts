import { isNexusError, nexusError } from '#contracts';
import type { NexusError } from '#contracts';

/** The SQLSTATE of a refused statement; null when the database did not answer. */
export function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

/** Whether the database refused for the sake of another transaction: the same statement may pass now. */
export function lostToAnother(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40P01' || state === '40001';
}

/** Whether the fault lies with the statement's own data, so that it surely had no effect. */
export function badData(error: unknown): boolean {
  const state = sqlState(error);
  // A statement that a connection lost on its way may still have its name there: that says nothing of the data.
  if (state === '42P05') return false;
  if (state !== null) return /^(?:22|23|42|54|P0)/.test(state);
  return error instanceof TypeError || error instanceof RangeError;
}

/** What went wrong, in words; the system gives several errors as one without any. */
export function reasonOf(error: unknown): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  return inner instanceof Error && inner.message !== '' ? inner.message : String(inner);
}

/** What a caller gets in place of a driver's error. */
export function databaseError(error: unknown, doing: string): NexusError {
  if (isNexusError(error)) return error;
  const message = reasonOf(error);
  if (badData(error)) return nexusError('INTERNAL', `${doing}: ${message}`, { cause: error });
  return nexusError('UNAVAILABLE', `${doing}: the database did not do it: ${message}`, {
    retryable: true,
    hint: 'Look at the database: is it running, reachable and not full?',
    cause: error,
  });
}

/** The repository with every rejection turned into a NexusError that names the operation. */
export function withDatabaseErrors<T extends object>(name: string, repository: T): T {
  const wrapped = Object.entries(repository).map(([key, operation]) => {
    const run = operation as (...args: unknown[]) => Promise<unknown>;
    const guarded = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await run(...args);
      } catch (error) {
        throw databaseError(error, `${name}.${key}`);
      }
    };
    return [key, guarded] as const;
  });
  return Object.fromEntries(wrapped) as T;
}
