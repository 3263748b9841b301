import type { JsonObject, RetrySignal } from '#contracts';
import { z } from 'zod';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { tellWorkflow } from './deliver-signals.js';
import { Id, Json, TaskPath } from './input-fields.js';
import { runAfter } from './known-run.js';
import { parseInput } from './parse-input.js';
import type { RunPayload } from './run-payload.js';
import { decidedTask } from './task-decision.js';
import { taskHolder } from './task-holder.js';

export const RetryTaskInput = z.strictObject({ runId: Id, path: TaskPath, input: Json.nullish() });

/** Runs a task once more, with another input if one is given. Stored first, then told: it outlives this process. */
export async function retryTask(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { runId, path, input: given } = parseInput(RetryTaskInput, input);
  const decided = await decidedTask(deps, context, {
    runId,
    path,
    done: 'retried',
    from: ['FAILED', 'CANCELLED'],
  });
  if (!decided.ok) return decided.payload;
  const { store } = deps;
  const { tenant } = context;
  const signal: RetrySignal = {
    path,
    by: context.actor,
    ...(given != null && { input: await store.values.put(tenant, runId, path, given) }),
  };
  const workflowId = await taskHolder(store, decided.run, path);
  const argument = signal as unknown as JsonObject;
  await tellWorkflow(deps, { tenant, runId, workflowId, name: 'retryTask', argument });
  return await runAfter(deps, decided.run);
}
