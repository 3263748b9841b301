import { nexusError } from '#contracts';
import type { JsonValue } from '#contracts';
import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { readJsonValue } from '../run-inputs.js';
import { changedRunFields, tellChangedRun } from './changed-run.js';
import type { ChangedRun } from './changed-run.js';
import { jsonOption } from './options.js';

export const ResolveUncertainMutation = operation<
  { resolveUncertain: ChangedRun },
  { runId: string; path: string; happened: boolean; output: JsonValue | undefined }
>(/* GraphQL */ `
  mutation ResolveUncertain($runId: ID!, $path: String!, $happened: Boolean!, $output: JSON) {
    resolveUncertain(runId: $runId, path: $path, happened: $happened, output: $output) { ${changedRunFields} }
  }`);

interface ResolveOptions {
  readonly happened?: boolean;
  readonly didNotHappen?: boolean;
  readonly output?: string;
  readonly json?: boolean;
}

const help = `
A task is UNCERTAIN when its tool takes no idempotency key and its answer was lost: it is not called
again until somebody has looked. What happened counts as done, with the output given; what did not
happen is done now.

Examples:
  nexus resolve run_0190… transfer --happened --output '{"id":"tx-7"}'
  nexus resolve run_0190… 'each[3]/item' --did-not-happen`;

export function resolveCommand(context: CliContext): Command {
  return new Command('resolve')
    .description('say whether an effect of unknown outcome happened')
    .argument('<run>', 'ID of the run')
    .argument('<task>', 'path of the task, as nexus status shows it')
    .option('--happened', 'it happened: the task is done')
    .option('--did-not-happen', 'it did not: the task makes it now')
    .option('--output <json>', 'what it gave, or @file.json')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (runId: string, path: string, options: ResolveOptions) => {
      const { happened = false, didNotHappen = false } = options;
      if (happened === didNotHappen) {
        throw nexusError('BAD_USER_INPUT', 'give one of --happened and --did-not-happen', {
          hint: 'nexus resolve --help',
        });
      }
      const output = await readJsonValue('--output', options.output, context.workingDirectory);
      const variables = { runId, path, happened, output };
      const { resolveUncertain } = await context.api().request(ResolveUncertainMutation, variables);
      tellChangedRun(context, resolveUncertain, runId, options.json);
    });
}
