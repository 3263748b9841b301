import { readFileSync } from 'node:fs';
import { failureOf, nexusError } from '#contracts';
import type { NexusError } from '#contracts';
import { Command, CommanderError } from 'commander';
import type { CliContext } from './cli-context.js';
import { approvalsCommand } from './commands/approvals.js';
import { breakersCommand } from './commands/breakers.js';
import { cancelCommand } from './commands/cancel.js';
import { compensationCommand } from './commands/compensation.js';
import { configCommand } from './commands/config-explain.js';
import { approveCommand, rejectCommand } from './commands/decide.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { eventsCommand } from './commands/events.js';
import { killCommand } from './commands/kill.js';
import { logsCommand } from './commands/logs.js';
import { notYetCommands } from './commands/not-yet.js';
import { panicCommand } from './commands/panic.js';
import { pauseCommand } from './commands/pause.js';
import { planCommand } from './commands/plan-validate.js';
import { registryCommands } from './commands/registries.js';
import { resolveCommand } from './commands/resolve.js';
import { resumeCommand } from './commands/resume.js';
import { retryCommand } from './commands/retry.js';
import { rollbackCommand } from './commands/rollback.js';
import { routeCommand } from './commands/route.js';
import { rulesCommand } from './commands/rules.js';
import { runCommand } from './commands/run.js';
import { skipCommand } from './commands/skip.js';
import { statusCommand } from './commands/status.js';
import { upCommand } from './commands/up.js';
import { watchCommand } from './commands/watch.js';
import { exitCodeOfError, exitCodes } from './exit-codes.js';
import { jsonLine, plainText } from './plain-text.js';

const help = `
Data goes to standard output, talk to standard error; --json gives JSON everywhere.
Exit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 not allowed, 5 conflict or refused,
6 budget or kill switch, 7 timed out, 130 interrupted.`;

/** Runs one command line; gives the exit code. Whatever goes wrong is told on `talk`. */
export async function runCli(args: readonly string[], context: Omit<CliContext, 'exit'>): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const json = args.includes('--json');
  const program = nexusProgram({ ...context, exit: (code) => (exitCode = code) }, json);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return tellError(error, context, json);
    if (error.exitCode === 0) return exitCodes.ok;
    return json ? tellError(usageError(error), context, json) : exitCodes.usage;
  }
}

function nexusProgram(context: CliContext, json: boolean): Command {
  const { data, talk } = context.terminal;
  const program = new Command('nexus')
    .description('Nexus: durable runs for AI agent work')
    .version(version(), '-V, --version')
    .addHelpText('after', help)
    .helpCommand('help [command]', 'show help for a command');
  program.commandsGroup('Server:');
  program
    .addCommand(upCommand(context))
    .addCommand(doctorCommand(context))
    .addCommand(demoCommand(context))
    .addCommand(configCommand(context));
  program.commandsGroup('Runs:');
  const runs = [runCommand, statusCommand, watchCommand, logsCommand, eventsCommand, routeCommand];
  runs.forEach((command) => program.addCommand(command(context)));
  program.commandsGroup('Control:');
  const control = [
    pauseCommand,
    resumeCommand,
    cancelCommand,
    killCommand,
    retryCommand,
    skipCommand,
    panicCommand,
    breakersCommand,
    rollbackCommand,
    compensationCommand,
  ];
  control.forEach((command) => program.addCommand(command(context)));
  program.commandsGroup('Decisions:');
  const decisions = [approvalsCommand, approveCommand, rejectCommand, resolveCommand, rulesCommand];
  decisions.forEach((command) => program.addCommand(command(context)));
  program.commandsGroup('Plans and registries:');
  program.addCommand(planCommand(context));
  registryCommands(context).forEach((command) => program.addCommand(command));
  program.commandsGroup('Not available yet:');
  notYetCommands().forEach((command) => program.addCommand(command));

  for (const command of everyCommand(program)) {
    command
      .exitOverride()
      .showHelpAfterError(`(see: ${pathOf(command)} --help)`)
      // As JSON, wrong usage is told like every other error.
      .configureOutput({ writeOut: data.write, writeErr: json ? () => {} : talk.write });
  }
  return program;
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function usageError({ code, message }: CommanderError): NexusError {
  const text = code === 'commander.help' ? 'a command is missing' : message.replace(/^error: /, '');
  return nexusError('BAD_USER_INPUT', text, { hint: 'see: nexus --help' });
}

function tellError(
  error: unknown,
  { terminal: { talk }, env }: Omit<CliContext, 'exit'>,
  json: boolean,
): number {
  const { code, message, hint } = failureOf(error);
  if (json) talk.line(jsonLine({ error: { code, message, hint: hint ?? null } }));
  else {
    talk.line(`${talk.paint('red', 'error')}: ${plainText(message)}`);
    if (hint !== undefined) talk.line(`${talk.paint('dim', 'hint')}:  ${plainText(hint)}`);
    if (env['NEXUS_DEBUG'] && error instanceof Error) talk.line(error.stack ?? '');
  }
  return exitCodeOfError(code);
}

/** Sources and built files lie at different depths below the package. */
function version(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL('package.json', folder), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'nexus') return version ?? 'unknown';
    } catch {
      // Not here: one folder up.
    }
    if (folder.pathname === '/') return 'unknown';
  }
}
