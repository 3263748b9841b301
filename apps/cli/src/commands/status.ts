import { nexusError, runStatuses } from '#contracts';
import type { RunStatus } from '#contracts';
import { Command } from 'commander';
import { dollars, elapsed } from '../amounts.js';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { columns, fit } from '../columns.js';
import { exitCodes } from '../exit-codes.js';
import { markdownLines } from '../markdown-lines.js';
import { jsonLine, plainLine } from '../plain-text.js';
import { outcomeLines } from '../run-view/outcome-lines.js';
import { loadPostMortem, loadRun } from '../run-view/run-details.js';
import { collect, jsonOption, wholeNumber } from './options.js';

interface RunSummary {
  readonly id: string;
  readonly goal: string | null;
  readonly status: RunStatus;
  readonly labels: readonly string[];
  readonly plan: { readonly name: string } | null;
  readonly waitingFor: { readonly kind: string; readonly detail: string } | null;
  readonly usage: { readonly cost: string };
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

interface Filter {
  readonly status?: readonly string[] | undefined;
  readonly labels?: readonly string[] | undefined;
  readonly text?: string | undefined;
}

export const RunsQuery = operation<
  { runs: { edges: { node: RunSummary }[] } },
  { first: number; filter: Filter }
>(/* GraphQL */ `
  query Runs($first: Int, $filter: RunFilter) {
    runs(first: $first, filter: $filter) {
      edges {
        node {
          id
          goal
          status
          labels
          plan {
            name
          }
          waitingFor {
            kind
            detail
          }
          usage {
            cost
          }
          createdAt
          startedAt
          finishedAt
        }
      }
    }
  }
`);

interface StatusOptions {
  readonly limit: number;
  readonly status?: readonly string[];
  readonly label?: readonly string[];
  readonly text?: string;
  readonly postMortem?: boolean;
  readonly json?: boolean;
}

const help = `
Examples:
  nexus status                                    the newest runs
  nexus status --status RUNNING --label release   only some of them
  nexus status run_0190…                          one run: tasks, waits, output, cost, artefacts
  nexus status run_0190… --post-mortem            why it did not succeed, what was done and what was not`;

export function statusCommand(context: CliContext): Command {
  return new Command('status')
    .description('show a run, or the newest runs')
    .argument('[run]', 'ID of a run')
    .option('--limit <n>', 'how many runs to list', wholeNumber('--limit', 1, 200), 20)
    .option('--status <status>', 'only runs of this status; repeatable', collectStatus)
    .option('--label <label>', 'only runs with this label; repeatable', collect)
    .option('--text <text>', 'only runs whose goal has this text')
    .option('--post-mortem', 'of a run that failed, was cancelled or killed')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (runId: string | undefined, options: StatusOptions) => {
      await (runId === undefined ? listRuns(context, options) : showRun(context, runId, options));
      context.exit(exitCodes.ok);
    });
}

async function showRun({ api, terminal: { data } }: CliContext, runId: string, options: StatusOptions) {
  if (options.postMortem) {
    const postMortem = await loadPostMortem(api(), runId);
    if (options.json) return data.line(jsonLine(postMortem));
    return markdownLines(postMortem.markdown, data).forEach((line) => data.line(line));
  }
  const run = await loadRun(api(), runId);
  if (options.json) return data.line(jsonLine(run));
  for (const line of outcomeLines(run, { paint: data.paint, width: data.columns(), now: Date.now() }))
    data.line(line);
}

async function listRuns({ api, terminal: { data, talk } }: CliContext, options: StatusOptions) {
  const { status, label: labels, text } = options;
  const filter = { status: status?.map((name) => name.toUpperCase()), labels, text };
  const { runs } = await api().request(RunsQuery, { first: options.limit, filter });
  const found = runs.edges.map((edge) => edge.node);
  if (options.json) return found.forEach((run) => data.line(jsonLine(run)));
  if (found.length === 0) return talk.line('no runs; start one: nexus run "…"');
  const rows = columns([['RUN', 'STATUS', 'CREATED', 'TOOK', 'COST', 'GOAL'], ...found.map(row)]);
  rows.forEach((line) => data.line(data.isTerminal ? fit(line, data.columns()) : line));
}

function row(run: RunSummary): string[] {
  const until = run.finishedAt === null ? Date.now() : Date.parse(run.finishedAt);
  const waits = run.waitingFor === null ? '' : ` (waits: ${run.waitingFor.detail})`;
  return [
    run.id,
    run.status,
    new Date(run.createdAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    elapsed(until - Date.parse(run.startedAt ?? run.createdAt)),
    dollars(run.usage.cost),
    plainLine(`${run.goal ?? run.plan?.name ?? ''}${waits}`),
  ];
}

function collectStatus(value: string, before: readonly string[] = []): readonly string[] {
  if (runStatuses.some((status) => status === value)) return [...before, value];
  throw nexusError('BAD_USER_INPUT', `--status: "${value}" is not a status`, {
    hint: `one of ${runStatuses.join(', ')}`,
  });
}
