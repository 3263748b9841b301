import type { RunView } from './run-view.js';
import type { UserError } from './user-error.js';

/** What commands on runs answer. */
export interface RunPayload {
  readonly run: RunView | null;
  readonly userErrors: readonly UserError[];
}
