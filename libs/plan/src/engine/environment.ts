import type { Failure, JsonObject, JsonValue, StoredValue, TaskStatus, Usage } from '#contracts';
import { formatUsd, innerPath, isRef } from '#contracts';
import type { ExpressionEnv } from '../expression/environment.js';
import { referencesOf } from '../expression/references.js';
import type { BoundPlan } from './bound-plan.js';
import { containerOf, indexOfBody } from './paths.js';
import { outerScope, planIndex } from './plan-index.js';
import type { PlanIndex } from './plan-index.js';
import type { EngineState, LoopState } from './state.js';

/** What an expression gives beyond this is for one who can keep it by reference: no history carries it. */
export const largestEvaluatedChars = 256 * 1024;

interface StoredTaskView {
  readonly status: TaskStatus;
  readonly output: StoredValue | null;
  readonly error: Failure | null;
  readonly usage: Usage | null;
}

/** The item of a map that an expression stands in, as its list and its place there. */
interface StoredItem {
  readonly list: StoredValue;
  readonly index: number;
}

/** What an expression may read, large values still by reference. */
export interface StoredEnvironment {
  readonly inputs: StoredValue;
  readonly tasks: Readonly<Record<string, StoredTaskView>>;
  readonly run: { readonly id: string; readonly startedAt: string };
  readonly loop?: LoopState | undefined;
  /** By the name that the map gives them; those of outer maps too. */
  readonly items?: Readonly<Record<string, StoredItem>> | undefined;
  /** Of the nearest map. */
  readonly index?: number | undefined;
}

const nothing: StoredValue = { inline: {} };

/**
 * What `expressions`, standing in a task of `scope` (or in its plan's output), read, and no more. `loop` is what
 * the condition of a loop sees, which stands outside of its turns.
 */
export function storedEnvironment(
  plan: BoundPlan,
  state: EngineState,
  scope: string,
  expressions: JsonValue,
  loop?: LoopState,
): StoredEnvironment {
  const index = planIndex(plan);
  const references = referencesOf(expressions);
  const tasks: Record<string, StoredTaskView> = {};
  for (const [id, members] of references.tasks) {
    const path = visibleTask(index, scope, id);
    const task = path === undefined ? undefined : state.tasks[path];
    tasks[id] = {
      status: task?.status ?? 'PENDING',
      output: members.has('output') ? (task?.output ?? null) : null,
      error: task?.error ?? null,
      usage: task?.usage ?? null,
    };
  }
  const readsInputs = references.inputs === 'all' || references.inputs.size > 0;
  return {
    inputs: readsInputs ? (inputsOf(index, state, scope) ?? nothing) : nothing,
    tasks,
    run: { id: state.runId, startedAt: new Date(state.startedAt).toISOString() },
    ...repetitionOf(index, state, scope, references.names, loop),
  };
}

/** The task that an ID means in a scope: a sibling, or one further out in the same plan. */
function visibleTask(index: PlanIndex, scope: string, id: string): string | undefined {
  for (let at: string | undefined = scope; at !== undefined; at = outerScope(at)) {
    const path = innerPath(at, id);
    if (index.node(path)) return path;
    if (index.scope(at)?.plan) return undefined;
  }
  return undefined;
}

function inputsOf(index: PlanIndex, state: EngineState, scope: string): StoredValue | undefined {
  let at = scope;
  while (!index.scope(at)?.plan) at = outerScope(at) ?? '';
  return state.scopes[at]?.inputs;
}

/** The loop and the maps around a scope, as far as they are read. */
function repetitionOf(
  index: PlanIndex,
  state: EngineState,
  scope: string,
  names: ReadonlySet<string>,
  given: LoopState | undefined,
): Pick<StoredEnvironment, 'loop' | 'items' | 'index'> {
  let loop = given;
  let nearest: number | undefined;
  const items: Record<string, StoredItem> = {};
  for (let at: string | undefined = scope; at !== undefined && !index.scope(at)?.plan; at = outerScope(at)) {
    const container = containerOf(at);
    const task = state.tasks[container];
    const spec = index.node(container)?.task.spec;
    if (spec?.kind === 'loop' && task?.loop) loop ??= { ...task.loop, index: indexOfBody(at) };
    if (spec?.kind !== 'map' || !task?.map) continue;
    nearest ??= indexOfBody(at);
    if (names.has(spec.as)) items[spec.as] ??= { list: task.map.over, index: indexOfBody(at) };
  }
  return {
    ...(loop && names.has('loop') ? { loop } : {}),
    ...(Object.keys(items).length > 0 ? { items } : {}),
    ...(nearest !== undefined && names.has('index') ? { index: nearest } : {}),
  };
}

/** The references that must be loaded before the environment can be read. */
export function missingValues(environment: StoredEnvironment): StoredValue[] {
  const values = [
    environment.inputs,
    ...Object.values(environment.tasks).map((task) => task.output),
    ...Object.values(environment.items ?? {}).map((item) => item.list),
    environment.loop?.last ?? null,
  ];
  return values.filter((value): value is StoredValue => value !== null && isRef(value));
}

/** The environment as expressions read it; `load` gives what stands behind a reference. */
export function expressionEnvironment(
  environment: StoredEnvironment,
  load: (value: StoredValue) => JsonValue,
): ExpressionEnv {
  const read = (value: StoredValue): JsonValue => (isRef(value) ? load(value) : value.inline);
  const { loop, items = {}, index } = environment;
  return {
    ...Object.fromEntries(
      Object.entries(items).map(([name, item]) => [
        name,
        (read(item.list) as JsonValue[])[item.index] ?? null,
      ]),
    ),
    ...(index === undefined ? {} : { index }),
    ...(loop ? { loop: { index: loop.index, last: loop.last === null ? null : read(loop.last) } } : {}),
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
