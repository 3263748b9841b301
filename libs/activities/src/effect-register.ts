import type { Compensating, Effect, JsonObject, StoredValue, Tool, ToolContext } from '#contracts';
import { inlineLimitBytes, nexusError } from '#contracts';
import { failpoint } from '#failpoints';
import type { BoundSpec, ToolSpec } from '#plan';
import type { EffectPlace, Fence, Store } from '#store';
import type { JsonValue } from '#contracts';
import type { PlanOfGoal } from '#workflows';
import { keepValue } from './evaluation.js';
import { idempotencyKey } from './idempotency-key.js';
import type { StepRequest, StepResult } from './step.js';

/** What the registration of an effect needs to know of where its step stands. */
export interface Registration {
  /** Refuses who works at a segment that was opened anew. */
  readonly fence?: Fence | undefined;
  /** What the expressions of `compensate` read, `self` apart. */
  readonly environment: JsonObject;
  readonly plan?: PlanOfGoal | undefined;
}

/** Whether what the task does is to be registered before it is done. */
export function isUndoable(spec: BoundSpec): spec is ToolSpec {
  return spec.kind === 'tool' && (spec.compensate !== undefined || spec.undoes === true);
}

/** An effect that is about to be made: how it will be undone, kept before anything happens. */
export async function effectOf(
  store: Store,
  request: StepRequest,
  tool: Tool,
  input: { readonly bound: JsonValue; readonly kept: StoredValue },
  context: ToolContext,
): Promise<Effect> {
  const { tenant, runId, path, task, generation = 0, registration } = request;
  if (!isUndoable(task.spec) || !registration)
    throw nexusError('INTERNAL', `${path} has nothing to register`);
  const { compensate, tool: name, effect } = task.spec;
  const { environment, plan } = registration;
  let compensating: Compensating;
  if (compensate) {
    const { tool: by, with: given, timeoutMs, retry } = compensate;
    compensating = {
      type: 'call',
      tool: by,
      with: given,
      environment,
      timeoutMs,
      retry: { ...retry } as never,
    };
  } else {
    if (!tool.undo) throw nexusError('INVALID_INPUT', `this worker's ${name} cannot undo what it does`);
    const prepared = await tool.undo.prepare(input.bound, context);
    const kept = await keepValue(store, { tenant, runId, path }, prepared, inlineLimitBytes);
    compensating = { type: 'undo', tool: name, kept };
  }
  return {
    tenant,
    runId,
    path,
    generation,
    idempotencyKey: idempotencyKey(tenant, runId, path, generation),
    tool: name,
    effect,
    input: input.kept,
    compensating,
    ...(plan ? { plan } : {}),
    at: Date.now(),
  };
}

/** Puts it on record that an effect may happen from now on. */
export async function register(store: Store, effect: Effect, fence: Fence | undefined): Promise<void> {
  await store.effects.register(effect, fence);
  failpoint('effect.registered');
}

/** What is known of the effect, now that the step has ended; of one that was cut no more than before. */
export async function settle(
  store: Store,
  { tenant, runId, path, generation = 0 }: StepRequest,
  result: StepResult,
): Promise<void> {
  const place: EffectPlace = { path, generation };
  if (result.status !== 'SUCCEEDED' && result.status !== 'FAILED') return;
  const known =
    result.status === 'SUCCEEDED'
      ? ({ state: 'HAPPENED', output: result.output } as const)
      : ({ state: result.error.noEffect ? 'NONE' : 'MAYBE' } as const);
  await store.effects.settle({ tenant, runId, ...place, ...known });
}
