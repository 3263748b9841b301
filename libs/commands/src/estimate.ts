import type { JsonObject, JsonValue, NanoUsd, TaskKind } from '#contracts';
import { type BoundPlan, type BoundTask, durationMs, evaluate, type WaitSpec } from '#plan';
import type { TaskActuals } from '#store';

/** What a plan will take, as far as one can tell before it runs. */
export interface Estimate {
  readonly tokens: number;
  readonly cost: NanoUsd;
  readonly durationMs: number;
}

export interface EstimateFacts {
  /** What tasks of the same kind and name have taken of late. */
  readonly actuals: readonly TaskActuals[];
  /** Of a model whose calls nobody has paid for yet. */
  readonly nanosPerToken: number;
  /** What the plan is to run with; absent where nobody knows yet, as in sub-plans. */
  readonly inputs?: JsonObject | undefined;
  /** When it would start, for waits until a moment. */
  readonly now: number;
}

/** Where neither a plan nor experience says more. */
const unknown = {
  modelTokens: 1_500,
  modelMs: 5_000,
  agentTokens: 20_000,
  goalTokens: 5_000,
  goalMs: 30_000,
};
const items = 10;
/** A loop mostly ends long before its limit. */
const turns = 3;
const nothing: Estimate = { tokens: 0, cost: 0, durationMs: 0 };
/** What the API's numbers can hold. */
const most = 2 ** 31 - 1;

/** Tokens and money of all tasks; time of the longest chain of needs. Of a branch the dearest way. */
export function estimatePlan(plan: Pick<BoundPlan, 'tasks'>, facts: EstimateFacts): Estimate {
  const { tokens, cost, durationMs } = ofTasks(plan.tasks, facts);
  return { tokens: whole(tokens), cost: Math.round(cost), durationMs: whole(durationMs) };
}

function ofTasks(tasks: readonly BoundTask[], facts: EstimateFacts): Estimate {
  const each = new Map(tasks.map((task) => [task.id, ofTask(task, facts)]));
  const ends = new Map<string, number>();
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const endOf = (id: string): number => {
    const known = ends.get(id);
    if (known !== undefined) return known;
    const begins = Math.max(0, ...(byId.get(id)?.needs ?? []).map(endOf));
    const end = begins + (each.get(id)?.durationMs ?? 0);
    ends.set(id, end);
    return end;
  };
  const all = [...each.values()];
  return {
    tokens: sum(all.map(({ tokens }) => tokens)),
    cost: sum(all.map(({ cost }) => cost)),
    durationMs: Math.max(0, ...tasks.map(({ id }) => endOf(id))),
  };
}

function ofTask(task: BoundTask, facts: EstimateFacts): Estimate {
  const { spec } = task;
  switch (spec.kind) {
    case 'tool':
      return known(facts, 'tool', spec.tool) ?? { ...nothing, durationMs: task.expectedMs };
    case 'wait':
      return { ...nothing, durationMs: waitMs(spec, facts) ?? task.expectedMs };
    case 'model': {
      const { maxTokens } = spec.call;
      const tokens =
        typeof maxTokens === 'number' ? maxTokens + unknown.modelTokens / 3 : unknown.modelTokens;
      return known(facts, 'model', '') ?? paid(facts, tokens, unknown.modelMs);
    }
    case 'agent': {
      const tokens = Math.min(spec.agent.limits.maxTokens, unknown.agentTokens);
      return known(facts, 'agent', spec.agent.name) ?? paid(facts, tokens, task.expectedMs);
    }
    case 'goal':
      return paid(facts, unknown.goalTokens, unknown.goalMs);
    case 'plan':
      // It sees the inputs that its task gives it, and those are not known before.
      return ofTasks(spec.plan.tasks, { ...facts, inputs: undefined });
    case 'branch':
      return dearest(
        [...spec.cases.map(({ tasks }) => tasks), spec.otherwise ?? []].map((way) => ofTasks(way, facts)),
      );
    case 'loop':
      return times(ofTasks(spec.tasks, facts), Math.min(spec.maxIterations, turns));
    case 'map': {
      const over = atStart(spec.over, facts);
      const count = Array.isArray(over) ? over.length : items;
      const inner = ofTasks(spec.tasks, facts);
      const rounds = Math.ceil(count / Math.max(1, spec.concurrency));
      return { ...times(inner, count), durationMs: inner.durationMs * rounds };
    }
    default:
      // How long a person takes nobody knows.
      return nothing;
  }
}

/** How long a wait lasts; undefined while that depends on what the run comes to. */
function waitMs({ for: length, until }: WaitSpec, facts: EstimateFacts): number | undefined {
  const value = atStart(length ?? until, facts);
  if (length === undefined) {
    const moment = typeof value === 'string' ? Date.parse(value) : NaN;
    return Number.isNaN(moment) ? undefined : Math.max(0, moment - facts.now);
  }
  return typeof value === 'number'
    ? Math.max(0, value)
    : typeof value === 'string'
      ? durationMs(value)
      : undefined;
}

/** The value that a plan has for it before it runs; undefined when that needs more than its inputs. */
function atStart(value: JsonValue | undefined, { inputs }: EstimateFacts): JsonValue | undefined {
  if (value === undefined) return undefined;
  try {
    return evaluate(value, inputs === undefined ? {} : { inputs });
  } catch {
    // It reads what there is only later.
    return undefined;
  }
}

function known({ actuals }: EstimateFacts, kind: TaskKind, name: string): Estimate | undefined {
  const found = actuals.find((one) => one.kind === kind && one.name === name);
  return found && { tokens: found.tokens, cost: found.costNanos, durationMs: found.ms };
}

function paid({ nanosPerToken }: EstimateFacts, tokens: number, durationMs: number): Estimate {
  return { tokens, cost: tokens * nanosPerToken, durationMs };
}

function times({ tokens, cost, durationMs }: Estimate, count: number): Estimate {
  return { tokens: tokens * count, cost: cost * count, durationMs: durationMs * count };
}

function dearest(ways: readonly Estimate[]): Estimate {
  return {
    tokens: Math.max(0, ...ways.map(({ tokens }) => tokens)),
    cost: Math.max(0, ...ways.map(({ cost }) => cost)),
    durationMs: Math.max(0, ...ways.map(({ durationMs }) => durationMs)),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function whole(number: number): number {
  return Math.min(most, Math.round(number));
}
