import type { RunStatus } from '#contracts';
import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine } from '../plain-text.js';
import { accepted, userErrorFields } from '../user-errors.js';
import type { UserErrorView } from '../user-errors.js';
import { jsonOption } from './options.js';

interface Payload {
  readonly run: { readonly id: string; readonly status: RunStatus } | null;
  readonly userErrors: readonly UserErrorView[];
}

export const CancelRunMutation = operation<
  { cancelRun: Payload },
  { id: string; reason: string | undefined }
>(/* GraphQL */ `
  mutation CancelRun($id: ID!, $reason: String) {
    cancelRun(id: $id, reason: $reason) { run { id status } ${userErrorFields} }
  }`);

const help = `
Running processes and model calls are stopped; what was done stays done.

Examples:
  nexus cancel run_0190… --reason "wrong branch"`;

export function cancelCommand(context: CliContext): Command {
  return new Command('cancel')
    .description('stop a run')
    .argument('<run>', 'ID of the run')
    .option('--reason <text>', 'kept with the run')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (id: string, options: { reason?: string; json?: boolean }) => {
      const { cancelRun } = await context.api().request(CancelRunMutation, { id, reason: options.reason });
      const run = accepted(cancelRun.run, cancelRun.userErrors, `see it: nexus status ${id}`);
      context.terminal.data.line(options.json ? jsonLine(run) : `${run.id}  ${run.status}`);
      context.exit(exitCodes.ok);
    });
}
