import type { Attempt, Failure, JsonObject, JsonValue, StoredValue, Usage } from '#contracts';
import { failureOf, isNexusError, nexusError, noUsage } from '#contracts';
import { failpoint } from '#failpoints';
import type { Store } from '#store';
import type { ToolRegistry } from '#tools';
import { evaluateWithValues, isStoreAway, keepValue } from './evaluation.js';
import { idempotencyKey } from './idempotency-key.js';
import { createOutputStream } from './output-stream.js';
import { processOf } from './process-outcome.js';
import type { ModelRunner, StepRequest, StepResult } from './step.js';
import { limitTime } from './time-limit.js';

export interface StepDeps {
  readonly store: Store;
  readonly tools: ToolRegistry;
  readonly model: ModelRunner;
  /** Name of this worker, as attempts show it. */
  readonly worker: string;
}

export type StepRunner = (request: StepRequest) => Promise<StepResult>;

/**
 * Does one attempt at one task: binds its input, calls the tool or the model, keeps the result. Throws only when the
 * store does not answer: that is no outcome of the task, and is for a later attempt of the activity.
 */
export function createStepRunner(deps: StepDeps): StepRunner {
  return async (request) => {
    const startedAt = Date.now();
    const limit = limitTime(request.cut, startedAt, request.task.timeoutMs, request.deadlineAt);
    let input: StoredValue | undefined;
    const attempt = (rest: Partial<Attempt>): Attempt => ({
      number: request.attempt,
      startedAt,
      finishedAt: Date.now(),
      worker: deps.worker,
      ...rest,
    });
    let usage: Usage = request.task.kind === 'tool' ? { ...noUsage, toolCalls: 1 } : noUsage;
    try {
      const late = limit.failure();
      if (late) return { status: 'FAILED', error: late, usage: noUsage, attempt: attempt({ error: late }) };
      const bound = await bindInput(deps.store, request);
      input = await keepValue(deps.store, request, bound, request.inlineLimit);
      failpoint('effect.before');
      const done = await limit.race(call(deps, request, bound, limit.signal));
      failpoint('effect.after');
      usage = done.usage;
      const output = await keepValue(deps.store, request, done.output, request.inlineLimit);
      return { status: 'SUCCEEDED', input, output, usage, attempt: attempt(processOf(done.output)) };
    } catch (thrown) {
      if (request.cut.aborted) return { status: 'CUT', input, usage, attempt: attempt({}) };
      if (isStoreAway(thrown)) throw thrown;
      const error = limit.failure() ?? stepFailure(thrown);
      const told = isNexusError(thrown) && thrown.code !== 'TIMEOUT' && !limit.failure();
      const unknown = input !== undefined && !told;
      return {
        status: 'FAILED',
        input,
        error,
        unknown,
        usage,
        attempt: attempt({ ...processOf(thrown), error }),
      };
    } finally {
      limit.end();
    }
  };
}

async function bindInput(store: Store, request: StepRequest): Promise<JsonValue> {
  const { task, environment, tenant, given } = request;
  if (given) return store.values.load(tenant, given);
  const source =
    task.spec.kind === 'tool' ? task.spec.with : task.spec.kind === 'model' ? task.spec.call : null;
  return evaluateWithValues(store, tenant, source, environment);
}

async function call(
  deps: StepDeps,
  request: StepRequest,
  input: JsonValue,
  signal: AbortSignal,
): Promise<{ output: JsonValue; usage: Usage }> {
  const { tenant, runId, path, task, attempt, generation } = request;
  if (task.spec.kind === 'model') {
    return deps.model(input as JsonObject, { tenant, runId, taskPath: path, signal });
  }
  if (task.spec.kind !== 'tool')
    throw nexusError('INTERNAL', `${path}: a ${task.kind} is not done by a step`);
  const tool = deps.tools.get(task.spec.tool);
  if (!tool) {
    throw nexusError('INVALID_INPUT', `${path}: this worker has no tool ${task.spec.tool}`, {
      hint: 'Start the workers with the same NEXUS_TOOLS as the API.',
    });
  }
  const stream = createOutputStream(deps.store, { tenant, runId, path });
  try {
    const output = await tool.run(input, {
      tenant,
      runId,
      taskPath: path,
      attempt,
      // Made only for those that send it: a hash costs more than a small tool.
      get idempotencyKey() {
        return idempotencyKey(tenant, runId, path, generation);
      },
      signal,
      output: stream.output,
      progress: stream.progress,
      artefact: async ({ name, mediaType, content }) => {
        const bytes = typeof content === 'string' ? Buffer.from(content) : content;
        const kept = { tenant, runId, taskPath: path, name, mediaType, content: bytes, internal: false };
        return (await deps.store.artefacts.put(kept)).id;
      },
    });
    return { output, usage: { ...noUsage, toolCalls: 1 } };
  } finally {
    await stream.end();
  }
}

/** What a tool throws that is no failure of ours is its own fault. */
function stepFailure(thrown: unknown): Failure {
  if (isNexusError(thrown)) return failureOf(thrown);
  return { ...failureOf(thrown), code: 'TOOL_FAILED', retryable: true };
}
