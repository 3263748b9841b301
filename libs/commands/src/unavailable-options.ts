import { notAvailable, type UserError } from './user-error.js';

/** Options of a start that are in the API's schema but cannot be honoured yet. */
export function unavailableOptions(options: {
  readonly budget?: object | null | undefined;
  readonly triggers?: readonly unknown[] | null | undefined;
  readonly approvePlan?: boolean | null | undefined;
}): UserError[] {
  return [
    ...(options.budget ? [notAvailable('a budget', ['budget'])] : []),
    ...(options.triggers && options.triggers.length > 0 ? [notAvailable('a trigger', ['triggers'])] : []),
    ...(options.approvePlan ? [notAvailable('the approval of a plan', ['approvePlan'])] : []),
  ];
}
