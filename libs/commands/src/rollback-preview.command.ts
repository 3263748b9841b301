import {
  failureOf,
  type JsonObject,
  type JsonValue,
  type KeptEffect,
  type StoredValue,
  type TaskStatus,
  type ToolFacts,
} from '#contracts';
import {
  type BoundPlan,
  nothingToUndo,
  planIndex,
  type ToolSpec,
  undoCall,
  undoOrder,
  undoReads,
} from '#plan';
import type { TaskRow } from '#store';
import { z } from 'zod';
import { bounded } from './bounded.js';
import type { CommandContext } from './command-context.js';
import type { CommandDeps } from './command-deps.js';
import { Id } from './input-fields.js';
import { knownRun } from './known-run.js';
import { parseInput } from './parse-input.js';
import { boundPlan } from './read-bound.js';

export const RollbackPreviewInput = z.strictObject({ id: Id });

/** What a rollback would do about one effect. */
export interface RollbackStep {
  /** Place in the order; independent effects are undone at once. */
  readonly order: number;
  readonly taskPath: string;
  /** The call as it would be made. */
  readonly action: JsonObject | null;
  readonly state: TaskStatus;
  readonly possible: boolean;
  /** Why it is not possible. */
  readonly why: string | null;
}

type Step = Omit<RollbackStep, 'order'>;

const readAtOnce = 16;

/** What a rollback would do, in its order, before anything happens; then what it cannot undo, and why. */
export async function rollbackPreview(
  deps: CommandDeps,
  context: CommandContext,
  input: unknown,
): Promise<RollbackStep[]> {
  const { id } = parseInput(RollbackPreviewInput, input);
  await knownRun(deps, context, id);
  const [effects, rows, plan] = await Promise.all([
    deps.store.effects.all(context.tenant, id),
    deps.store.tasks.list(context.tenant, id),
    boundPlan(deps, context, id),
  ]);
  const tasks = new Map(rows.map((row) => [row.path, row]));
  const plans = await plansOf(deps, context.tenant, plan, effects);
  const ordered = inOrder(
    effects.filter((effect) => whyNot(effect) === null),
    plans,
  );
  const undone = await bounded(ordered, readAtOnce, (effect) => stepOf(deps, effect, tasks));
  const left = effects.flatMap((effect): Step[] => {
    const why = whyNot(effect);
    if (why === null) return [];
    return [{ ...placeOf(effect, tasks), action: null, possible: false, why }];
  });
  const registered = new Set(effects.map(({ path }) => path));
  const steps = [...undone, ...left, ...withoutEffect(deps.tools, rows, plan, registered)];
  return steps.map((step, index) => ({ order: index + 1, ...step }));
}

/** The run's own plan, and those that were made while it ran. */
async function plansOf(
  { store }: CommandDeps,
  tenant: string,
  own: BoundPlan | null,
  effects: readonly KeptEffect[],
): Promise<Map<string, BoundPlan>> {
  const plans = new Map(own === null ? [] : [['', own]]);
  for (const { plan } of effects) {
    if (plan && !plans.has(plan.at))
      plans.set(plan.at, (await store.values.load(tenant, plan.plan)) as unknown as BoundPlan);
  }
  return plans;
}

/** As a rollback would come to them, were each undone at once. */
function inOrder(
  effects: readonly KeptEffect[],
  plans: ReadonlyMap<string, BoundPlan>,
): readonly KeptEffect[] {
  const order = undoOrder(effects, (at) => plans.get(at));
  const found: KeptEffect[] = [];
  for (let now = order.next(); now.length > 0; now = order.next()) {
    found.push(...now);
    now.forEach((effect) => order.done(effect));
  }
  return found;
}

/** Why there is nothing to be done about an effect, or null. */
function whyNot(effect: KeptEffect): string | null {
  const { compensation, tool } = effect;
  switch (nothingToUndo(effect)) {
    case null:
      return null;
    case 'compensated':
      return 'it is undone already';
    case 'marked':
      return `${compensation?.by ?? 'a person'} has undone it by hand: ${compensation?.comment ?? ''}`;
    case 'none':
      return 'it is known not to have happened';
    case 'undeclared':
      return undeclared(tool, effect.effect);
  }
}

