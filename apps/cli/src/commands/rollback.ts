import { nexusError } from '#contracts';
import type { JsonValue } from '#contracts';
import { Command } from 'commander';
import { counted } from '../amounts.js';
import { operation } from '../api-client.js';
import type { CliContext } from '../cli-context.js';
import { columns, fit } from '../columns.js';
import { exitCodes } from '../exit-codes.js';
import { jsonLine, plainLine } from '../plain-text.js';
import type { Output } from '../terminal.js';
import { accepted } from '../user-errors.js';
import { changedRunFields } from './changed-run.js';
import type { ChangedRun } from './changed-run.js';
import { jsonOption } from './options.js';
import { waitForRun } from './wait-for-run.js';

interface RollbackStep {
  readonly order: number;
  readonly taskPath: string;
  readonly action: { readonly tool: string; readonly with: JsonValue; readonly undo?: boolean } | null;
  readonly state: string;
  readonly possible: boolean;
  readonly why: string | null;
}

export const RollbackPreviewQuery = operation<{ rollbackPreview: RollbackStep[] }, { id: string }>(
  /* GraphQL */ `
    query RollbackPreview($id: ID!) {
      rollbackPreview(id: $id) {
        order
        taskPath
        action
        state
        possible
        why
      }
    }
  `,
);

export const RollbackRunMutation = operation<
  { rollbackRun: ChangedRun },
  { id: string; reason: string | undefined }
>(/* GraphQL */ `
  mutation RollbackRun($id: ID!, $reason: String) {
    rollbackRun(id: $id, reason: $reason) { ${changedRunFields} }
  }`);

interface RollbackOptions {
  readonly reason?: string;
  readonly yes?: boolean;
  readonly preview?: boolean;
  readonly detach?: boolean;
  readonly json?: boolean;
}

const help = `
What the run has done, or may have done, is undone in reverse order, whether it still runs, is paused or
ended long ago. First the steps are shown; on a terminal you are asked, elsewhere --yes is needed.

Examples:
  nexus rollback run_0190… --preview              what would be done, and what cannot be undone
  nexus rollback run_0190… --reason "wrong bucket"
  nexus rollback run_0190… --yes --json

Exit codes: 0 rolled back, 1 something could not be undone (see: nexus approvals), 5 refused.`;

export function rollbackCommand(context: CliContext): Command {
  return new Command('rollback')
    .description('undo what a run has done')
    .argument('<run>', 'ID of the run')
    .option('--preview', 'only show what would be done')
    .option('--yes', 'do not ask')
    .option('--reason <text>', 'kept with the run')
    .option('--detach', 'do not wait for its end')
    .addOption(jsonOption())
    .addHelpText('after', help)
    .action(async (id: string, options: RollbackOptions) =>
      context.exit(await rollBack(context, id, options)),
    );
}

async function rollBack(context: CliContext, id: string, options: RollbackOptions): Promise<number> {
  const api = context.api();
  const { data, talk } = context.terminal;
  const { rollbackPreview: steps } = await api.request(RollbackPreviewQuery, { id });
  if (options.preview) {
    if (options.json) steps.forEach((step) => data.line(jsonLine(step)));
    else previewLines(steps, data).forEach((line) => data.line(line));
    return exitCodes.ok;
  }
  if (!options.json) previewLines(steps, talk).forEach((line) => talk.line(line));
  if (!options.yes && !(await isWanted(context, id))) {
    talk.line('nothing was done');
    return exitCodes.refused;
  }
  const { rollbackRun } = await api.request(RollbackRunMutation, { id, reason: options.reason });
  const changed = accepted(rollbackRun.run, rollbackRun.userErrors, `see it: nexus status ${id}`);
  if (!options.detach)
    return waitForRun(context, api, id, {
      title: `rollback of ${id}`,
      json: options.json,
      wanted: 'ROLLED_BACK',
    });
  data.line(options.json ? jsonLine(changed) : `${changed.id}  ${changed.status}`);
  return exitCodes.ok;
}

async function isWanted({ confirm }: CliContext, id: string): Promise<boolean> {
  if (confirm) return confirm(`Roll back run ${id}?`);
  throw nexusError('BAD_USER_INPUT', 'this is not a terminal, so nobody can be asked: --yes is missing', {
    hint: `look first: nexus rollback ${id} --preview`,
  });
}

function previewLines(steps: readonly RollbackStep[], output: Output): string[] {
  const possible = steps.filter((step) => step.possible);
  const impossible = steps.filter((step) => !step.possible);
  const shown = (line: string): string => `  ${output.isTerminal ? fit(line, output.columns() - 3) : line}`;
  return [
    possible.length === 0
      ? 'Nothing can be undone.'
      : `${counted(possible.length, 'effect')} to undo, in this order:`,
    ...columns(possible.map(stepCells)).map(shown),
    ...(impossible.length === 0 ? [] : ['Not undone:']),
    ...columns(
      impossible.map(({ taskPath, state, why }) => [plainLine(taskPath), state, plainLine(why ?? '')]),
    ).map(shown),
  ];
}

function stepCells({ order, taskPath, state, action }: RollbackStep): string[] {
  const call =
    action === null ? '' : `${action.tool}${action.undo ? ' (its own undo)' : ` ${jsonLine(action.with)}`}`;
  return [String(order), plainLine(taskPath), state, plainLine(call)];
}
