import type { JsonValue } from '#contracts';
import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { readJsonValue } from '../run-inputs.js';
import { changedRunFields, tellChangedRun } from './changed-run.js';
import type { ChangedRun } from './changed-run.js';
import { jsonOption } from './options.js';

export const SkipTaskMutation = operation<
  { skipTask: ChangedRun },
  { runId: string; path: string; output: JsonValue | undefined }
>(/* GraphQL */ `
  mutation SkipTask($runId: ID!, $path: String!, $output: JSON) {
    skipTask(runId: $runId, path: $path, output: $output) { ${changedRunFields} }
  }`);

const help = `
The task counts as done with the output given, null if none is; what needs it goes on. It may be one
that has failed, or that has not begun.

Examples:
  nexus skip run_0190… wait
  nexus skip run_0190… upload --output '{"url":"https://example.org/report"}'`;

export function skipCommand(context: CliContext): Command {
  return new Command('skip')
    .description('count a task as done')
    .argument('<run>', 'ID of the run')
    .argument('<task>', 'path of the task, as nexus status shows it')
    .option('--output <json>', 'what it gives, or @file.json')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (runId: string, path: string, options: { output?: string; json?: boolean }) => {
      const output = await readJsonValue('--output', options.output, context.workingDirectory);
      const { skipTask } = await context.api().request(SkipTaskMutation, { runId, path, output });
      tellChangedRun(context, skipTask, runId, options.json);
    });
}
