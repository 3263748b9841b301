import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { columns, fit } from '../columns.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { accepted, userErrorFields } from '../user-errors.js';
import type { UserErrorView } from '../user-errors.js';
import { jsonOption } from './options.js';

interface Breaker {
  readonly name: string;
  readonly state: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
  readonly availableAt: string | null;
  readonly forced: 'OPEN' | 'CLOSED' | null;
  readonly reason: string | null;
  readonly failures: number;
  readonly calls: number;
  readonly openings: number;
  readonly refusals: number;
  readonly since: string | null;
}
interface Payload {
  readonly breaker: Breaker | null;
  readonly userErrors: readonly UserErrorView[];
}
type Force = 'OPEN' | 'CLOSED' | null;

const fields = 'name state availableAt forced reason failures calls openings refusals since';

export const BreakersQuery = operation<{ breakers: Breaker[] }, object>(/* GraphQL */ `
  query Breakers { breakers { ${fields} } }`);

export const SetBreakerMutation = operation<
  { setBreaker: Payload },
  { name: string; force: Force; reason: string | undefined }
>(/* GraphQL */ `
  mutation SetBreaker($name: String!, $force: BreakerForce, $reason: String) {
    setBreaker(name: $name, force: $force, reason: $reason) { breaker { ${fields} } ${userErrorFields} }
  }`);

export const ResetBreakerMutation = operation<{ resetBreaker: Payload }, { name: string }>(/* GraphQL */ `
  mutation ResetBreaker($name: String!) {
    resetBreaker(name: $name) { breaker { ${fields} } ${userErrorFields} }
  }`);

const help = `
A breaker opens when too many calls of a model's deployment or of a tool fail: nothing goes there for a
while, then a few calls try whether it is well. Limits that a provider has set (a used-up quota, a
refused key) are listed with them, as open until they end. What is done here holds for all workers
within a second, and outlives restarts.

Examples:
  nexus breakers
  nexus breakers open model:openai:gpt-6-sol --reason "it answers in the wrong language"
  nexus breakers open tool:crm.update --reason "it is being moved"
  nexus breakers release tool:crm.update              leave it to itself again, once a call has tried it
  nexus breakers reset model:openai:gpt-6-sol         closed, and what was is forgotten`;

export function breakersCommand(context: CliContext): Command {
  return new Command('breakers')
    .description('circuit breakers: show, hold open or closed, reset')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action((options: { json?: boolean }) => list(context, options.json))
    .addCommand(holdCommand(context, 'open', 'let nothing through, until it is released', 'OPEN'))
    .addCommand(holdCommand(context, 'close', 'let all through, until it is released', 'CLOSED'))
    .addCommand(holdCommand(context, 'release', 'leave it to itself again', null))
    .addCommand(resetCommand(context));
}

async function list(context: CliContext, json: boolean | undefined): Promise<void> {
  const { data, talk } = context.terminal;
  const { breakers } = await context.api().request(BreakersQuery, {});
  if (json) breakers.forEach((breaker) => data.line(jsonLine(breaker)));
  else if (breakers.length === 0) talk.line('no breakers: no models are configured, and no tool has failed');
  else {
    const heading = ['BREAKER', 'STATE', 'FAILED', 'OPENED', 'AGAIN AT', 'REASON'];
    const lines = columns([heading, ...breakers.map((breaker) => cells(breaker).map(plainLine))]);
    lines.forEach((line) => data.line(data.isTerminal ? fit(line, data.columns()) : line));
  }
  context.exit(exitCodes.ok);
}

function holdCommand(context: CliContext, name: string, description: string, force: Force): Command {
  const command = new Command(name).description(description).argument('<name>', 'as nexus breakers shows it');
  if (force !== null) command.requiredOption('--reason <text>', 'kept with the breaker');
  return command
    .addOption(jsonOption())
    .action(async (breaker: string, { reason }: { reason?: string }, self: Command) => {
      const { json } = self.optsWithGlobals<{ json?: boolean }>();
      const { setBreaker } = await context
        .api()
        .request(SetBreakerMutation, { name: breaker, force, reason });
      tell(context, setBreaker, json);
    });
}

function resetCommand(context: CliContext): Command {
  return new Command('reset')
    .description('close it and forget what was, or lift a limit')
    .argument('<name>', 'as nexus breakers shows it')
    .addOption(jsonOption())
    .action(async (name: string, _options: object, self: Command) => {
      // `--json` is the parent's option too, which takes it.
      const { json } = self.optsWithGlobals<{ json?: boolean }>();
      const { resetBreaker } = await context.api().request(ResetBreakerMutation, { name });
      tell(context, resetBreaker, json);
    });
}

function tell(context: CliContext, { breaker, userErrors }: Payload, json: boolean | undefined): void {
  const changed = accepted(breaker, userErrors, 'see them: nexus breakers');
  const { name, state, forced } = changed;
  const held = forced === null ? '' : ', held so';
  context.terminal.data.line(json ? jsonLine(changed) : `${plainLine(name)}  ${state}${held}`);
  context.exit(exitCodes.ok);
}

function cells({ name, state, availableAt, forced, reason, failures, calls, openings }: Breaker): string[] {
  return [
    name,
    forced === null ? state : `${state} (held)`,
    calls === 0 ? '' : `${failures} of ${calls}`,
    openings === 0 ? '' : `${openings}x`,
    availableAt ?? '',
    reason ?? '',
  ];
}
