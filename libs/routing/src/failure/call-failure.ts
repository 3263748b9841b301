import { nexusError } from '#contracts';
import type { ErrorDetails, NexusError } from '#contracts';
import { failureTable } from './failure-table.js';
import type { FailureKind, FailureRule } from './failure-table.js';

/** The failure of a call at one deployment: what it is in the table, and as it is told. */
export interface CallFailure {
  readonly kind: FailureKind;
  readonly rule: FailureRule;
  readonly error: NexusError;
}

/** Makes one from a row of the table. */
export function callFailure(kind: FailureKind, message: string, details: ErrorDetails = {}): CallFailure {
  const rule = failureTable[kind];
  const { code, retryable, hint } = rule;
  const error = nexusError(code, message, { retryable, ...(hint === undefined ? {} : { hint }), ...details });
  return { kind, rule, error };
}
