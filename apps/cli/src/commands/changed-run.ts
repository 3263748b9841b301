import type { RunStatus } from '#contracts';
import type { CliContext } from '../cli-context.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine } from '../plain-text.js';
import { accepted, userErrorFields } from '../user-errors.js';
import type { UserErrorView } from '../user-errors.js';

/** What a command on a run answers. */
export interface ChangedRun {
  readonly run: { readonly id: string; readonly status: RunStatus } | null;
  readonly userErrors: readonly UserErrorView[];
}

/** The selection that goes with it. */
export const changedRunFields = `run { id status } ${userErrorFields}`;

/** Tells the run's status after the command, or throws why nothing was done. */
export function tellChangedRun(
  context: CliContext,
  { run, userErrors }: ChangedRun,
  id: string,
  json: boolean | undefined,
): void {
  const changed = accepted(run, userErrors, `see it: nexus status ${id}`);
  context.terminal.data.line(json ? jsonLine(changed) : `${changed.id}  ${changed.status}`);
  context.exit(exitCodes.ok);
}
