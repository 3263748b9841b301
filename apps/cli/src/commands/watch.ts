import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { exitCodeOfRun, exitCodes } from '../exit-codes.js';
import { jsonLine } from '../plain-text.js';
import { loadRun } from '../run-view/run-details.js';
import { runStream } from '../run-view/run-stream.js';
import { jsonOption } from './options.js';
import { waitForRun } from './wait-for-run.js';

const help = `
Examples:
  nexus watch run_0190…                     the task tree, redrawn in place
  nexus watch run_0190… --json | jq .type   every event, past and to come, one JSON object a line`;

export function watchCommand(context: CliContext): Command {
  return new Command('watch')
    .description('show a run live until it has ended; exits as the run did')
    .argument('<run>', 'ID of the run')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (runId: string, options: { json?: boolean }) => {
      const api = context.api();
      const run = await loadRun(api, runId);
      const title = run.goal ?? run.plan?.name ?? runId;
      context.exit(
        options.json ? await streamJson(context, runId) : await waitForRun(context, api, runId, { title }),
      );
    });
}

async function streamJson(
  { api: connect, interruptible, terminal }: CliContext,
  runId: string,
): Promise<number> {
  const api = connect();
  const interrupted = await interruptible(async (signal) => {
    for await (const event of runStream(api, runId, { signal })) terminal.data.line(jsonLine(event));
    return signal.aborted;
  });
  if (interrupted) return exitCodes.interrupted;
  const run = await loadRun(api, runId);
  return exitCodeOfRun(run.status, run.error?.code);
}
