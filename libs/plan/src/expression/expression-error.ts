/** What is wrong inside an expression, and where. Stays inside this folder: doors turn it into their own error. */
export interface ExpressionError extends Error {
  /** Offset in the text that holds the expression. */
  readonly at: number;
}

/** Makes the error that parsing and evaluation throw. */
export function expressionError(at: number, message: string): ExpressionError {
  return Object.assign(new Error(message), { at });
}

/** Whether a caught value says where in an expression it arose. */
export function isExpressionError(error: unknown): error is ExpressionError {
  return error instanceof Error && typeof (error as { at?: unknown }).at === 'number';
}
