import type { FailpointName } from '#failpoints';
import type { PlanTree, TreeTask } from './model/plan-tree.js';

/** What a person asks of a run. */
export type PersonsCommand =
  'cancelRun' | 'pauseRun' | 'resumeRun' | 'killRun' | 'rollbackRun' | 'decideApproval';

/** A place to die at, and the commands that lead there, where it is not the work itself. */
export interface CrashPoint {
  readonly name: FailpointName;
  readonly commands?: readonly ('startPlan' | PersonsCommand)[];
  /** What runs; without it, everything. */
  readonly tree?: PlanTree;
  /** Each effect of the tree has a compensation, and the run is rolled back: it fails, or a person wants it. */
  readonly saga?: true;
}

/** A keyed effect, well behaved unless it is said. */
export const effect = (id: string, needs: readonly string[], more: Partial<TreeTask> = {}): TreeTask =>
  ({
    id,
    needs,
    onError: 'fail',
    kind: 'effect',
    fate: { kind: 'ok' },
    quick: false,
    apart: false,
    ...more,
  }) as TreeTask;

/** Has more history than one execution, or two, should have; what it does outside stands before and behind. */
const long: PlanTree = {
  tasks: [
    effect('open', []),
    {
      id: 'long',
      needs: ['open'],
      onError: 'fail',
      kind: 'map',
      items: 900,
      // Each an activity of its own.
      batch: 1,
      collect: false,
      item: effect('item', [], { quick: true }) as TreeTask & { kind: 'effect' },
    },
    effect('last', ['long']),
  ],
};

const inner = (id: string): PlanTree => ({
  tasks: [effect(`${id}1`, []), effect(`${id}2`, [`${id}1`])],
});

/** Fails when it has done all that a rollback may have to undo. */
const failing: PlanTree = {
  tasks: [
    effect('open', [], { quick: true }),
    effect('wide', ['open'], { fate: { kind: 'cut', times: 1 } }),
    effect('apart', ['open'], { apart: true }),
    { id: 'turns', needs: ['open'], onError: 'fail', kind: 'loop', turns: 2, body: [effect('turn', [])] },
    { id: 'child', needs: ['wide'], onError: 'fail', kind: 'plan', child: true, tree: inner('c') },
    {
      id: 'each',
      needs: ['apart'],
      onError: 'fail',
      kind: 'map',
      items: 5,
      batch: 3,
      collect: false,
      item: effect('item', [], { quick: true }) as TreeTask & { kind: 'effect' },
    },
    effect('last', ['turns', 'child', 'each'], { fate: { kind: 'never' } }),
  ],
};

/** Does something, asks a person, and fails. */
const asking: PlanTree = {
  tasks: [
    effect('open', []),
    { id: 'ask', needs: ['open'], onError: 'fail', kind: 'ask' },
    effect('go', ['ask']),
    effect('last', ['go'], { fate: { kind: 'never' } }),
  ],
};

const undoing = { tree: failing, saga: true } as const;

/** Each is passed at its first and at its second hit. */
export const crashPoints: readonly CrashPoint[] = [
  { name: 'start.stored', commands: ['startPlan'] },
  { name: 'start.dispatched', commands: ['startPlan'] },
  { name: 'segment.opened' },
  { name: 'effect.before' },
  { name: 'effect.after' },
  { name: 'journal.before' },
  { name: 'journal.after' },
  { name: 'segment.done' },
  { name: 'record.before' },
  { name: 'record.after' },
  { name: 'child.begun' },
  { name: 'child.done' },
  { name: 'continue.before', tree: long },
  { name: 'continue.after', tree: long },
  { name: 'item.before' },
  { name: 'item.after' },
  { name: 'pause.stored', commands: ['pauseRun'] },
  { name: 'pause.signalled', commands: ['pauseRun'] },
  { name: 'resume.lifted', commands: ['pauseRun', 'resumeRun'] },
  { name: 'resume.signalled', commands: ['pauseRun', 'resumeRun'] },
  { name: 'kill.stored', commands: ['killRun'] },
  { name: 'kill.terminated', commands: ['killRun'] },
  { name: 'kill.ended', commands: ['killRun'] },
  { name: 'cancel.stored', commands: ['cancelRun'] },
  { name: 'cancel.recorded', commands: ['cancelRun'] },
  { name: 'effect.registered', ...undoing },
  { name: 'compensation.registered', ...undoing },
  { name: 'compensation.before', ...undoing },
  { name: 'compensation.after', ...undoing },
  { name: 'compensation.recorded', ...undoing },
  // Once in a run.
  { name: 'rollback.ended', commands: ['startPlan'], ...undoing },
  { name: 'rollback.requested', commands: ['rollbackRun'], ...undoing },
  { name: 'decision.stored', commands: ['decideApproval'], tree: asking, saga: true },
  { name: 'decision.signalled', commands: ['decideApproval'], tree: asking, saga: true },
];

/** Comes by every place: segments, activities of their own, sub-plans of both kinds, timers, repeats, failures. */
export const everything: PlanTree = {
  tasks: [
    effect('open', [], { quick: true }),
    { id: 'once', needs: ['open'], onError: 'fail', kind: 'naive', fate: { kind: 'ok' } },
    effect('wide', ['open'], { fate: { kind: 'cut', times: 1 } }),
    effect('apart', ['open'], { apart: true }),
    { id: 'rest', needs: ['once', 'wide', 'apart'], onError: 'fail', kind: 'wait', ms: 200 },
    { id: 'child', needs: ['rest'], onError: 'fail', kind: 'plan', child: true, tree: inner('c') },
    { id: 'other', needs: ['rest'], onError: 'fail', kind: 'plan', child: true, tree: inner('o') },
    { id: 'inline', needs: ['rest'], onError: 'fail', kind: 'plan', child: false, tree: inner('i') },
    {
      id: 'each',
      needs: ['rest'],
      onError: 'fail',
      kind: 'map',
      items: 7,
      batch: 3,
      collect: true,
      item: effect('item', [], { quick: true }) as TreeTask & { kind: 'effect' },
    },
    effect('hopeless', ['rest'], { onError: 'continue', fate: { kind: 'unheard' } }),
    effect('last', ['child', 'other', 'inline', 'each', 'hopeless']),
  ],
};
