import { Command } from 'commander';
import type { CliContext } from '../cli-context.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine } from '../plain-text.js';
import { eventLine } from '../run-view/event-line.js';
import { runStream } from '../run-view/run-stream.js';
import { pastEvents } from './event-pages.js';
import { jsonOption } from './options.js';

interface EventsOptions {
  readonly follow?: boolean;
  readonly after?: string;
  readonly json?: boolean;
}

const help = `
Examples:
  nexus events run_0190…
  nexus events run_0190… --follow --after 41 --json   what came after the cursor 41, then what comes`;

export function eventsCommand(context: CliContext): Command {
  return new Command('events')
    .description("list a run's events")
    .argument('<run>', 'ID of the run')
    .option('-f, --follow', 'go on with those to come, until the run has ended')
    .option('--after <cursor>', 'only those after this cursor')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (runId: string, { follow, after, json }: EventsOptions) => {
      const api = context.api();
      const interrupted = await context.interruptible(async (signal) => {
        const events = follow ? runStream(api, runId, { signal, after }) : pastEvents(api, runId, after);
        for await (const event of events)
          context.terminal.data.line(json ? jsonLine(event) : eventLine(event));
        return signal.aborted;
      });
      context.exit(interrupted ? exitCodes.interrupted : exitCodes.ok);
    });
}
