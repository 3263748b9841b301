/**
 * A failure the user can do something about: printed as its message and hint, without a stack.
 * Told apart by `code`, as everywhere else.
 */
export function setUpError(message, hint, detail = '') {
  return Object.assign(new Error(message), { code: 'SET_UP_FAILED', hint, detail });
}
