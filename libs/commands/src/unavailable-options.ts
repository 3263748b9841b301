import { notAvailable, type UserError } from './user-error.js';

/** Options of a start that are in the API's schema but cannot be honoured yet. */
export function unavailableOptions(options: {
  readonly approvePlan?: boolean | null | undefined;
}): UserError[] {
  return options.approvePlan ? [notAvailable('the approval of a plan', ['approvePlan'])] : [];
}
