import type { ShownEvent, ShownRun } from '../../e2e/runs.js';
import type { PlanTree } from '../model/plan-tree.js';
import type { Outside } from '../outside/ledger.js';
import { restsOn } from '../saga/saga-plan.js';
import { ofStream } from './violations.js';

/** A run that was rolled back whatever struck it, with all that is known of it. */
export interface RolledBackRun {
  readonly run: ShownRun;
  readonly tree: PlanTree;
  /** All that the ledger has of it. */
  readonly outside: readonly Outside[];
  readonly followed?: readonly ShownEvent[] | undefined;
}

const settledTasks = ['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED', 'COMPENSATED'];

/** Everything about a rollback that must not be, where every compensation goes well in the end. */
export function rollbackViolations(facts: RolledBackRun): string[] {
  const { run } = facts;
  const found: string[] = [];
  if (run.status !== 'ROLLED_BACK') found.push(`it is ${run.status}: ${JSON.stringify(run.error)}`);
  for (const { path, status } of run.tasks) {
    if (!settledTasks.includes(status)) found.push(`task ${path} is left ${status}`);
  }
  found.push(...ofEffects(facts), ...ofOrder(facts), ...ofEvents(facts));
  return found.map((what) => `${run.id}: ${what}`);
}

function ofEffects({ run, outside }: RolledBackRun): string[] {
  const found: string[] = [];
  const statusOf = new Map(run.tasks.map(({ path, status }) => [path, status]));
  for (const path of new Set(outside.map((entry) => entry.path))) {
    const own = outside.filter((entry) => entry.path === path);
    const makes = own.filter(({ undoes }) => undoes === null);
    const undos = own.filter(({ undoes }) => undoes !== null);
    const made = makes.filter(({ kind }) => kind === 'effect').length;
    const undone = undos.filter(({ kind }) => kind === 'effect').length;
    if (made > 1) found.push(`the effect of ${path} happened ${made} times`);
    if (undone > 1) found.push(`${path} is undone ${undone} times`);
    if (made === 1 && undone === 0) found.push(`${path} happened and is not undone`);
    if (new Set(makes.map(({ key }) => key)).size > 1) found.push(`${path} was made with several keys`);
    if (new Set(undos.map(({ key }) => key)).size > 1) found.push(`${path} is undone by several keys`);
    if (undos.some(({ key, undoes }) => makes.some((make) => make.key === key || make.key !== undoes)))
      found.push(`${path} is undone as something else than what was made`);
    const status = statusOf.get(path);
    if (undone > 0 && status !== undefined && status !== 'COMPENSATED')
      found.push(`${path} is undone, and its task is ${status}`);
  }
  return found;
}

/** What rests on an effect is undone before it, and nothing is made once undoing has begun. */
function ofOrder({ tree, outside }: RolledBackRun): string[] {
  const found: string[] = [];
  const undos = outside.filter(({ undoes }) => undoes !== null);
  const first = undos[0]?.line ?? Infinity;
  for (const { path } of outside.filter(({ undoes, line }) => undoes === null && line > first))
    found.push(`${path} is made while the run is rolled back`);
  for (const earlier of undos) {
    for (const later of undos) {
      if (later.line > earlier.line && restsOn(tree, later.path, earlier.path))
        found.push(`${earlier.path} is undone before ${later.path}, which rests on it`);
    }
  }
  return found;
}

function ofEvents({ run, followed }: RolledBackRun): string[] {
  const found = ofStream(run.events, 'the event log');
  if (followed !== undefined) {
    found.push(...ofStream(followed, 'a subscriber'));
    const missed = run.events.filter(({ cursor }) => !followed.some((seen) => seen.cursor === cursor));
    if (missed.length > 0) found.push(`a subscriber missed ${missed.map(({ type }) => type).join(', ')}`);
  }
  const told = (type: string, path: string): number =>
    run.events.filter((event) => event.type === type && event.taskPath === path).length;
  for (const { path, status } of run.tasks) {
    for (const type of ['task.compensating', 'task.compensated']) {
      const times = told(type, path);
      const expected = status === 'COMPENSATED' ? 1 : 0;
      if (times !== expected) found.push(`${type} of ${path} is told ${times} times`);
    }
  }
  return found;
}
