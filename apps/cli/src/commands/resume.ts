import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { changedRunFields, tellChangedRun } from './changed-run.js';
import type { ChangedRun } from './changed-run.js';
import { jsonOption } from './options.js';

export const ResumeRunMutation = operation<{ resumeRun: ChangedRun }, { id: string }>(/* GraphQL */ `
  mutation ResumeRun($id: ID!) {
    resumeRun(id: $id) { ${changedRunFields} }
  }`);

const help = `
Every pause is lifted, whoever made it: one from the Temporal UI too.

Examples:
  nexus resume run_0190…`;

export function resumeCommand(context: CliContext): Command {
  return new Command('resume')
    .description('let a paused run go on')
    .argument('<run>', 'ID of the run')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (id: string, options: { json?: boolean }) => {
      const { resumeRun } = await context.api().request(ResumeRunMutation, { id });
      tellChangedRun(context, resumeRun, id, options.json);
    });
}
