import type { Failure, JsonValue, StoredValue } from '#contracts';
import { failureOf, inline, isRef } from '#contracts';
import { evaluate } from '../expression/evaluate.js';
import { applyInputDefaults, validateInputs } from '../inputs.js';
import type { Draft } from './draft.js';
import { countOut, isOurs, isStopped, move, nodeAt, taskAt, use, viewOf } from './draft.js';
import { emission } from './emission.js';
import {
  expressionEnvironment,
  largestEvaluatedChars,
  missingValues,
  storedEnvironment,
} from './environment.js';
import type { Slot, TaskState } from './state.js';
import { taskEnded } from './transitions.js';

type Evaluation = { readonly value: JsonValue } | { readonly error: Failure } | 'asked';

/** Evaluates here and now, or asks for it when what is read is kept by reference. */
export function evaluateOrAsk(
  draft: Draft,
  path: string,
  scope: string,
  slot: Slot,
  source: JsonValue,
): Evaluation {
  const environment = storedEnvironment(viewOf(draft), scope, source);
  if (missingValues(environment).length > 0) {
    draft.asks[path] = slot;
    return 'asked';
  }
  try {
    const value = evaluate(source, expressionEnvironment(environment, unreachable));
    if (JSON.stringify(value).length <= largestEvaluatedChars) return { value };
    draft.asks[path] = slot;
    return 'asked';
  } catch (error) {
    return { error: failureOf(error) };
  }
}

function unreachable(): never {
  throw new Error('a reference was read before it was loaded');
}

/** Ends a task with any end state, and all that follows from it. */
export function end(draft: Draft, path: string, at: number, change: TaskState): void {
  const node = nodeAt(draft, path);
  const startedAt = taskAt(draft, path).startedAt;
  move(draft, path, { ...change, ...(startedAt === undefined ? {} : { startedAt }) });
  delete draft.asks[path];
  // A container's usage is that of its tasks, which is counted already.
  if (node.task.place !== 'inline') use(draft, change.usage);
  const type = (
    {
      SUCCEEDED: 'task.succeeded',
      FAILED: 'task.failed',
      SKIPPED: 'task.skipped',
      CANCELLED: 'task.cancelled',
    } as const
  )[change.status as 'SUCCEEDED' | 'FAILED' | 'SKIPPED' | 'CANCELLED'];
  draft.emissions.push(
    emission(type, at, {
      taskPath: path,
      ...(change.error ? { data: { error: { ...change.error } as never } } : {}),
      task: {
        path,
        kind: node.task.kind,
        title: node.task.title,
        status: change.status,
        waiting: null,
        finishedAt: at,
        ...(change.output ? { output: change.output } : {}),
        ...(change.error ? { error: change.error } : {}),
        ...(change.usage ? { usage: change.usage } : {}),
      },
    }),
  );
  const failedBefore = draft.scopes[node.scope]?.failure !== undefined;
  countOut(draft, path);
  const scope = draft.scopes[node.scope];
  if (scope?.failure && !failedBefore) stopScope(draft, node.scope, at);
  completeScope(draft, node.scope, at);
}

/** Cancels what has not started in a scope and in the scopes within it. What runs goes on to its end. */
export function stopScope(draft: Draft, scope: string, at: number): void {
  for (const path of draft.index.scopes.get(scope)?.tasks ?? []) {
    const task = taskAt(draft, path);
    if (taskEnded(task.status)) continue;
    if (draft.scopes[path]) stopScope(draft, path, at);
    else if (isOurs(draft, path) && task.status !== 'RUNNING') {
      // What happened to an effect may still be told of a run that fails; a cancel waits for nobody.
      if (task.status === 'UNCERTAIN' && !draft.cancelling) continue;
      end(draft, path, at, { status: 'CANCELLED' });
    }
  }
}

/** Opens a sub-plan within the run: its `with` becomes its inputs. */
export function openScope(draft: Draft, path: string, at: number): void {
  const { task, scope } = nodeAt(draft, path);
  if (task.spec.kind !== 'plan') return;
  const evaluation = evaluateOrAsk(draft, path, scope, 'with', task.spec.with);
  if (evaluation === 'asked') return;
  if ('error' in evaluation) end(draft, path, at, { status: 'FAILED', error: evaluation.error });
  else enterScope(draft, path, at, inline(evaluation.value));
}

