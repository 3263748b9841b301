import { formatUsd } from '#contracts';
import type { RunRow } from '#store';
import type { PostMortem, PostMortemDetails } from './post-mortem.js';

const listedTasks = 30;
const listedLines = 40;

/** A post-mortem in Markdown: what happened, why, when, what was done, what was not, what it cost. */
export function postMortemText(
  run: RunRow,
  facts: Omit<PostMortem, 'markdown'>,
  { uncertain, undone, doneCount, unread }: PostMortemDetails,
): string {
  const notDone = undone.reduce((sum, { items = 1 }) => sum + items, 0);
  return [
    `# ${endOf(run)}: ${escaped(run.goal ?? nameOf(run))}`,
    summary(run, facts),
    '## Why',
    facts.causes.length === 0 ? 'No failure is on record.' : causes(facts),
    ...(uncertain.length === 0
      ? []
      : [
          '## To be looked at',
          'These may have had an effect or not; nobody can tell from here.',
          list(uncertain.map((path) => `\`${path}\``)),
        ]),
    `## Done (${doneCount})`,
    list(
      facts.done.map((path) => `\`${path}\``),
      doneCount,
    ),
    `## Not done (${notDone})`,
    // What stands for many comes first: it must not be lost among them.
    list([...undone].sort(byItems).map(({ path, fate }) => `\`${path}\`: ${escaped(fate)}`)),
    '## What happened',
    timeline(facts),
    ...(unread === 0
      ? []
      : [
          `The run has more events than are read for this: ${unread} between its first and its last are left out.`,
        ]),
  ].join('\n\n');
}

function byItems(a: { readonly items?: number }, b: { readonly items?: number }): number {
  return (b.items ?? 0) - (a.items ?? 0);
}

function endOf({ status }: RunRow): string {
  const words: Partial<Record<RunRow['status'], string>> = { KILLED: 'Killed', CANCELLED: 'Cancelled' };
  return words[status] ?? 'Failed';
}

function summary(run: RunRow, { stoppedInMs }: Pick<PostMortem, 'stoppedInMs'>): string {
  const { usage, startedAt, createdAt, finishedAt } = run;
  const lasted = seconds((finishedAt ?? createdAt) - (startedAt ?? createdAt));
  const tokens = usage.inputTokens + usage.outputTokens;
  const lines = [
    `- Run \`${run.id}\`, ended ${new Date(finishedAt ?? createdAt).toISOString()} after ${lasted}.`,
    ...(run.stopReason === null ? [] : [`- Stopped${by(run)}: ${escaped(run.stopReason)}`]),
    ...(stoppedInMs === null ? [] : [`- Nothing ran any more ${stoppedInMs} ms after the request.`]),
    `- Used: $${formatUsd(usage.costNanos)}, ${count(usage.modelCalls, 'model call')}, ` +
      `${count(usage.toolCalls, 'tool call')}, ${count(tokens, 'token')}.`,
  ];
  return lines.join('\n');
}

function by({ stopBy }: RunRow): string {
  return stopBy === null ? '' : ` by ${escaped(stopBy)}`;
}

function causes({ causes: chain }: Pick<PostMortem, 'causes'>): string {
  return chain
    .map(({ code, message, taskPath, hint }, index) => {
      const where = taskPath === undefined ? '' : ` in \`${taskPath}\``;
      return `${index + 1}. **${code}**${where}: ${escaped(message)}${hint === undefined ? '' : ` (${escaped(hint)})`}`;
    })
    .join('\n');
}

function timeline({ timeline: lines }: Pick<PostMortem, 'timeline'>): string {
  const shown =
    lines.length <= listedLines ? lines : [...lines.slice(0, 10), ...lines.slice(10 - listedLines)];
  const rows = shown.map(
    ({ at, type, taskPath, text }) => `| ${at} | ${type} | ${taskPath ?? ''} | ${escaped(text)} |`,
  );
  const left = lines.length - shown.length;
  return [
    '| When | What | Task | |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(left > 0 ? ['', `${left} more lines are in \`timeline\`.`] : []),
  ].join('\n');
}

function list(items: readonly string[], count = items.length): string {
  if (items.length === 0) return 'Nothing.';
  const more = count - Math.min(items.length, listedTasks);
  const shown = items.slice(0, listedTasks).map((item) => `- ${item}`);
  return [...shown, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n');
}

function nameOf({ plan }: RunRow): string {
  const { name } = (plan ?? {}) as { name?: unknown };
  return typeof name === 'string' ? name : 'a run';
}

/** On one line, and without what Markdown would read as a table or code. */
function escaped(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[|`<]/g, '\\$&').trim();
}

function seconds(ms: number): string {
  return `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
