import { byteSize, counted, dollars, elapsed } from '../amounts.js';
import { columns } from '../columns.js';
import { plainLine, plainText } from '../plain-text.js';
import type { Output } from '../terminal.js';
import { decisionLines } from './decision-lines.js';
import { runMark } from './marks.js';
import type { RunDetails, WaitView } from './run-details.js';
import { treeOf } from './run-tree.js';
import { treeLines } from './tree-lines.js';

export interface OutcomeLook {
  readonly paint: Output['paint'];
  readonly width: number;
  readonly now: number;
  /** Leaves the output out, for those who show it in a better way. */
  readonly withoutOutput?: boolean | undefined;
}

const tasksShown = 60;
const outputLinesShown = 60;

/** A run for people: status, tasks, output, what it used, what it left behind, where to look on. */
export function outcomeLines(run: RunDetails, look: OutcomeLook): string[] {
  const { paint } = look;
  return [
    headline(run, look),
    ...reasons(run, paint),
    '',
    ...treeLines(treeOf(run), { paint, width: look.width, now: look.now, maxTasks: tasksShown }),
    ...(look.withoutOutput ? [] : section('Output', outputLines(run.output), paint)),
    ...section('Artefacts', artefactLines(run), paint),
    ...section('Waits for a decision', decisionLines(run.approvals), paint),
    '',
    ...columns([
      ['Used', usageText(run)],
      ...(run.estimate ? [['Expected', expectedText(run.estimate)]] : []),
      ['Run', run.id],
      ['Temporal', run.temporalUrl ?? run.workflowId],
      ['More', `nexus status ${run.id}   nexus logs ${run.id}`],
    ]),
  ];
}

function headline(run: RunDetails, { paint, now }: OutcomeLook): string {
  const from = Date.parse(run.startedAt ?? run.createdAt);
  const until = run.finishedAt === null ? now : Date.parse(run.finishedAt);
  const name = plainLine(run.goal ?? run.plan?.name ?? '');
  return [runMark(run.status, paint), paint('bold', name), `in ${elapsed(until - from)}`]
    .filter((part) => part !== '')
    .join('  ');
}

function reasons(run: RunDetails, paint: Output['paint']): string[] {
  const lines: string[] = [];
  if (run.waitingFor) lines.push(`  waits: ${waitText(run.waitingFor)}`);
  for (const { by, source, reason, since } of run.pauses) {
    const why = reason === null ? '' : `: ${plainLine(reason)}`;
    lines.push(`  paused by ${plainLine(by)} (${source}) since ${since}${why}`);
  }
  if (run.error) {
    const where = run.error.taskPath === null ? '' : ` at ${run.error.taskPath}`;
    lines.push(paint('red', `  ${run.error.code}${where}: ${plainLine(run.error.message)}`));
    if (run.error.hint !== null) lines.push(`  hint: ${plainLine(run.error.hint)}`);
  }
  return lines;
}

/** Why, for how long, and what is still at work or before it. */
function waitText({ detail, kind, until, inFlight, position }: WaitView): string {
  const more = [
    until ? `until ${until}` : '',
    inFlight === null || inFlight === undefined
      ? ''
      : inFlight === 0
        ? 'nothing at work'
        : `${inFlight} still at work`,
    position === null || position === undefined ? '' : `place ${position} in the queue`,
  ].filter((part) => part !== '');
  return [`${plainLine(detail)} (${kind})`, ...more].join(', ');
}

function section(title: string, lines: readonly string[], paint: Output['paint']): string[] {
  return lines.length === 0 ? [] : ['', paint('bold', title), ...lines.map((line) => `  ${line}`)];
}

function outputLines(output: unknown): string[] {
  if (output === null || output === undefined) return [];
  const text = typeof output === 'string' ? output : JSON.stringify(output, null, 2);
  const lines = plainText(text).trimEnd().split('\n');
  if (lines.length <= outputLinesShown) return lines;
  const rest = lines.length - outputLinesShown;
  return [...lines.slice(0, outputLinesShown), `… ${counted(rest, 'more line')}; all of it: --json`];
}

function artefactLines(run: RunDetails): string[] {
  return columns(
    run.artefacts.map((artefact) => [
      plainLine(artefact.name),
      plainLine(artefact.mediaType),
      byteSize(artefact.bytes),
      plainLine(artefact.url),
    ]),
  );
}

function expectedText({ tokens, cost, durationMs }: NonNullable<RunDetails['estimate']>): string {
  return [elapsed(durationMs), counted(tokens, 'token'), dollars(cost)].join(', ');
}

function usageText({ usage }: RunDetails): string {
  const tokens = usage.inputTokens + usage.outputTokens;
  return [
    counted(usage.toolCalls, 'tool call'),
    counted(usage.modelCalls, 'model call'),
    counted(tokens, 'token'),
    dollars(usage.cost),
  ].join(', ');
}
