import { Command } from 'commander';
import { counted } from '../amounts.js';
import type { CliContext } from '../cli-context.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { jsonOption } from './options.js';

const help = `
Looks and changes nothing. Exit codes: 0 Nexus can start here, 1 something that it needs is missing.

Examples:
  nexus doctor
  DATABASE_URL=postgres://nexus@db/nexus nexus doctor`;

export function doctorCommand(context: CliContext): Command {
  return new Command('doctor')
    .description('check everything a start depends on, and say how to mend what is missing')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (options: { json?: boolean }) =>
      context.exit(await diagnose(context, options.json ?? false)),
    );
}

async function diagnose({ env, workingDirectory, terminal }: CliContext, json: boolean): Promise<number> {
  const { data, talk } = terminal;
  const { runDoctor } = await import('../embedded/index.js');
  const rows = await runDoctor(env, workingDirectory);
  const bad = rows.filter((row) => !row.ok).length;
  if (json) rows.forEach((row) => data.line(jsonLine(row)));
  else {
    const width = Math.max(...rows.map(({ what }) => what.length));
    for (const { what, found, ok, hint } of rows) {
      const mark = ok ? data.paint('green', '✓') : data.paint('red', '✗');
      data.line(`${mark} ${what.padEnd(width)}  ${plainLine(found)}`);
      if (hint !== undefined) data.line(`  ${' '.repeat(width)}  ${data.paint('dim', plainLine(hint))}`);
    }
    talk.line(
      bad === 0
        ? 'Nexus can start here: nexus up'
        : `${counted(bad, 'thing')} to mend before Nexus can start here`,
    );
  }
  return bad === 0 ? exitCodes.ok : exitCodes.failed;
}
