import { nexusError } from '#contracts';
import { Command } from 'commander';
import { counted, dollars } from '../amounts.js';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { columns } from '../columns.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { jsonOption } from './options.js';

interface ScoreTerms {
  readonly cost: number;
  readonly time: number;
  readonly failure: number;
  readonly headroom: number;
  readonly deadline: number;
  readonly total: number;
}

export interface ModelCall {
  readonly id: string;
  readonly runId: string;
  readonly taskPath: string | null;
  readonly model: string;
  readonly status: string;
  readonly deployment: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
  readonly cost: string;
  readonly at: string;
  readonly durationMs: number;
  readonly retryAt: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly request: { readonly remaining?: number | null; readonly maxOutputTokens?: number };
  readonly candidates: readonly {
    readonly deployment: string;
    readonly terms: ScoreTerms;
    readonly worst: string;
    readonly explored: boolean | null;
  }[];
  readonly dropped: readonly {
    readonly deployment: string;
    readonly reason: string;
    readonly detail: string;
    readonly availableAt: string | null;
  }[];
  readonly hops: readonly {
    readonly deployment: string;
    readonly outcome: string;
    readonly at: string;
    readonly durationMs: number;
    readonly firstTokenMs: number | null;
    readonly inputTokens: number;
    readonly cachedTokens: number;
    readonly outputTokens: number;
    readonly cost: string;
    readonly estimated: boolean;
    readonly reserved: string;
    readonly priceVersion: string | null;
    readonly error: { readonly code: string; readonly message: string } | null;
  }[];
}

export const ModelCallQuery = operation<{ modelCall: ModelCall | null }, { id: string }>(/* GraphQL */ `
  query ModelCall($id: ID!) {
    modelCall(id: $id) {
      id
      runId
      taskPath
      model
      status
      deployment
      inputTokens
      outputTokens
      cachedTokens
      cost
      at
      durationMs
      retryAt
      request
      error {
        code
        message
      }
      candidates {
        deployment
        worst
        explored
        terms {
          cost
          time
          failure
          headroom
          deadline
          total
        }
      }
      dropped {
        deployment
        reason
        detail
        availableAt
      }
      hops {
        deployment
        outcome
        at
        durationMs
        firstTokenMs
        inputTokens
        cachedTokens
        outputTokens
        cost
        estimated
        reserved
        priceVersion
        error {
          code
          message
        }
      }
    }
  }
`);

const help = `
The ID of a call stands in its event model.call (nexus events RUN) and at its task (modelCalls in GraphQL).
Terms of the score are in US dollars; the lowest total is tried first.`;

export function routeCommand(context: CliContext): Command {
  return new Command('route')
    .description('why calls of models went where they went')
    .addCommand(explainCommand(context));
}

function explainCommand({ api, terminal: { data }, exit }: CliContext): Command {
  return new Command('explain')
    .description('show what the router knew of a call, what it decided, and what came of it')
    .argument('<call>', 'ID of the call')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { modelCall } = await api().request(ModelCallQuery, { id });
      if (modelCall === null) {
        throw nexusError('NOT_FOUND', `call ${id} is not known`, {
          hint: 'see the calls of a run: nexus events RUN',
        });
      }
      if (json) data.line(jsonLine(modelCall));
      else explanation(modelCall).forEach((line) => data.line(line));
      exit(exitCodes.ok);
    });
}

/** What happened to a call, for people. */
export function explanation(call: ModelCall): string[] {
  return [...heading(call), ...candidateLines(call), ...droppedLines(call), ...hopLines(call)];
}

function heading(call: ModelCall): string[] {
  const where = call.deployment === null ? '' : ` by ${plainLine(call.deployment)}`;
  const tokens = `${call.inputTokens} tokens in (${call.cachedTokens} cached), ${call.outputTokens} out`;
  return [
    `${plainLine(call.model)}: ${call.status}${where}, ${dollars(call.cost)}, ${tokens}, ${call.durationMs} ms`,
    `run ${call.runId}${call.taskPath === null ? '' : `, task ${plainLine(call.taskPath)}`}, ${call.at}`,
    ...(call.error === null ? [] : [`${call.error.code}: ${plainLine(call.error.message)}`]),
    ...(call.retryAt === null ? [] : [`tried again at ${call.retryAt}`]),
  ];
}

function candidateLines({ candidates }: ModelCall): string[] {
  if (candidates.length === 0) return ['', 'No candidates.'];
  const rows = candidates.map(({ deployment, terms, worst, explored }, place) => [
    `${place + 1}`,
    plainLine(deployment),
    ...[terms.cost, terms.time, terms.failure, terms.headroom, terms.deadline, terms.total].map(term),
    dollars(worst),
    explored ? 'to learn about it' : '',
  ]);
  const head = ['', 'deployment', 'cost', 'time', 'failure', 'headroom', 'deadline', 'total', 'at most', ''];
  return ['', `${counted(candidates.length, 'candidate')}, in US dollars:`, ...columns([head, ...rows])];
}

function droppedLines({ dropped }: ModelCall): string[] {
  if (dropped.length === 0) return [];
  const rows = dropped.map(({ deployment, reason, detail, availableAt }) => [
    plainLine(deployment),
    reason,
    plainLine(detail),
    availableAt === null ? '' : `until ${availableAt}`,
  ]);
  return ['', 'Left out:', ...columns(rows)];
}

function hopLines({ hops }: ModelCall): string[] {
  if (hops.length === 0) return ['', 'Nobody was asked.'];
  const rows = hops.map((hop, place) => [
    `${place + 1}`,
    plainLine(hop.deployment),
    hop.outcome,
    `${hop.durationMs} ms`,
    hop.firstTokenMs === null ? '' : `first token ${hop.firstTokenMs} ms`,
    `${hop.estimated ? 'about ' : ''}${dollars(hop.cost)}`,
    hop.reserved === '0' ? '' : `of ${dollars(hop.reserved)} reserved`,
    hop.priceVersion === null ? 'no price' : `prices ${plainLine(hop.priceVersion)}`,
    hop.error === null ? '' : plainLine(hop.error.message),
  ]);
  return ['', 'Asked:', ...columns(rows)];
}

/** Scores differ far behind the point. */
function term(dollarsOfTerm: number): string {
  return dollarsOfTerm === 0 ? '0' : dollarsOfTerm.toFixed(6);
}
