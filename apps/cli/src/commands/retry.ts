import type { JsonValue } from '#contracts';
import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { readJsonValue } from '../run-inputs.js';
import { changedRunFields, tellChangedRun } from './changed-run.js';
import type { ChangedRun } from './changed-run.js';
import { jsonOption } from './options.js';

export const RetryTaskMutation = operation<
  { retryTask: ChangedRun },
  { runId: string; path: string; input: JsonValue | undefined }
>(/* GraphQL */ `
  mutation RetryTask($runId: ID!, $path: String!, $input: JSON) {
    retryTask(runId: $runId, path: $path, input: $input) { ${changedRunFields} }
  }`);

const help = `
The task is one that has FAILED or was CANCELLED. What needs it goes on when it succeeds.

Examples:
  nexus retry run_0190… fix/check
  nexus retry run_0190… upload --input '{"bucket":"b2"}'
  nexus retry run_0190… 'each[3]/lint' --input @input.json`;

export function retryCommand(context: CliContext): Command {
  return new Command('retry')
    .description('repeat a failed task')
    .argument('<run>', 'ID of the run')
    .argument('<task>', 'path of the task, as nexus status shows it')
    .option('--input <json>', 'with this input instead, or @file.json')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (runId: string, path: string, options: { input?: string; json?: boolean }) => {
      const input = await readJsonValue('--input', options.input, context.workingDirectory);
      const { retryTask } = await context.api().request(RetryTaskMutation, { runId, path, input });
      tellChangedRun(context, retryTask, runId, options.json);
    });
}
