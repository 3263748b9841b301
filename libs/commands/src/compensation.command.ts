import type { RunRow } from '#store';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id, TaskPath } from './input-fields.js';
import { knownRun, refused, runAfter } from './known-run.js';
import { parseInput } from './parse-input.js';
import { refuseWhenKilled } from './refuse-when-killed.js';
import type { RunPayload } from './run-payload.js';
import { startRollbackOrLeave } from './start-rollback.js';
import { type UserError, userError } from './user-error.js';

export const RetryCompensationInput = z.strictObject({ runId: Id, path: TaskPath });
export const MarkCompensatedInput = z.strictObject({
  runId: Id,
  path: TaskPath,
  comment: z
    .string()
    .max(2_000)
    .refine((text) => text.trim() !== '', { error: 'say how it was undone' }),
});

/** Tries once more to undo what could not be undone: the run rolls back again. */
export async function retryCompensation(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { runId, path } = parseInput(RetryCompensationInput, input);
  const run = await knownRun(deps, context, runId);
  const faults = await retryFailed(deps, context, run, path);
  return faults.length > 0 ? refused(deps, run, ...faults) : runAfter(deps, run);
}

/** A person has undone it by hand. With the last one the run is rolled back. */
export async function markCompensated(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { runId, path, comment } = parseInput(MarkCompensatedInput, input);
  const run = await knownRun(deps, context, runId);
  const faults = await markFailed(deps, context, run, path, comment);
  return faults.length > 0 ? refused(deps, run, ...faults) : runAfter(deps, run);
}

/** Lets the run roll back again, or says what speaks against it. */
export async function retryFailed(
  deps: CommandDeps,
  { tenant, actor }: CommandContext,
  run: RunRow,
  path: string,
): Promise<UserError[]> {
  await refuseWhenKilled(deps, tenant, run.labels);
  const { done } = await deps.store.effects.retry(tenant, run.id, path, actor);
  if (!done) return [await notFailed(deps, run, path, 'tried again')];
  await startRollbackOrLeave(deps, run);
  return [];
}

/** Takes a person's word for it, or says what speaks against it. */
export async function markFailed(
  deps: CommandDeps,
  { tenant, actor }: CommandContext,
  run: RunRow,
  path: string,
  comment: string,
): Promise<UserError[]> {
  const { done } = await deps.store.effects.mark(tenant, run.id, path, actor, comment);
  return done ? [] : [await notFailed(deps, run, path, 'marked')];
}

async function notFailed(
  { store }: CommandDeps,
  { id, tenant }: RunRow,
  path: string,
  done: string,
): Promise<UserError> {
  const [run, task, effect] = await Promise.all([
    store.runs.get(tenant, id),
    store.tasks.get(tenant, id, path),
    store.effects.get(tenant, id, path),
  ]);
  if (task === null && effect === null)
    return userError('NOT_FOUND', `run ${id} has no task "${path}"`, ['path'], 'nexus status lists them');
  if (effect?.compensation?.state === 'FAILED') {
    const message = `run ${id} is ${run?.status ?? 'gone'}: what failed to be undone can be ${done} once it has ended`;
    return userError('FAILED_PRECONDITION', message, ['runId']);
  }
  const state = effect?.compensation?.state;
  const how =
    state === undefined ? (task?.status ?? 'not undone') : state === 'MARKED' ? 'marked as undone' : state;
  const message = `the compensation of "${path}" has not failed (${how}): there is nothing to be ${done}`;
  return userError('FAILED_PRECONDITION', message, ['path']);
}
