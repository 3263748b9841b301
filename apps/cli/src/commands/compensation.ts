import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { changedRunFields, tellChangedRun } from './changed-run.js';
import type { ChangedRun } from './changed-run.js';
import { jsonOption } from './options.js';

export const RetryCompensationMutation = operation<
  { retryCompensation: ChangedRun },
  { runId: string; path: string }
>(/* GraphQL */ `
  mutation RetryCompensation($runId: ID!, $path: String!) {
    retryCompensation(runId: $runId, path: $path) { ${changedRunFields} }
  }`);

export const MarkCompensatedMutation = operation<
  { markCompensated: ChangedRun },
  { runId: string; path: string; comment: string }
>(/* GraphQL */ `
  mutation MarkCompensated($runId: ID!, $path: String!, $comment: String!) {
    markCompensated(runId: $runId, path: $path, comment: $comment) { ${changedRunFields} }
  }`);

const help = `
A rollback that could not undo something leaves its run ROLLBACK_INCOMPLETE. The run is ROLLED_BACK
once the last of what is left is undone, by one more try or by hand.

Examples:
  nexus compensation retry run_0190… publish
  nexus compensation mark run_0190… publish --comment "deleted the release by hand"`;

export function compensationCommand(context: CliContext): Command {
  const retry = new Command('retry')
    .description('try once more to undo it')
    .argument('<run>', 'ID of the run')
    .argument('<task>', 'path of the task')
    .addOption(jsonOption())
    .action(async (runId: string, path: string, options: { json?: boolean }) => {
      const { retryCompensation } = await context.api().request(RetryCompensationMutation, { runId, path });
      tellChangedRun(context, retryCompensation, runId, options.json);
    });
  const mark = new Command('mark')
    .description('say that it was undone by hand')
    .argument('<run>', 'ID of the run')
    .argument('<task>', 'path of the task')
    .requiredOption('--comment <text>', 'how it was undone; kept with the run')
    .addOption(jsonOption())
    .action(async (runId: string, path: string, options: { comment: string; json?: boolean }) => {
      const variables = { runId, path, comment: options.comment };
      const { markCompensated } = await context.api().request(MarkCompensatedMutation, variables);
      tellChangedRun(context, markCompensated, runId, options.json);
    });
  return new Command('compensation')
    .description('what to do about effects that could not be undone')
    .addHelpText('after', help)
    .addCommand(retry)
    .addCommand(mark);
}
