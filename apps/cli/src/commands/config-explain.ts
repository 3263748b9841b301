import { explainConfig, readConfig } from '#config';
import { Command } from 'commander';
import { faultText } from '../checked-config.js';
import type { CliContext } from '../cli-context.js';
import { columns } from '../columns.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { jsonOption } from './options.js';

const help = `
Keys and passwords are masked. With settings that are wrong, each is named and the exit code is 2.

Examples:
  nexus config explain
  NEXUS_PORT=4100 nexus config explain --json`;

export function configCommand(context: CliContext): Command {
  const explain = new Command('explain')
    .description('show every setting: its value, where that comes from, what it is for')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((options: { json?: boolean }) => context.exit(explainSettings(context, options.json ?? false)));
  return new Command('config').description('work with settings').addCommand(explain);
}

function explainSettings({ env, workingDirectory, terminal }: CliContext, json: boolean): number {
  const { data, talk } = terminal;
  const result = readConfig(env, workingDirectory);
  for (const warning of result.warnings) talk.line(`warning: ${faultText(warning)}`);
  if (!result.ok) {
    for (const fault of result.faults) data.line(json ? jsonLine({ fault }) : `✗ ${faultText(fault)}`);
    return exitCodes.usage;
  }
  const rows = explainConfig(result.config, env);
  if (json) rows.forEach((row) => data.line(jsonLine(row)));
  else {
    const cells = rows.map(({ name, value, source, meaning }) => [name, plainLine(value), source, meaning]);
    columns([['SETTING', 'VALUE', 'FROM', 'MEANING'], ...cells]).forEach((line) => data.line(line));
  }
  return exitCodes.ok;
}
