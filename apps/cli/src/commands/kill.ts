import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { changedRunFields, tellChangedRun } from './changed-run.js';
import type { ChangedRun } from './changed-run.js';
import { jsonOption } from './options.js';

export const KillRunMutation = operation<
  { killRun: ChangedRun },
  { id: string; reason: string }
>(/* GraphQL */ `
  mutation KillRun($id: ID!, $reason: String!) {
    killRun(id: $id, reason: $reason) { ${changedRunFields} }
  }`);

const help = `
The hard stop: processes and model calls are aborted and nothing new starts; nothing is undone.
It answers when nothing runs any more, after two seconds at most. All runs at once: nexus panic.

Examples:
  nexus kill run_0190… --reason "it writes to the wrong bucket"
  nexus status run_0190…              what was done, and what was not`;

export function killCommand(context: CliContext): Command {
  return new Command('kill')
    .description('stop a run hard')
    .argument('<run>', 'ID of the run')
    .requiredOption('--reason <text>', 'kept with the run')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (id: string, options: { reason: string; json?: boolean }) => {
      const { killRun } = await context.api().request(KillRunMutation, { id, reason: options.reason });
      tellChangedRun(context, killRun, id, options.json);
    });
}
