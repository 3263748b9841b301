import { killScopes, nexusError } from '#contracts';
import type { KillScope } from '#contracts';
import { Command, Option } from 'commander';
import { counted } from '../amounts.js';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { accepted, userErrorFields } from '../user-errors.js';
import type { UserErrorView } from '../user-errors.js';
import { jsonOption } from './options.js';

interface KillSwitch {
  readonly scope: KillScope;
  readonly target: string | null;
  readonly engagedAt: string;
  readonly engagedBy: string;
  readonly reason: string;
  readonly stoppedRuns: number;
  readonly stoppedInMs: number | null;
}
interface Payload {
  readonly killSwitch: KillSwitch | null;
  readonly userErrors: readonly UserErrorView[];
}

const switchFields = 'scope target engagedAt engagedBy reason stoppedRuns stoppedInMs';

export const EngageKillSwitchMutation = operation<
  { engageKillSwitch: Payload },
  { scope: KillScope; target: string | undefined; reason: string }
>(/* GraphQL */ `
  mutation EngageKillSwitch($scope: KillScope!, $target: String, $reason: String!) {
    engageKillSwitch(scope: $scope, target: $target, reason: $reason) {
      killSwitch { ${switchFields} } ${userErrorFields}
    }
  }`);

export const ReleaseKillSwitchMutation = operation<
  { releaseKillSwitch: Payload },
  { scope: KillScope; target: string | undefined }
>(/* GraphQL */ `
  mutation ReleaseKillSwitch($scope: KillScope!, $target: String) {
    releaseKillSwitch(scope: $scope, target: $target) { killSwitch { ${switchFields} } ${userErrorFields} }
  }`);

export const KillSwitchesQuery = operation<{ killSwitches: KillSwitch[] }, object>(/* GraphQL */ `
  query KillSwitches { killSwitches { ${switchFields} } }`);

const help = `
GLOBAL, TENANT and PROJECT kill the runs they are for and refuse new ones; a run is in project x when it
carries the label project:x. AGENT, TOOL and MODEL kill nothing: tasks that reach it wait until the
switch is lifted. Switches outlive restarts.

Examples:
  nexus panic --reason "it deletes things"            everything stops
  nexus panic --lift                                  runs may be started again
  nexus panic --scope TOOL --target shell.run --reason "until it is reviewed"
  nexus panic --list`;

interface PanicOptions {
  readonly scope: KillScope;
  readonly target?: string;
  readonly reason?: string;
  readonly lift?: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

export function panicCommand(context: CliContext): Command {
  const scope = new Option('--scope <scope>', 'what to stop')
    .choices(killScopes)
    .default('GLOBAL')
    .argParser(readScope);
  return new Command('panic')
    .description('the kill switch: stop everything, or one kind of thing')
    .addOption(scope)
    .option('--target <name>', 'the project, agent, tool or model')
    .option('--reason <text>', 'kept with the switch and the runs it kills')
    .option('--lift', 'release the switch')
    .option('--list', 'show the switches that are engaged')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (options: PanicOptions) => {
      for (const line of await act(context, options)) context.terminal.data.line(line);
      context.exit(exitCodes.ok);
    });
}

async function act(context: CliContext, options: PanicOptions): Promise<string[]> {
  const { target, reason, json } = options;
  const api = context.api();
  const show = (one: KillSwitch, text: string): string => (json ? jsonLine(one) : text);
  if (options.list) {
    const { killSwitches } = await api.request(KillSwitchesQuery, {});
    if (killSwitches.length === 0 && !json) context.terminal.talk.line('no kill switch is engaged');
    return killSwitches.map((one) => show(one, `${nameOf(one)}  ${one.engagedAt}  ${plainLine(one.reason)}`));
  }
  if (options.lift) {
    const { releaseKillSwitch } = await api.request(ReleaseKillSwitchMutation, {
      scope: options.scope,
      target,
    });
    const released = accepted(
      releaseKillSwitch.killSwitch,
      releaseKillSwitch.userErrors,
      'see: nexus panic --list',
    );
    return [show(released, `${nameOf(released)} is released`)];
  }
  if (reason === undefined)
    throw nexusError('BAD_USER_INPUT', '--reason is missing', { hint: 'say why: nexus panic --reason "…"' });
  const { engageKillSwitch } = await api.request(EngageKillSwitchMutation, {
    scope: options.scope,
    target,
    reason,
  });
  const engaged = accepted(engageKillSwitch.killSwitch, engageKillSwitch.userErrors);
  return [show(engaged, `${nameOf(engaged)} is engaged: ${effectOf(engaged)}`)];
}

function readScope(text: string): string {
  const scope = killScopes.find((one) => one === text.toUpperCase());
  if (scope !== undefined) return scope;
  throw nexusError('BAD_USER_INPUT', `--scope: "${text}" is not a scope`, {
    hint: `one of ${killScopes.join(', ')}`,
  });
}

function nameOf({ scope, target }: KillSwitch): string {
  return target === null ? scope : `${scope} ${plainLine(target)}`;
}

function effectOf({ scope, stoppedRuns, stoppedInMs }: KillSwitch): string {
  if (scope === 'AGENT' || scope === 'TOOL' || scope === 'MODEL') return 'tasks that reach it wait';
  const within = stoppedInMs === null ? '' : ` within ${stoppedInMs} ms`;
  return `${counted(stoppedRuns, 'run')} stopped${within}, and none can be started`;
}
