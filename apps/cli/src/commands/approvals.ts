import { approvalStatuses, nexusError } from '#contracts';
import type { JsonValue } from '#contracts';
import { Command, Option } from 'commander';
import { dollars, elapsed } from '../amounts.js';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { columns, fit } from '../columns.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine, plainText } from '../plain-text.js';
import type { ApprovalSummary } from '../run-view/approval-view.js';
import { approvalSummaryFields, commandsFor } from '../run-view/approval-view.js';
import { shellWord } from '../shell-word.js';
import { accepted, userErrorFields } from '../user-errors.js';
import type { UserErrorView } from '../user-errors.js';
import { jsonOption, wholeNumber } from './options.js';

interface ListedApproval extends ApprovalSummary {
  readonly goal: string | null;
  readonly cost: string;
}

interface DecisionView {
  readonly by: string;
  readonly approve: boolean;
  readonly at: string;
  readonly comment: string | null;
  readonly ruleId: string | null;
}

/** An approval with all that is known of it. */
export interface ApprovalDetails extends ListedApproval {
  readonly context: JsonValue;
  readonly quorum: number;
  readonly role: string | null;
  readonly policy: string | null;
  readonly argumentsHash: string | null;
  readonly onTimeout: string | null;
  readonly answer: JsonValue;
  readonly decidedAt: string | null;
  readonly decisions: readonly DecisionView[];
  readonly difference: readonly { readonly path: string; readonly change: string }[] | null;
}

/** The selection that goes with it. */
export const approvalDetailFields = `${approvalSummaryFields} goal cost context quorum role policy argumentsHash
  onTimeout answer decidedAt decisions { by approve at comment ruleId } difference { path change }`;

export const ApprovalsQuery = operation<
  { approvals: { edges: { node: ListedApproval }[]; pageInfo: { hasNextPage: boolean } } },
  { status: string | null; first: number }
>(/* GraphQL */ `
  query Approvals($status: ApprovalStatus, $first: Int) {
    approvals(status: $status, first: $first) {
      edges { node { ${approvalSummaryFields} goal cost } } pageInfo { hasNextPage }
    }
  }`);

export const ApprovalQuery = operation<{ node: ApprovalDetails | null }, { id: string }>(/* GraphQL */ `
  query Approval($id: ID!) {
    node(id: $id) { ... on Approval { ${approvalDetailFields} } }
  }`);

export const ApprovalLinkMutation = operation<
  {
    approvalLink: {
      url: string | null;
      expiresAt: string | null;
      person: string | null;
      userErrors: readonly UserErrorView[];
    };
  },
  { id: string; expiresIn: string | undefined; person: string | undefined }
>(/* GraphQL */ `
  mutation ApprovalLink($id: ID!, $expiresIn: Duration, $person: String) {
    approvalLink(id: $id, expiresIn: $expiresIn, person: $person) { url expiresAt person ${userErrorFields} }
  }`);

const help = `
Examples:
  nexus approvals                       what waits for a decision, oldest first, over all runs
  nexus approvals --status any          what was decided too
  nexus approvals approval:run_0190…    one of them: context, what may be answered, who has decided
  nexus approvals link approval:run_…   an address by which somebody else can decide, once`;

const linkHelp = `
Whoever has the address can decide once in the name of the person: send it to that person only.

Examples:
  nexus approvals link approval:run_0190…:task.1:gate --for ann --expires 2h`;

interface ListOptions {
  readonly status: string;
  readonly limit: number;
  readonly json?: boolean;
}

export function approvalsCommand(context: CliContext): Command {
  const statuses = [...approvalStatuses, 'ANY'];
  const status = new Option('--status <status>', `one of ${statuses.join(', ')}`)
    .default('PENDING')
    .argParser((text: string) => {
      if (statuses.includes(text.toUpperCase())) return text.toUpperCase();
      throw nexusError('BAD_USER_INPUT', `--status: "${text}" is not a status`, {
        hint: `one of ${statuses.join(', ')}`,
      });
    });
  return new Command('approvals')
    .description('list what waits for a decision, or show one')
    .argument('[id]', 'ID of an approval')
    .addOption(status)
    .option('--limit <n>', 'how many to list', wholeNumber('--limit', 1, 200), 50)
    .addOption(jsonOption())
    .addHelpText('after', help)
    .addCommand(linkCommand(context))
    .action(async (id: string | undefined, options: ListOptions) => {
      await (id === undefined ? list(context, options) : show(context, id, options));
      context.exit(exitCodes.ok);
    });
}

