import type { JsonObject, SkipSignal } from '#contracts';
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

export const SkipTaskInput = z.strictObject({ runId: Id, path: TaskPath, output: Json.nullish() });

/** Counts a task as done, with the output given (none: null), so that what needs it can go on. */
export async function skipTask(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RunPayload> {
  const { runId, path, output } = parseInput(SkipTaskInput, input);
  const decided = await decidedTask(deps, context, {
    runId,
    path,
    done: 'skipped',
    from: ['PENDING', 'READY', 'WAITING', 'PAUSED', 'FAILED'],
  });
  if (!decided.ok) return decided.payload;
  const { store } = deps;
  const { tenant } = context;
  const signal: SkipSignal = {
    path,
    output: await store.values.put(tenant, runId, path, output ?? null),
    by: context.actor,
  };
  const workflowId = await taskHolder(store, decided.run, path);
  const argument = signal as unknown as JsonObject;
  await tellWorkflow(deps, { tenant, runId, workflowId, name: 'skipTask', argument });
  return await runAfter(deps, decided.run);
}
