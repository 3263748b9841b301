import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { changedRunFields, tellChangedRun } from './changed-run.js';
import type { ChangedRun } from './changed-run.js';
import { jsonOption } from './options.js';

export const PauseRunMutation = operation<
  { pauseRun: ChangedRun },
  { id: string; reason: string | undefined; interrupt: boolean }
>(/* GraphQL */ `
  mutation PauseRun($id: ID!, $reason: String, $interrupt: Boolean) {
    pauseRun(id: $id, reason: $reason, interrupt: $interrupt) { ${changedRunFields} }
  }`);

const help = `
Nothing new starts anywhere in the run's tree. What is at work ends first; with --interrupt it is
cut now, and done again when the run goes on. Deadlines and timers of the plan stand still.

Examples:
  nexus pause run_0190… --reason "look at the bill first"
  nexus pause run_0190… --interrupt
  nexus status run_0190…              how much is still at work`;

export function pauseCommand(context: CliContext): Command {
  return new Command('pause')
    .description('hold a run and its whole tree')
    .argument('<run>', 'ID of the run')
    .option('--interrupt', 'cut what is at work; it is done again on resume')
    .option('--reason <text>', 'shown with the run while it is paused')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (id: string, options: { reason?: string; interrupt?: boolean; json?: boolean }) => {
      const { reason, interrupt = false, json } = options;
      const { pauseRun } = await context.api().request(PauseRunMutation, { id, reason, interrupt });
      tellChangedRun(context, pauseRun, id, json);
    });
}
