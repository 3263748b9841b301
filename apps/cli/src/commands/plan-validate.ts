import { describeFault, validatePlan } from '#plan';
import { Command } from 'commander';
import { counted } from '../amounts.js';
import type { CliContext } from '../cli-context.js';
import { exitCodes } from '../exit-codes.js';
import { readPlanFile } from '../plan-file.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { jsonOption } from './options.js';

const help = `
The plan is checked against the tools, agents and templates of the running Nexus; when none runs,
against the tools that come with the product.

Examples:
  nexus plan validate release.yaml
  generate-a-plan | nexus plan validate - --json

Exit codes: 0 valid, 2 not valid.`;

export function planCommand(context: CliContext): Command {
  const validate = new Command('validate')
    .description('check a plan and name every fault with its place')
    .argument('<file>', 'YAML or JSON; - for standard input')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (file: string, options: { json?: boolean }) => {
      context.exit(await validateFile(context, file, options.json ?? false));
    });
  return new Command('plan').description('work with plans').addCommand(validate);
}

async function validateFile(context: CliContext, file: string, json: boolean): Promise<number> {
  const { data, talk } = context.terminal;
  const document = await readPlanFile(file, context.workingDirectory);
  // Only this command needs the tools themselves, and they take their time to load.
  const { planCatalogue } = await import('./plan-catalogue.js');
  const { context: known, source } = await planCatalogue(context.api(), context.workingDirectory);
  const result = validatePlan(document, known);
  const faults = result.ok ? [] : result.faults;
  const code = result.ok ? exitCodes.ok : exitCodes.usage;

  if (json) {
    data.line(jsonLine({ valid: result.ok, faults, warnings: result.warnings }));
    return code;
  }
  if (source === 'built-in tools')
    talk.line('no Nexus runs here: checked against the tools that come with the product');
  for (const warning of result.warnings) talk.line(`warning  ${plainLine(describeFault(warning))}`);
  for (const fault of faults) data.line(`${data.paint('red', '✗')} ${plainLine(describeFault(fault))}`);
  if (result.ok) data.line(`${data.paint('green', '✓')} ${file} is valid`);
  else talk.line(`${file}: ${counted(faults.length, 'fault')}`);
  return code;
}
