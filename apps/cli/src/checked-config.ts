import { readConfig } from '#config';
import type { ConfigFault, NexusConfig } from '#config';
import { nexusError } from '#contracts';
import type { CliContext } from './cli-context.js';

/** The configuration, or an error that names every setting that is wrong. Warnings go to `talk`. */
export function checkedConfig({ env, workingDirectory, terminal }: CliContext): NexusConfig {
  const result = readConfig(env, workingDirectory);
  for (const warning of result.warnings) terminal.talk.line(`warning: ${faultText(warning)}`);
  if (result.ok) return result.config;
  const faults = result.faults.map((fault) => `  ${faultText(fault)}`);
  throw nexusError('BAD_USER_INPUT', `these settings are wrong:\n${faults.join('\n')}`, {
    hint: 'what each setting means: nexus config explain',
  });
}

/** A setting that is wrong, in a line. */
export function faultText({ variable, problem, hint }: ConfigFault): string {
  return `${variable} ${problem}. ${hint}`.trimEnd();
}
