/**
 * Every place at which a process can be told to die, in the order in which a run comes by. A name tells what has
 * just been done, or is about to be done, when the process ends there.
 */
export const failpointNames = [
  // A command that starts a run.
  'start.stored',
  'start.dispatched',
  // A segment, and the steps in it.
  'segment.opened',
  'effect.before',
  'effect.after',
  'journal.before',
  'journal.after',
  'item.before',
  'item.after',
  'segment.done',
  // What the workflow tells readers.
  'record.before',
  'record.after',
  // The same of a sub-plan in a workflow of its own; after its last segment it reports.
  'child.begun',
  'child.done',
  // A workflow, between two of its executions.
  'continue.before',
  'continue.after',
  // Commands that hold, let go and end.
  'pause.stored',
  'pause.signalled',
  'resume.lifted',
  'resume.signalled',
  'cancel.stored',
  'cancel.recorded',
  'kill.stored',
  'kill.terminated',
  'kill.ended',
  // An effect that can be undone, and its undoing.
  'effect.registered',
  'rollback.requested',
  'compensation.registered',
  'compensation.before',
  'compensation.after',
  'compensation.recorded',
  'rollback.ended',
  // A person's decision.
  'decision.stored',
  'decision.signalled',
] as const;

export type FailpointName = (typeof failpointNames)[number];

/** Faults that can be planted, to see that the chaos suite finds them. */
export const plantedBugNames = [
  'effect-without-key',
  'journal-acknowledged-early',
  'no-epoch-fence',
  'cursor-off-by-one',
  'lost-pause',
  'record-not-once',
] as const;

export type PlantedBugName = (typeof plantedBugNames)[number];