/** Begins a sub-plan whose inputs are known. */
export function enterScope(draft: Draft, path: string, at: number, given: StoredValue): void {
  const { task } = nodeAt(draft, path);
  if (task.spec.kind !== 'plan') return;
  const { plan } = task.spec;
  const inputs = isRef(given) ? given : inline(applyInputDefaults(plan.inputs, given.inline ?? {}));
  const faults = isRef(inputs) ? [] : validateInputs(plan.inputs, inputs.inline);
  if (faults.length > 0) {
    const message = `inputs of sub-plan ${plan.name}: ${faults.map((f) => `${f.path}: ${f.message}`).join('; ')}`;
    end(draft, path, at, { status: 'FAILED', error: { code: 'INVALID_INPUT', message, retryable: false } });
    return;
  }
  const before = taskAt(draft, path);
  move(draft, path, { ...before, status: 'RUNNING', startedAt: at, attempts: 1 });
  draft.scopes[path] = { inputs, left: plan.tasks.length };
  draft.emissions.push(
    emission('task.started', at, {
      taskPath: path,
      data: { attempt: 1 },
      task: { path, kind: 'plan', title: task.title, status: 'RUNNING', startedAt: at, input: inputs },
    }),
  );
  draft.queue.push(...(draft.index.scopes.get(path)?.tasks ?? []));
}

/** When nothing is left in a scope: its end, and the end of the container or of the run. */
export function completeScope(draft: Draft, path: string, at: number): void {
  const scope = draft.scopes[path];
  if (!scope || scope.left > 0 || draft.asks[path] === 'output') return;
  if (path === '') return completeRun(draft, at);
  if (draft.only && !draft.only.has(path)) return;
  if (taskEnded(taskAt(draft, path).status)) return;
  const cut = draft.index.scopes
    .get(path)
    ?.tasks.some((inner) => taskAt(draft, inner).status === 'CANCELLED');
  if (scope.failure) end(draft, path, at, { status: 'FAILED', error: scope.failure, attempts: 1 });
  else if (cut && isStopped(draft, path)) end(draft, path, at, { status: 'CANCELLED' });
  else {
    const output = outputOf(draft, path);
    if (output === 'asked') return;
    end(
      draft,
      path,
      at,
      'error' in output ? { status: 'FAILED', error: output.error } : succeeded(output.value),
    );
  }
}

function completeRun(draft: Draft, at: number): void {
  if (draft.outcome) return;
  const failure = draft.scopes['']?.failure;
  if (draft.cancelling) finishRun(draft, { status: 'CANCELLED', at });
  else if (failure) finishRun(draft, { status: 'FAILED', at, error: failure });
  else {
    const output = outputOf(draft, '');
    if (output === 'asked') return;
    finishRun(
      draft,
      'error' in output
        ? { status: 'FAILED', at, error: output.error }
        : { status: 'SUCCEEDED', at, output: inline(output.value) },
    );
  }
}

/** The run's end, once. */
export function finishRun(draft: Draft, outcome: NonNullable<Draft['outcome']>): void {
  draft.outcome = outcome;
  draft.emissions.push(
    emission('run.ended', outcome.at, {
      data: { status: outcome.status, ...(outcome.error ? { error: { ...outcome.error } as never } : {}) },
      run: {
        status: outcome.status,
        finishedAt: outcome.at,
        waiting: null,
        usage: draft.usage,
        ...(outcome.output ? { output: outcome.output } : {}),
        ...(outcome.error ? { error: outcome.error } : {}),
      },
    }),
  );
}

function outputOf(draft: Draft, path: string): Evaluation {
  const source = draft.index.scopes.get(path)?.plan.output;
  return source === undefined ? { value: null } : evaluateOrAsk(draft, path, path, 'output', source);
}

function succeeded(value: JsonValue): TaskState {
  return { status: 'SUCCEEDED', output: inline(value), attempts: 1 };
}