function linkCommand(context: CliContext): Command {
  return new Command('link')
    .description('make an address by which somebody can decide, once')
    .argument('<id>', 'ID of the approval')
    .option('--expires <duration>', 'how long it is good (1m to 30d)', '24h')
    .option('--for <person>', 'in whose name is decided')
    .addOption(jsonOption())
    .addHelpText('after', linkHelp)
    .action(async (id: string, options: { expires: string; for?: string; json?: boolean }) => {
      const variables = { id, expiresIn: options.expires, person: options.for };
      const { approvalLink } = await context.api().request(ApprovalLinkMutation, variables);
      const { userErrors, ...link } = approvalLink;
      const url = accepted(link.url, userErrors, `see it: nexus approvals ${shellWord(id)}`);
      const { data, talk } = context.terminal;
      data.line(options.json ? jsonLine(link) : url);
      talk.line(`good for one decision as ${plainLine(link.person ?? '')}, until ${link.expiresAt}`);
      context.exit(exitCodes.ok);
    });
}

async function list({ api, terminal: { data, talk } }: CliContext, options: ListOptions): Promise<void> {
  const status = options.status === 'ANY' ? null : options.status;
  const { approvals } = await api().request(ApprovalsQuery, { status, first: options.limit });
  const found = approvals.edges.map(({ node }) => node);
  if (options.json) return found.forEach((approval) => data.line(jsonLine(approval)));
  if (found.length === 0) return talk.line(status === 'PENDING' ? 'nothing waits for a decision' : 'none');
  const now = Date.now();
  const rows = found.map((approval) => [
    approval.id,
    approval.kind,
    ...(status === 'PENDING' ? [] : [approval.status]),
    elapsed(now - Date.parse(approval.requestedAt)),
    approval.expiresAt === null ? '' : `due ${approval.expiresAt}`,
    dollars(approval.cost),
    plainLine(`${approval.question}${approval.goal === null ? '' : ` (${approval.goal})`}`),
  ]);
  const titles = [
    'APPROVAL',
    'KIND',
    ...(status === 'PENDING' ? [] : ['STATUS']),
    'AGE',
    '',
    'COST',
    'QUESTION',
  ];
  columns([titles, ...rows]).forEach((line) =>
    data.line(data.isTerminal ? fit(line, Math.max(data.columns(), 120)) : line),
  );
  if (approvals.pageInfo.hasNextPage) talk.line(`there are more: --limit up to 200`);
  if (status === 'PENDING') talk.line('one of them, and how to answer: nexus approvals ID');
}

async function show(
  { api, terminal: { data } }: CliContext,
  id: string,
  { json }: ListOptions,
): Promise<void> {
  const { node } = await api().request(ApprovalQuery, { id });
  // Of another kind of thing nothing was asked for, so nothing came.
  if (node?.question === undefined)
    throw nexusError('NOT_FOUND', `there is no approval ${id}`, { hint: 'list them: nexus approvals' });
  if (json) return data.line(jsonLine(node));
  approvalLines(node, Date.now()).forEach((line) => data.line(line));
}

/** An approval for people: the question, what to know, who has decided, how to answer. */
export function approvalLines(approval: ApprovalDetails, now: number): string[] {
  const { answerSchema, context, decisions, difference, answer } = approval;
  const deadline =
    approval.expiresAt === null ? '' : `${approval.expiresAt}, then ${approval.onTimeout ?? 'reject'}`;
  const facts = [
    ['Status', approval.status],
    ['Kind', approval.kind],
    ['Run', `${approval.runId}${approval.goal === null ? '' : `  ${plainLine(approval.goal)}`}`],
    ['Task', plainLine(approval.taskPath ?? '')],
    ['Asked', `${approval.requestedAt}, ${elapsed(now - Date.parse(approval.requestedAt))} ago`],
    ['Deadline', deadline],
    ['Cost', `${dollars(approval.cost)} so far`],
    ['Role', plainLine(approval.role ?? '')],
    ['Rule', plainLine(approval.policy ?? '')],
    ['Arguments', approval.argumentsHash ?? ''],
    ['Quorum', approval.quorum === 1 ? '' : String(approval.quorum)],
  ].filter(([, value]) => value !== '');
  return [
    plainLine(approval.question),
    '',
    ...columns(facts),
    ...section('Context', jsonLines(context)),
    ...section('An answer must meet', jsonLines(answerSchema)),
    ...section(
      'Decided',
      decisions.map(
        ({ by, approve, at, comment, ruleId }) =>
          `${approve ? 'approved' : 'rejected'} by ${plainLine(by)} at ${at}` +
          (ruleId === null ? '' : `, by the rule ${ruleId}`) +
          (comment === null ? '' : `: ${plainLine(comment)}`),
      ),
    ),
    ...section('Answer', approval.kind === 'PLAN' ? [] : jsonLines(answer)),
    ...section(
      'The plan was edited',
      (difference ?? []).map(({ path, change }) => `${change.padEnd(7)}  ${plainLine(path)}`),
    ),
    ...section('To answer', approval.status === 'PENDING' ? commandsFor(approval) : []),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}

function jsonLines(value: JsonValue): string[] {
  return value === null ? [] : plainText(JSON.stringify(value, null, 2)).split('\n');
}
