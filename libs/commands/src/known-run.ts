import { nexusError } from '#contracts';
import type { RunRow } from '#store';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { findRun } from './read-runs.command.js';
import type { RunPayload } from './run-payload.js';
import { runView } from './run-view.js';
import { type UserError, userError } from './user-error.js';

/** The run that a command is for; NOT_FOUND when there is none. */
export async function knownRun(deps: CommandDeps, context: CommandContext, id: string): Promise<RunRow> {
  const run = await findRun(deps, context, id);
  if (run) return run;
  throw nexusError('NOT_FOUND', `run ${id} is not known`, { hint: 'list runs with the query `runs`' });
}

/** The run as it is after a command. */
export async function runAfter(deps: CommandDeps, before: RunRow): Promise<RunPayload> {
  const run = (await deps.store.runs.get(before.tenant, before.id)) ?? before;
  return { run: runView(run, deps.workflows, deps.now()), userErrors: [] };
}

/** The run as it is, and why nothing was done to it. */
export function refused(deps: CommandDeps, run: RunRow, ...userErrors: UserError[]): RunPayload {
  return { run: runView(run, deps.workflows, deps.now()), userErrors };
}

/** The run is in a state in which that cannot be done. */
export function wrongState(run: RunRow, what: string): UserError {
  return userError('FAILED_PRECONDITION', `run ${run.id} ${what}`, ['id']);
}
