import { cursorOf, type RunQuery, type RunRow } from '#store';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { connection, type Connection } from './connection.js';
import { Id, pageFields, RunFilter } from './input-fields.js';
import { parseInput } from './parse-input.js';
import { runView, type RunView } from './run-view.js';

export const ReadRunInput = z.strictObject({ id: Id });
export const ReadRunsInput = z.strictObject({ ...pageFields(20), filter: RunFilter.nullish() });

/** One run, or null when there is none of that ID. */
export async function readRun(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunView | null> {
  const { id } = parseInput(ReadRunInput, input);
  const row = await findRun(deps, context, id);
  return row ? runView(row, deps.workflows, deps.now()) : null;
}

/** A page of runs, newest first. */
export async function readRuns(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<Connection<RunView>> {
  const { first, after, filter } = parseInput(ReadRunsInput, input);
  const page = await deps.store.runs.list(context.tenant, runQuery(first, after, filter ?? {}));
  const now = deps.now();
  const views = page.rows.map((row) => runView(row, deps.workflows, now));
  return connection(views, (view) => cursorOf(view.row), {
    next: page.hasNextPage,
    previous: after !== null,
  });
}

function runQuery(first: number, after: string | null, filter: RunFilter): RunQuery {
  const { status, labels, text, createdAfter, createdBefore } = filter;
  return {
    first,
    after: after ?? undefined,
    status: status && status.length > 0 ? status : undefined,
    labels: labels ?? undefined,
    text: text ?? undefined,
    createdAfter: createdAfter ?? undefined,
    createdBefore: createdBefore ?? undefined,
  };
}

/** The row of a run; null for what cannot be the ID of one. */
export async function findRun(
  deps: CommandDeps,
  context: CommandContext,
  id: string,
): Promise<RunRow | null> {
  return id.startsWith('run_') ? deps.store.runs.get(context.tenant, id) : null;
}
