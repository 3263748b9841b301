import type { JsonValue } from '#contracts';
import { Command } from 'commander';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { exitCodes } from '../exit-codes.js';
import { readPlanFile } from '../plan-file.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { readJsonValue } from '../run-inputs.js';
import { shellWord } from '../shell-word.js';
import { accepted, userErrorFields } from '../user-errors.js';
import type { UserErrorView } from '../user-errors.js';
import type { ApprovalDetails } from './approvals.js';
import { approvalDetailFields } from './approvals.js';
import { jsonOption } from './options.js';

export const DecideApprovalMutation = operation<
  { decideApproval: { approval: ApprovalDetails | null; userErrors: readonly UserErrorView[] } },
  { id: string; approve: boolean; answer: JsonValue | undefined; comment: string | undefined }
>(/* GraphQL */ `
  mutation DecideApproval($id: ID!, $approve: Boolean!, $answer: JSON, $comment: String) {
    decideApproval(id: $id, approve: $approve, answer: $answer, comment: $comment) {
      approval { ${approvalDetailFields} } ${userErrorFields}
    }
  }`);

interface DecideOptions {
  readonly answer?: string;
  readonly comment?: string;
  readonly json?: boolean;
}

const approveHelp = `
What may be answered depends on what is asked: nexus approvals ID shows it. A plan may be answered with
an edited plan (YAML or JSON file); it is checked as at a start, and its difference is shown.

Examples:
  nexus approve approval:run_0190…:task.1:gate --comment "looked at the report"
  nexus approve approval:run_0190…:task.1:gate --answer '{"channel":"beta"}'
  nexus approve approval:run_0190…:plan.1: --answer @edited-plan.yaml
  nexus approve approval:run_0190…:budget.1: --answer '{"limit":"5"}'`;

const rejectHelp = `
Examples:
  nexus reject approval:run_0190…:task.1:gate --comment "wrong branch"`;

export function approveCommand(context: CliContext): Command {
  return new Command('approve')
    .description('approve what a run asks')
    .argument('<id>', 'ID of the approval, as nexus approvals shows it')
    .option('--answer <json>', 'the answer, or @file (JSON; a plan may be YAML)')
    .option('--comment <text>', 'kept with the decision')
    .addOption(jsonOption())
    .addHelpText('after', approveHelp)
    .action((id: string, options: DecideOptions) => decide(context, id, true, options));
}

export function rejectCommand(context: CliContext): Command {
  return new Command('reject')
    .description('reject what a run asks')
    .argument('<id>', 'ID of the approval, as nexus approvals shows it')
    .option('--comment <text>', 'kept with the decision')
    .addOption(jsonOption())
    .addHelpText('after', rejectHelp)
    .action((id: string, options: DecideOptions) => decide(context, id, false, options));
}

async function decide(
  context: CliContext,
  id: string,
  approve: boolean,
  { answer: given, comment, json }: DecideOptions,
): Promise<void> {
  const answer = await readAnswer(given, context.workingDirectory);
  const { decideApproval } = await context
    .api()
    .request(DecideApprovalMutation, { id, approve, answer, comment });
  const decided = accepted(
    decideApproval.approval,
    decideApproval.userErrors,
    `see it: nexus approvals ${shellWord(id)}`,
  );
  const { data, talk } = context.terminal;
  data.line(json ? jsonLine(decided) : `${decided.id}  ${decided.status}`);
  for (const { path, change } of decided.difference ?? []) talk.line(`${change}  ${plainLine(path)}`);
  if (decided.status === 'PENDING') {
    const counted = decided.decisions.filter((decision) => decision.approve).length;
    talk.line(`${counted} of ${decided.quorum} have approved`);
  }
  context.exit(exitCodes.ok);
}

async function readAnswer(text: string | undefined, directory: string): Promise<JsonValue | undefined> {
  const isYaml = text !== undefined && /^@.*\.ya?ml$/.test(text);
  return isYaml ? readPlanFile(text.slice(1), directory) : readJsonValue('--answer', text, directory);
}
