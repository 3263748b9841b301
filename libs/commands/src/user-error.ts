/** An expected refusal: nothing was done, and this is why. */
export interface UserError {
  /** Way to the input at fault, such as `['plan', 'tasks', '2', 'needs', '0']`; null: not one input. */
  readonly field: readonly string[] | null;
  readonly code: string;
  readonly message: string;
}

/** Makes a refusal; a hint becomes part of the message, since a user error has no other place for it. */
export function userError(
  code: string,
  message: string,
  field: readonly string[] | null = null,
  hint?: string,
): UserError {
  return { field, code, message: hint === undefined ? message : `${message} (${hint})` };
}

/** What is in the API's schema but cannot be done yet. */
export function notAvailable(what: string, field: readonly string[] | null = null): UserError {
  return userError('FAILED_PRECONDITION', `${what} is not available yet`, field);
}
