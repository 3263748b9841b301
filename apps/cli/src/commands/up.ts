import type { NexusConfig } from '#config';
import { Command } from 'commander';
import { checkedConfig } from '../checked-config.js';
import type { CliContext } from '../cli-context.js';
import { columns } from '../columns.js';
import type { RunningNexus } from '../embedded-nexus.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine } from '../plain-text.js';
import { jsonOption } from './options.js';

const help = `
Nothing needs to be configured: a Temporal server and a database are embedded unless TEMPORAL_ADDRESS
and DATABASE_URL name others. Ctrl-C stops it in order; a second Ctrl-C stops it at once.

Examples:
  nexus up
  NEXUS_PORT=4100 NEXUS_HOME=/var/lib/nexus nexus up
  DATABASE_URL=postgres://nexus@db/nexus TEMPORAL_ADDRESS=temporal:7233 nexus up`;

export function upCommand(context: CliContext): Command {
  return new Command('up')
    .description('start Nexus here, and serve until stopped')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (options: { json?: boolean }) => {
      const config = checkedConfig(context);
      await context.interruptible((signal) => serve(context, config, signal, options.json ?? false));
      context.exit(exitCodes.ok);
    });
}

async function serve(
  context: CliContext,
  config: NexusConfig,
  signal: AbortSignal,
  json: boolean,
): Promise<void> {
  const { data, talk } = context.terminal;
  // Other commands need none of this, and it takes its time to load.
  const [{ startNexus }, { launchLogger }] = await Promise.all([
    import('../embedded-nexus.js'),
    import('../launch/launch-logger.js'),
  ]);
  const nexus = await startNexus(config, { logger: launchLogger(context, config), say: talk.line });
  try {
    announce(context, config, nexus, json);
    await Promise.race([nexus.failed, aborted(signal)]);
    talk.line('stopping: what is under way may end; Ctrl-C again stops it at once');
  } finally {
    await nexus.stop();
  }
  if (!json) data.line('stopped');
}

function announce(
  { terminal: { data } }: CliContext,
  config: NexusConfig,
  nexus: RunningNexus,
  json: boolean,
): void {
  const { apiUrl, temporalUiUrl, temporalAddress } = nexus;
  const readyInSeconds = Number(process.uptime().toFixed(1));
  if (json)
    return data.line(jsonLine({ apiUrl, temporalUiUrl, temporalAddress, home: config.home, readyInSeconds }));
  const database = config.database.kind === 'embedded' ? config.home : 'DATABASE_URL';
  data.line(`${data.paint('green', '✓')} Nexus is ready in ${readyInSeconds} s\n`);
  const places = [
    ['API', `${apiUrl}/graphql`],
    ['Temporal UI', temporalUiUrl ?? 'none of ours'],
    ['Temporal', temporalAddress],
    ['Data', database],
  ];
  columns(places).forEach((line) => data.line(`  ${line}`));
  data.line('\nTry: nexus run "Report on the health of this repository" --input repo="$PWD"');
  data.line('Ctrl-C stops it.');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
