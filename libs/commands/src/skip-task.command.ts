import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id, Json, TaskPath } from './input-fields.js';
import { parseInput } from './parse-input.js';
import type { RunPayload } from './run-payload.js';
import { decideTask } from './task-decision.js';

export const SkipTaskInput = z.strictObject({ runId: Id, path: TaskPath, output: Json.nullish() });

/** Counts a task as done, with the output given (none: null), so that what needs it can go on. */
export async function skipTask(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { runId, path, output } = parseInput(SkipTaskInput, input);
  return await decideTask(deps, context, {
    runId,
    path,
    done: 'skipped',
    from: ['PENDING', 'READY', 'WAITING', 'PAUSED', 'FAILED', 'CANCELLED'],
    secondTry: async () => ({
      kind: 'skip',
      path,
      by: context.actor,
      output: await deps.store.values.put(context.tenant, runId, path, output ?? null),
    }),
  });
}
