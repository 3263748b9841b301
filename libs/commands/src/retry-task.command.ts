import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id, Json, TaskPath } from './input-fields.js';
import { parseInput } from './parse-input.js';
import type { RunPayload } from './run-payload.js';
import { decideTask } from './task-decision.js';

export const RetryTaskInput = z.strictObject({ runId: Id, path: TaskPath, input: Json.nullish() });

/** Runs a task once more, with another input if one is given. Stored first, then told: it outlives this process. */
export async function retryTask(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { runId, path, input: given } = parseInput(RetryTaskInput, input);
  return await decideTask(deps, context, {
    runId,
    path,
    done: 'retried',
    from: ['FAILED', 'CANCELLED'],
    secondTry: async () => {
      // A map that is done in batches would else find its failed items done.
      await deps.store.mapResults.forget(context.tenant, runId, path);
      return {
        kind: 'retry',
        path,
        by: context.actor,
        ...(given != null && { input: await deps.store.values.put(context.tenant, runId, path, given) }),
      };
    },
  });
}
