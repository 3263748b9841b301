/** How a call to the world outside goes; the same whatever happens to Nexus meanwhile. */
export type Fate =
  | { readonly kind: 'ok' }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Refused so often, then well; it is tried often enough. */
  | { readonly kind: 'fails'; readonly times: number }
  /** The effect happens, its answer is lost; so often, then well. */
  | { readonly kind: 'cut'; readonly times: number }
  | { readonly kind: 'never' }
  /** The effect happens and its answer is always lost. */
  | { readonly kind: 'unheard' };

interface Common {
  readonly id: string;
  readonly needs: readonly string[];
  /** `no` skips the task. */
  readonly when?: 'yes' | 'no';
  readonly onError: 'fail' | 'continue';
}

/** A task of a random plan, as the model knows it. */
export type TreeTask = Common &
  (
    | { readonly kind: 'effect'; readonly fate: Fate; readonly quick: boolean; readonly apart: boolean }
    | {
        readonly kind: 'naive';
        readonly fate: Fate & { readonly kind: 'ok' | 'slow' | 'unheard' };
      }
    | { readonly kind: 'wait'; readonly ms: number }
    /** Waits until a person says yes. */
    | { readonly kind: 'ask' }
    | { readonly kind: 'plan'; readonly child: boolean; readonly tree: PlanTree }
    | { readonly kind: 'branch'; readonly taken: number; readonly cases: readonly (readonly TreeTask[])[] }
    | { readonly kind: 'loop'; readonly turns: number; readonly body: readonly TreeTask[] }
    | {
        readonly kind: 'map';
        readonly items: number;
        readonly batch: number;
        readonly collect: boolean;
        readonly item: TreeTask & { readonly kind: 'effect' };
      }
  );

export interface PlanTree {
  readonly tasks: readonly TreeTask[];
}

/** Attempts that suffice for every fate that ends well, whatever is lost on the way. */
const attempts = 6;
const endless = 1_000_000;

/** The plan as Nexus takes it. */
export function documentOf({ tasks }: PlanTree): object {
  return { tasks: tasks.map(taskDocument), output: Object.fromEntries(tasks.map(outputOf)) };
}

function outputOf({ id, kind }: TreeTask): [string, string] {
  const task = `tasks.${id}`;
  const value = {
    effect: 'value',
    naive: 'value',
    wait: undefined,
    ask: undefined,
    plan: undefined,
    branch: 'case',
    loop: 'iterations',
    map: 'succeeded',
  }[kind];
  if (kind === 'wait' || kind === 'ask') return [id, `\${${task}.status}`];
  const read = value === undefined ? `${task}.output` : `${task}.output?.${value}`;
  return [id, `\${${read} ?? ${task}.status}`];
}

function taskDocument(task: TreeTask): object {
  const { id, needs, onError } = task;
  const when = task.when === undefined ? {} : { when: task.when === 'yes' ? '${1 < 2}' : '${2 < 1}' };
  const common = { id, needs, onError, ...when };
  switch (task.kind) {
    case 'effect':
      return {
        ...common,
        kind: 'tool',
        tool: task.quick ? 'outside.quick' : 'outside.effect',
        with: { value: id, ...behaviourOf(task.fate) },
        retry: { maxAttempts: endsWell(task.fate) ? attempts : 2, initial: '100ms', factor: 1.5 },
        ...(task.apart ? { grain: 'task' } : {}),
      };
    case 'naive':
      return {
        ...common,
        kind: 'tool',
        tool: 'outside.once',
        with: { value: id, ...behaviourOf(task.fate) },
      };
    case 'wait':
      return { ...common, kind: 'wait', for: `${task.ms}ms` };
    case 'ask':
      return { ...common, kind: 'approval', question: 'Shall it go on?' };
    case 'plan':
      return {
        ...common,
        kind: 'plan',
        plan: documentOf(task.tree),
        ...(task.child ? { grain: 'task' } : {}),
      };
    case 'branch':
      return {
        ...common,
        kind: 'branch',
        cases: task.cases.map((inner, index) => ({
          if: index === task.taken ? '${1 < 2}' : '${2 < 1}',
          do: inner.map(taskDocument),
        })),
      };
    case 'loop':
      return {
        ...common,
        kind: 'loop',
        while: `\${loop.index < ${task.turns}}`,
        maxIterations: task.turns + 1,
        do: task.body.map(taskDocument),
      };
    case 'map':
      return {
        ...common,
        kind: 'map',
        over: Array.from({ length: task.items }, (_, index) => index),
        batch: task.batch,
        concurrency: 4,
        onItemError: task.collect ? 'collect' : 'fail',
        do: [taskDocument(task.item)],
      };
  }
}

export function endsWell({ kind }: Fate): boolean {
  return kind !== 'never' && kind !== 'unheard';
}

function behaviourOf(fate: Fate): object {
  switch (fate.kind) {
    case 'ok':
      return {};
    case 'slow':
      return { slowMs: fate.ms };
    case 'fails':
      return { failures: fate.times };
    case 'cut':
      return { cuts: fate.times };
    case 'never':
      return { failures: endless };
    case 'unheard':
      return { cuts: endless };
  }
}
