import type { Failure, JsonObject, JsonValue, StoredValue, TaskStatus, Usage } from '#contracts';
import { formatUsd, innerPath, isRef } from '#contracts';
import type { ExpressionEnv } from '../expression/environment.js';
import { referencesOf } from '../expression/references.js';
import type { EngineState } from './state.js';

/** What an expression gives beyond this is for one who can keep it by reference: no history carries it. */
export const largestEvaluatedChars = 256 * 1024;

interface StoredTaskView {
  readonly status: TaskStatus;
  readonly output: StoredValue | null;
  readonly error: Failure | null;
  readonly usage: Usage | null;
}

/** What an expression may read, large values still by reference. */
export interface StoredEnvironment {
  readonly inputs: StoredValue;
  readonly tasks: Readonly<Record<string, StoredTaskView>>;
  readonly run: { readonly id: string; readonly startedAt: string };
}

const nothing: StoredValue = { inline: {} };

/** What `expressions`, standing in a task of `scope` (or in its plan's output), read, and no more. */
export function storedEnvironment(
  state: EngineState,
  scope: string,
  expressions: JsonValue,
): StoredEnvironment {
  const references = referencesOf(expressions);
  const tasks: Record<string, StoredTaskView> = {};
  for (const [id, members] of references.tasks) {
    const task = state.tasks[innerPath(scope, id)];
    tasks[id] = {
      status: task?.status ?? 'PENDING',
      output: members.has('output') ? (task?.output ?? null) : null,
      error: task?.error ?? null,
      usage: task?.usage ?? null,
    };
  }
  const readsInputs = references.inputs === 'all' || references.inputs.size > 0;
  return {
    inputs: readsInputs ? (state.scopes[scope]?.inputs ?? nothing) : nothing,
    tasks,
    run: { id: state.runId, startedAt: new Date(state.startedAt).toISOString() },
  };
}

/** The references that must be loaded before the environment can be read. */
export function missingValues(environment: StoredEnvironment): StoredValue[] {
  const values = [environment.inputs, ...Object.values(environment.tasks).map((task) => task.output)];
  return values.filter((value): value is StoredValue => value !== null && isRef(value));
}

/** The environment as expressions read it; `load` gives what stands behind a reference. */
export function expressionEnvironment(
  environment: StoredEnvironment,
  load: (value: StoredValue) => JsonValue,
): ExpressionEnv {
  const read = (value: StoredValue): JsonValue => (isRef(value) ? load(value) : value.inline);
  return {
    inputs: read(environment.inputs),
    run: environment.run,
    tasks: Object.fromEntries(
      Object.entries(environment.tasks).map(([id, task]) => [
        id,
        {
          status: task.status,
          output: task.output === null ? null : read(task.output),
          error: task.error === null ? null : plainFailure(task.error),
          usage: task.usage === null ? null : plainUsage(task.usage),
        },
      ]),
    ),
  };
}

function plainFailure(failure: Failure): JsonObject {
  return {
    code: failure.code,
    message: failure.message,
    retryable: failure.retryable,
    hint: failure.hint ?? null,
    taskPath: failure.taskPath ?? null,
  };
}

function plainUsage(usage: Usage): JsonObject {
  const { costNanos, ...counts } = usage;
  return { ...counts, cost: formatUsd(costNanos) };
}
