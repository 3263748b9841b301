import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { changedRunFields, tellChangedRun } from './changed-run.js';
import type { ChangedRun } from './changed-run.js';
import { jsonOption } from './options.js';

export const CancelRunMutation = operation<
  { cancelRun: ChangedRun },
  { id: string; reason: string | undefined }
>(/* GraphQL */ `
  mutation CancelRun($id: ID!, $reason: String) {
    cancelRun(id: $id, reason: $reason) { ${changedRunFields} }
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
      tellChangedRun(context, cancelRun, id, options.json);
    });
}