function undeclared(tool: string, effect: ToolFacts['effect']): string {
  return effect === 'irreversible'
    ? `${tool} is irreversible, and its task declares no compensation`
    : 'its task declares no compensation';
}

/** The call as it would be made. What it reads may be gone, and its expressions may fail: then it would too. */
async function stepOf(
  deps: CommandDeps,
  effect: KeptEffect,
  tasks: ReadonlyMap<string, TaskRow>,
): Promise<Step> {
  const place = placeOf(effect, tasks);
  try {
    const values = new Map<StoredValue, JsonValue>();
    for (const value of undoReads(effect))
      values.set(value, await deps.store.values.load(effect.tenant, value));
    const { tool, input, undoes } = undoCall(effect, (value) => values.get(value) ?? null);
    const action = { tool, with: input, ...(undoes && { undo: true }) };
    const isKnown = deps.tools.some(({ name }) => name === tool);
    const why = isKnown ? null : `this server has no tool ${tool}`;
    return { ...place, action, possible: isKnown, why };
  } catch (error) {
    const { message } = failureOf(error);
    return {
      ...place,
      action: null,
      possible: false,
      why: `its compensation cannot be made out: ${message}`,
    };
  }
}

/** What became of the task. An item of a batch has no row, but its effect says as much. */
function placeOf(
  { path, state, compensation }: KeptEffect,
  tasks: ReadonlyMap<string, TaskRow>,
): Pick<Step, 'taskPath' | 'state'> {
  const known = tasks.get(path)?.status;
  if (known !== undefined) return { taskPath: path, state: known };
  const undo = compensation?.state;
  if (undo === 'COMPENSATED' || undo === 'MARKED') return { taskPath: path, state: 'COMPENSATED' };
  if (undo === 'COMPENSATING') return { taskPath: path, state: 'COMPENSATING' };
  if (undo === 'FAILED') return { taskPath: path, state: 'COMPENSATION_FAILED' };
  return {
    taskPath: path,
    state: state === 'HAPPENED' ? 'SUCCEEDED' : state === 'BEGUN' ? 'RUNNING' : 'FAILED',
  };
}

/** Tasks that have had an effect, or may have, which nothing says how to undo: those were never registered. */
function withoutEffect(
  tools: readonly ToolFacts[],
  rows: readonly TaskRow[],
  plan: BoundPlan | null,
  registered: ReadonlySet<string>,
): Step[] {
  const byName = new Map(tools.map((tool) => [tool.name, tool]));
  return rows.flatMap(({ path, kind, status, startedAt, tool: name }): Step[] => {
    if (startedAt === null || registered.has(path)) return [];
    const called = plan === null ? undefined : calledAt(plan, path);
    if (called?.compensate || called?.undoes) return [];
    const tool = byName.get(called?.tool ?? name ?? '');
    if (tool === undefined || tool.effect === 'none') return [];
    const why = undeclared(tool.name, tool.effect);
    const of = kind === 'map' ? `of its items: ${why}` : why;
    return [{ taskPath: path, action: null, state: status, possible: false, why: of }];
  });
}

/** What the task calls; of a map that is done in batches what it calls for each item. */
function calledAt(plan: BoundPlan, path: string): ToolSpec | undefined {
  const index = planIndex(plan);
  const own = index.node(path)?.task.spec;
  if (own?.kind === 'tool') return own;
  if (own?.kind === 'map' && own.batch !== null) {
    const inner = own.tasks[0]?.spec;
    return inner?.kind === 'tool' ? inner : undefined;
  }
  if (own !== undefined) return undefined;
  const ids = path.split('/');
  for (let length = ids.length - 1; length > 0; length--) {
    const around = index.node(ids.slice(0, length).join('/'))?.task.spec;
    if (around?.kind === 'plan') return calledAt(around.plan, ids.slice(length).join('/'));
  }
  return undefined;
}
