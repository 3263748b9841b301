import type { Attempt, Failure, JsonObject, JsonValue, StoredValue, ToolContext, Usage } from '#contracts';
import { failureOf, isNexusError, nexusError, noUsage, spentOf } from '#contracts';
import { failpoint } from '#failpoints';
import type { Store } from '#store';
import type { ToolRegistry } from '#tools';
import { approvalGate } from './approval-gate.js';
import type { GateDeps, Verdict } from './approval-gate.js';
import { effectOf, register, settle } from './effect-register.js';
import { evaluateWithValues, isStoreAway, keepValue } from './evaluation.js';
import { idempotencyKey } from './idempotency-key.js';
import { createOutputStream } from './output-stream.js';
import type { OutputStream } from './output-stream.js';
import { processOf } from './process-outcome.js';
import type { ModelRunner, StepRequest, StepResult } from './step.js';
import { limitTime } from './time-limit.js';
import type { TimeLimit } from './time-limit.js';

export interface StepDeps extends GateDeps {
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
    const result = await runStep(deps, request);
    if (request.registration && result.registered) await settle(deps.store, request, result);
    return result;
  };
}

async function runStep(deps: StepDeps, request: StepRequest): Promise<StepResult & { registered: boolean }> {
  const startedAt = Date.now();
  const limit = limitTime(request.cut, startedAt, request.task.timeoutMs, request.deadlineAt);
  let input: StoredValue | undefined;
  let registered = false;
  let called = false;
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
    if (late) {
      const ended = attempt({ error: late });
      return { status: 'FAILED', error: late, usage: noUsage, attempt: ended, registered };
    }
    const bound = await bindInput(deps.store, request);
    const kept = await keepValue(deps.store, request, bound, request.inlineLimit);
    input = kept;
    const gate = await gateOf(deps, request, bound);
    if (gate.verdict === 'asked') {
      const { detail } = gate;
      return { status: 'ASKED', detail, input, usage: noUsage, attempt: attempt({}), registered };
    }
    if (gate.verdict === 'refused') {
      const { error } = gate;
      return { status: 'FAILED', error, input, usage: noUsage, attempt: attempt({ error }), registered };
    }
    const done = await call(deps, request, { bound, kept }, limit, {
      registered: () => (registered = true),
      called: () => (called = true),
    });
    usage = done.usage;
    const output = await keepValue(deps.store, request, done.output, request.inlineLimit);
    return {
      status: 'SUCCEEDED',
      input,
      output,
      usage,
      attempt: attempt(processOf(done.output)),
      registered,
    };
  } catch (thrown) {
    if (request.cut.aborted) return { status: 'CUT', input, usage, attempt: attempt({}), registered };
    if (isStoreAway(thrown) || isFenced(thrown)) throw thrown;
    const error = limit.failure() ?? stepFailure(thrown);
    usage = spentOf(thrown) ?? usage;
    if (error.wait !== undefined) {
      const { message: detail, wait } = error;
      return { status: 'WAITS', detail, wait, input, usage, attempt: attempt({}), registered };
    }
    const told = isNexusError(thrown) && thrown.code !== 'TIMEOUT' && !limit.failure();
    const unknown = called && !told;
    const ended = attempt({ ...processOf(thrown), error });
    return { status: 'FAILED', input, error, unknown, usage, attempt: ended, registered };
  } finally {
    limit.end();
  }
}

/** A model, or a tool that is not here, is for the call itself to see to. */
async function gateOf(deps: StepDeps, request: StepRequest, input: JsonValue): Promise<Verdict> {
  const { spec } = request.task;
  const tool = spec.kind === 'tool' ? deps.tools.get(spec.tool) : undefined;
  return tool ? approvalGate(deps, request, tool, input) : { verdict: 'open' };
}

/** Somebody else has the step now, or nobody may do it any more: that is no outcome of it. */
function isFenced(thrown: unknown): boolean {
  return isNexusError(thrown) && thrown.code === 'CONFLICT';
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
  input: { readonly bound: JsonValue; readonly kept: StoredValue },
  limit: TimeLimit,
  tell: { readonly registered: () => void; readonly called: () => void },
): Promise<{ output: JsonValue; usage: Usage }> {
  const { tenant, runId, path, task, registration } = request;
  const { spec } = task;
  failpoint('effect.before');
  if (spec.kind === 'model') {
    const { attempt, generation = 0 } = request;
    const key = `${runId}/${path}/${generation}/${attempt}`;
    const context = { tenant, runId, taskPath: path, signal: limit.signal, attempt, key };
    const done = await limit.race(deps.model(input.bound as JsonObject, context));
    failpoint('effect.after');
    return done;
  }
  if (spec.kind !== 'tool') throw nexusError('INTERNAL', `${path}: a ${task.kind} is not done by a step`);
  const tool = deps.tools.get(spec.tool);
  if (!tool) {
    throw nexusError('INVALID_INPUT', `${path}: this worker has no tool ${spec.tool}`, {
      hint: 'Start the workers with the same NEXUS_TOOLS as the API.',
      noEffect: true,
    });
  }
  const stream = createOutputStream(deps.store, { tenant, runId, path });
  try {
    const context = toolContext(deps.store, request, limit.signal, stream);
    if (registration) {
      const effect = await limit.race(effectOf(deps.store, request, tool, input, context));
      await register(deps.store, effect, registration.fence);
      tell.registered();
    }
    // What came before took its time; nothing is begun once it is to stop.
    limit.signal.throwIfAborted();
    tell.called();
    const output = await limit.race(tool.run(input.bound, context));
    failpoint('effect.after');
    return { output, usage: { ...noUsage, toolCalls: 1 } };
  } finally {
    await stream.end();
  }
}

function toolContext(
  store: Store,
  { tenant, runId, path, attempt, generation }: StepRequest,
  signal: AbortSignal,
  { output, progress }: OutputStream,
): ToolContext {
  return {
    tenant,
    runId,
    taskPath: path,
    attempt,
    // Made only for those that send it: a hash costs more than a small tool.
    get idempotencyKey() {
      return idempotencyKey(tenant, runId, path, generation);
    },
    signal,
    output,
    progress,
    artefact: async ({ name, mediaType, content }) => {
      const bytes = typeof content === 'string' ? Buffer.from(content) : content;
      const kept = { tenant, runId, taskPath: path, name, mediaType, content: bytes, internal: false };
      return (await store.artefacts.put(kept)).id;
    },
  };
}

/** What a tool throws that is no failure of ours is its own fault. */
function stepFailure(thrown: unknown): Failure {
  if (isNexusError(thrown)) return failureOf(thrown);
  return { ...failureOf(thrown), code: 'TOOL_FAILED', retryable: true };
}
