import type { JsonValue } from '#contracts';
import { endsWell, type PlanTree, type TreeTask } from './plan-tree.js';

/** What may be in the ledger of one task. */
export interface ExpectedEffect {
  readonly path: string;
  readonly naive: boolean;
  /** Whether it must be there when the run has ended by itself, or merely may. */
  readonly must: boolean;
  /** It takes no key, and nobody hears its answer. */
  readonly unheard?: boolean;
}

/** What must become of a run that nobody stops. */
export interface Expectation {
  /** UNCERTAIN: some effect's outcome is lost for good, and the run stands still before a person. */
  readonly status: 'SUCCEEDED' | 'FAILED' | 'UNCERTAIN';
  /** Nobody knows which comes first: that, or a failure that overtakes it. */
  readonly anyEnd?: boolean;
  readonly output: JsonValue;
  readonly effects: readonly ExpectedEffect[];
}

interface Ending {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'SKIPPED';
  readonly output: JsonValue;
  readonly effects: readonly ExpectedEffect[];
}

/**
 * The pure model: what a plan comes to, whatever crashes on the way. Knows nothing of segments, histories, epochs;
 * only what the plan language promises.
 */
export function expectationOf(tree: PlanTree): Expectation {
  const { failed, effects, endings } = scope(tree.tasks, '');
  if (effects.some(({ unheard }) => unheard)) {
    // What comes after it does not come. What fails beside it may end it before, as far as up to the run.
    return {
      status: 'UNCERTAIN',
      anyEnd: failsSomewhere(tree.tasks),
      output: null,
      effects: effects.map((effect) => ({ ...effect, must: false })),
    };
  }
  const output = Object.fromEntries(tree.tasks.map(({ id }) => [id, endings.get(id)!.output]));
  return failed ? { status: 'FAILED', output: null, effects } : { status: 'SUCCEEDED', output, effects };
}

function scope(tasks: readonly TreeTask[], prefix: string) {
  const endings = new Map(tasks.map((task) => [task.id, ending(task, `${prefix}${task.id}`)]));
  const fatal = tasks.filter(({ id, onError }) => onError === 'fail' && endings.get(id)!.status === 'FAILED');
  // With one fatal task, what it needed has happened; with several nobody knows which came first.
  const certain =
    fatal.length === 0 ? null : fatal.length === 1 ? withNeeds(tasks, fatal[0]!.id) : new Set<string>();
  const effects = tasks.flatMap(({ id }) => {
    const own = endings.get(id)!.effects;
    return certain === null || certain.has(id) ? own : own.map((effect) => ({ ...effect, must: false }));
  });
  return { endings, effects, failed: fatal.length > 0 };
}

function failsSomewhere(tasks: readonly TreeTask[]): boolean {
  return tasks.some((task) => {
    switch (task.kind) {
      case 'effect':
        return !endsWell(task.fate);
      case 'plan':
        return failsSomewhere(task.tree.tasks);
      case 'branch':
        return failsSomewhere(task.cases.flat());
      case 'loop':
        return failsSomewhere(task.body);
      case 'map':
        return failsSomewhere([task.item]);
      default:
        return false;
    }
  });
}

function withNeeds(tasks: readonly TreeTask[], id: string, found = new Set<string>()): Set<string> {
  found.add(id);
  for (const need of tasks.find((task) => task.id === id)!.needs) withNeeds(tasks, need, found);
  return found;
}

function ending(task: TreeTask, path: string): Ending {
  if (task.when === 'no') return { status: 'SKIPPED', output: 'SKIPPED', effects: [] };
  switch (task.kind) {
    case 'effect': {
      const effects = task.fate.kind === 'never' ? [] : [{ path, naive: false, must: true }];
      return endsWell(task.fate)
        ? { status: 'SUCCEEDED', output: task.id, effects }
        : { status: 'FAILED', output: 'FAILED', effects };
    }
    case 'naive':
      return {
        status: 'SUCCEEDED',
        output: task.id,
        effects: [{ path, naive: true, must: true, unheard: task.fate.kind === 'unheard' }],
      };
    case 'wait':
    case 'ask':
      return { status: 'SUCCEEDED', output: 'SUCCEEDED', effects: [] };
    case 'plan': {
      const { endings, effects, failed } = scope(task.tree.tasks, `${path}/`);
      const output = Object.fromEntries(task.tree.tasks.map(({ id }) => [id, endings.get(id)!.output]));
      return failed
        ? { status: 'FAILED', output: 'FAILED', effects }
        : { status: 'SUCCEEDED', output, effects };
    }
    case 'branch': {
      // With none taken its `case` is null, and the plan's output falls back on the status.
      const { effects, failed } = scope(task.cases[task.taken] ?? [], `${path}/`);
      return failed
        ? { status: 'FAILED', output: 'FAILED', effects }
        : { status: 'SUCCEEDED', output: task.taken < task.cases.length ? task.taken : 'SUCCEEDED', effects };
    }
    case 'loop':
      return loop(task, path);
    case 'map':
      return map(task, path);
  }
}

/** A turn that fails ends the loop: the next ones never come. */
function loop({ turns, body }: TreeTask & { kind: 'loop' }, path: string): Ending {
  const effects: ExpectedEffect[] = [];
  for (let turn = 0; turn < turns; turn++) {
    const { effects: own, failed } = scope(body, `${path}[${turn}]/`);
    effects.push(...own);
    if (failed) return { status: 'FAILED', output: 'FAILED', effects };
  }
  return { status: 'SUCCEEDED', output: turns, effects };
}

function map({ items, item, collect }: TreeTask & { kind: 'map' }, path: string): Ending {
  const endings = Array.from({ length: items }, (_, index) => ending(item, `${path}[${index}]/${item.id}`));
  const succeeded = endings.filter(({ status }) => status === 'SUCCEEDED').length;
  const fails = !collect && succeeded < items;
  const effects = endings.flatMap((one) =>
    one.effects.map((effect) => (fails ? { ...effect, must: false } : effect)),
  );
  return fails
    ? { status: 'FAILED', output: 'FAILED', effects }
    : { status: 'SUCCEEDED', output: succeeded, effects };
}
