import type { KeptEffect } from '#contracts';
import type { ApprovalRow, RunRow, TaskRow } from '#store';
import type { PlanTree } from '../model/plan-tree.js';
import { restsOn } from './saga-plan.js';
import type { UndoFate, WorldCall } from './saga-world.js';

/** A run whose rollback is over, with all that is known of it. */
export interface RolledBack {
  readonly tree: PlanTree;
  readonly run: RunRow;
  readonly tasks: readonly TaskRow[];
  readonly effects: readonly KeptEffect[];
  readonly approvals: readonly ApprovalRow[];
  readonly calls: readonly WorldCall[];
  readonly undoFateOf: (path: string) => UndoFate;
  /** It was rolled back while it ran: what was about to happen may be undone without having reached the world. */
  readonly live: boolean;
}

/** Everything about the rollback that must not be; each as a sentence. */
export function sagaViolations(rolledBack: RolledBack): string[] {
  const found = [...ofWhatIsUndone(rolledBack), ...ofOrder(rolledBack), ...ofWhatIsTold(rolledBack)];
  return found.map((what) => `${rolledBack.run.id}: ${what}`);
}

const isMake = ({ does }: WorldCall): boolean => does === 'make';
const isUndo = ({ does }: WorldCall): boolean => does === 'undo';

/** Paths at which something has happened, or may have for all that Nexus could hear. */
function mayHaveHappened(calls: readonly WorldCall[]): Set<string> {
  return new Set(
    calls
      .filter(isMake)
      .filter(({ saidNone }) => !saidNone)
      .map(({ path }) => path),
  );
}

/** What happened or may have is undone, each once or by one key, and nothing else is. */
function ofWhatIsUndone({ calls, effects, undoFateOf, live }: RolledBack): string[] {
  const found: string[] = [];
  const wanted = mayHaveHappened(calls);
  const undone = new Set(calls.filter(isUndo).map(({ path }) => path));
  for (const path of wanted)
    if (!undone.has(path)) found.push(`${path} happened or may have, and is not undone`);
  const registered = new Set(effects.filter(({ state }) => state !== 'NONE').map(({ path }) => path));
  for (const path of undone) {
    if (!wanted.has(path) && !(live && registered.has(path)))
      found.push(`${path} is undone and never happened`);
  }
  for (const path of undone) {
    const own = calls.filter((call) => call.path === path);
    const undos = own.filter(isUndo);
    const times = undos.filter(({ kind }) => kind === 'effect').length;
    const expected = undoFateOf(path) === 'never' ? 0 : 1;
    if (times !== expected) found.push(`${path} is undone ${times} times, expected ${expected}`);
    if (new Set(undos.map(({ key }) => key)).size > 1) found.push(`${path} is undone by several keys`);
    const makes = own.filter(isMake);
    const of = makes.at(-1)?.key;
    if (of !== undefined && undos.some((undo) => undo.of['key'] !== of))
      found.push(`${path} was made by ${of} and undone as ${JSON.stringify(undos.map((undo) => undo.of))}`);
    if (undos.some(({ key }) => makes.some((make) => make.key === key)))
      found.push(`${path} is undone by the key that it was made with`);
  }
  return found;
}

/** Nothing is made any more once undoing has begun, and what rested on an effect is done with before it is undone. */
function ofOrder({ calls, tree }: RolledBack): string[] {
  const found: string[] = [];
  const undos = calls.filter(isUndo);
  const first = Math.min(...undos.map(({ began }) => began));
  for (const { path } of calls.filter((call) => isMake(call) && call.ended > first))
    found.push(`${path} is made while the run is rolled back`);
  for (const earlier of undos) {
    for (const later of undos) {
      if (later.ended > earlier.began && restsOn(tree, later.path, earlier.path))
        found.push(`${earlier.path} is undone before ${later.path}, which rests on it`);
    }
  }
  return found;
}

/** What could not be undone is told of, and asked; nothing else is. */
function ofWhatIsTold({ run, tasks, effects, approvals, calls, undoFateOf }: RolledBack): string[] {
  const found: string[] = [];
  const undone = new Set(calls.filter(isUndo).map(({ path }) => path));
  const stubborn = [...undone].filter((path) => ['never', 'unheard'].includes(undoFateOf(path))).sort();
  const status = stubborn.length === 0 ? 'ROLLED_BACK' : 'ROLLBACK_INCOMPLETE';
  if (run.status !== status) found.push(`it is ${run.status}, expected ${status}`);
  const asked = approvals.filter(({ kind, status: at }) => kind === 'COMPENSATION' && at === 'PENDING');
  const about = asked.map(({ taskPath }) => taskPath).sort();
  if (about.join() !== stubborn.join()) found.push(`it asks about ${about.join()}, not ${stubborn.join()}`);
  const open = approvals.filter(({ kind, status: at }) => kind !== 'COMPENSATION' && at === 'PENDING');
  for (const { kind, taskPath } of open)
    found.push(`a question of kind ${kind} about ${taskPath} still stands`);
  const expected = (path: string) => (stubborn.includes(path) ? 'FAILED' : 'COMPENSATED');
  for (const { path, compensation } of effects) {
    if (undone.has(path) && compensation?.state !== expected(path))
      found.push(`the effect of ${path} is ${compensation?.state}, expected ${expected(path)}`);
  }
  for (const { path, status: at } of tasks) {
    const state = stubborn.includes(path) ? 'COMPENSATION_FAILED' : 'COMPENSATED';
    if (undone.has(path) && at !== state) found.push(`task ${path} is ${at}, expected ${state}`);
    if (!undone.has(path) && !['SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED'].includes(at))
      found.push(`task ${path} is left ${at}`);
  }
  return found;
}
