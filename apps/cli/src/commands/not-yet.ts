import { nexusError } from '#contracts';
import { Command } from 'commander';

const later: readonly (readonly [usage: string, does: string])[] = [
  ['fork <run>', 'a new run from a task of an old one'],
  ['replay [run]', "replay a run's history against this version"],
];

/** Commands whose names are settled and whose work is still to come. */
export function notYetCommands(): Command[] {
  return later.map(([usage, does]) => {
    const name = usage.split(' ')[0] ?? usage;
    return new Command(name)
      .helpGroup('Not available yet:')
      .usage(usage.slice(name.length + 1))
      .description(does)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw nexusError('FAILED_PRECONDITION', `nexus ${name} is not available yet`, {
          hint: 'what there is now: nexus --help',
        });
      });
  });
}
