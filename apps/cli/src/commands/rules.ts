import type { JsonValue } from '#contracts';
import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { columns } from '../columns.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { readJsonValue } from '../run-inputs.js';
import { accepted, userErrorFields } from '../user-errors.js';
import type { UserErrorView } from '../user-errors.js';
import { jsonOption } from './options.js';

interface StandingRule {
  readonly id: string;
  readonly tool: string;
  readonly template: string | null;
  readonly arguments: JsonValue;
  readonly argumentsHash: string | null;
  readonly comment: string | null;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly revokedBy: string | null;
  readonly revokedAt: string | null;
}
interface Payload {
  readonly rule: StandingRule | null;
  readonly userErrors: readonly UserErrorView[];
}

const ruleFields = 'id tool template arguments argumentsHash comment createdBy createdAt revokedBy revokedAt';

export const StandingRulesQuery = operation<
  { standingRules: StandingRule[] },
  { all: boolean }
>(/* GraphQL */ `
  query StandingRules($all: Boolean) { standingRules(all: $all) { ${ruleFields} } }`);

export const AddStandingRuleMutation = operation<
  { addStandingRule: Payload },
  {
    input: {
      tool: string;
      template: string | undefined;
      arguments: JsonValue | undefined;
      argumentsHash: string | undefined;
      comment: string | undefined;
    };
  }
>(/* GraphQL */ `
  mutation AddStandingRule($input: StandingRuleInput!) {
    addStandingRule(input: $input) { rule { ${ruleFields} } ${userErrorFields} }
  }`);

export const RevokeStandingRuleMutation = operation<
  { revokeStandingRule: Payload },
  { id: string }
>(/* GraphQL */ `
  mutation RevokeStandingRule($id: ID!) {
    revokeStandingRule(id: $id) { rule { ${ruleFields} } ${userErrorFields} }
  }`);

const help = `
A rule allows a tool without asking: with any arguments or with exactly these, for any plan or for runs
of one template. What it decides is on record as its decision. A revoked rule allows nothing more.

Examples:
  nexus rules list
  nexus rules allow http.request --args '{"method":"DELETE","url":"https://ci.test/cache"}' --template clean-up
  nexus rules allow mail.send --args-hash 6b86b273…   as nexus approvals ID shows it
  nexus rules revoke rule_0190…`;

export function rulesCommand(context: CliContext): Command {
  return new Command('rules')
    .description('calls that need no approval any more')
    .addHelpText('after', help)
    .addCommand(listCommand(context))
    .addCommand(allowCommand(context))
    .addCommand(revokeCommand(context));
}

function listCommand({ api, terminal: { data, talk }, exit }: CliContext): Command {
  return new Command('list')
    .description('show the rules in force')
    .option('--all', 'those that were revoked too')
    .addOption(jsonOption())
    .action(async ({ all = false, json }: { all?: boolean; json?: boolean }) => {
      const { standingRules } = await api().request(StandingRulesQuery, { all });
      if (json) standingRules.forEach((rule) => data.line(jsonLine(rule)));
      else if (standingRules.length === 0) talk.line('no rule is in force');
      else columns(standingRules.map(ruleCells)).forEach((line) => data.line(line));
      exit(exitCodes.ok);
    });
}

interface AllowOptions {
  readonly args?: string;
  readonly argsHash?: string;
  readonly template?: string;
  readonly comment?: string;
  readonly json?: boolean;
}

function allowCommand(context: CliContext): Command {
  return new Command('allow')
    .description('always allow a tool')
    .argument('<tool>', 'its name, as nexus tools shows it')
    .option('--args <json>', 'with exactly these arguments only, or @file.json')
    .option('--args-hash <sha256>', 'the same by their hash')
    .option('--template <name>', 'in runs of this template only')
    .option('--comment <text>', 'kept with the rule')
    .addOption(jsonOption())
    .action(async (tool: string, options: AllowOptions) => {
      const { template, comment, argsHash: argumentsHash } = options;
      const given = await readJsonValue('--args', options.args, context.workingDirectory);
      const input = { tool, template, arguments: given, argumentsHash, comment };
      const { addStandingRule } = await context.api().request(AddStandingRuleMutation, { input });
      tell(context, accepted(addStandingRule.rule, addStandingRule.userErrors), options.json);
    });
}

function revokeCommand(context: CliContext): Command {
  return new Command('revoke')
    .description('ask again from now on')
    .argument('<id>', 'ID of the rule')
    .addOption(jsonOption())
    .action(async (id: string, options: { json?: boolean }) => {
      const { revokeStandingRule } = await context.api().request(RevokeStandingRuleMutation, { id });
      const rule = accepted(
        revokeStandingRule.rule,
        revokeStandingRule.userErrors,
        'see them: nexus rules list --all',
      );
      tell(context, rule, options.json);
    });
}

function tell({ terminal: { data }, exit }: CliContext, rule: StandingRule, json: boolean | undefined): void {
  data.line(json ? jsonLine(rule) : ruleCells(rule).join('  '));
  exit(exitCodes.ok);
}

function ruleCells(rule: StandingRule): string[] {
  const given = rule.arguments === null ? (rule.argumentsHash ?? 'any arguments') : jsonLine(rule.arguments);
  return [
    rule.id,
    plainLine(rule.tool),
    rule.template === null ? 'any plan' : `template ${plainLine(rule.template)}`,
    plainLine(given),
    `by ${plainLine(rule.createdBy)} ${rule.createdAt}`,
    rule.revokedAt === null ? '' : `revoked by ${plainLine(rule.revokedBy ?? '')} ${rule.revokedAt}`,
    plainLine(rule.comment ?? ''),
  ];
}
