import type { JsonValue, NewRunEvent, RunRecord, TaskPatch } from '#contracts';
import { mergeRunPatch, mergeTaskPatch } from './merge-patch.js';
import type { InnerRunPatch } from './merge-patch.js';

/** A record on its way to the database. */
export interface InnerRecord extends Omit<RunRecord, 'run'> {
  readonly run?: InnerRunPatch | undefined;
}

/**
 * Records of one run that stand or fall together, as the one change that they are in the database.
 * A flush has at most one unit per run, so that positions and patches need no order among units.
 */
export interface RecordUnit {
  readonly tenant: string;
  readonly runId: string;
  readonly once: string | undefined;
  readonly segment: { readonly id: string; readonly epoch: number } | undefined;
  readonly events: NewRunEvent[];
  readonly tasks: Map<string, TaskPatch>;
  readonly journal: JsonValue[];
  run: InnerRunPatch | undefined;
  /** For each record, how many of the unit's events are its own or come before. */
  readonly eventsUpTo: number[];
}

/** Takes records from the front of the queue, in order: one unit per run, up to `limit` units. Returns the indices. */
export function takeUnits(
  queue: readonly InnerRecord[],
  limit: number,
): { units: RecordUnit[]; members: number[][]; left: number[] } {
  const units: RecordUnit[] = [];
  const members: number[][] = [];
  const left: number[] = [];
  const open = new Map<string, number>();
  const closed = new Set<string>();
  queue.forEach((record, index) => {
    const key = `${record.tenant}\n${record.runId}`;
    const at = open.get(key);
    if (closed.has(key)) return void left.push(index);
    if (at === undefined) {
      if (units.length >= limit) return void left.push(index);
      open.set(key, units.length);
      units.push(unitOf(record));
      members.push([index]);
      return;
    }
    const unit = units[at];
    if (unit === undefined || !sameFate(unit, record)) {
      // What comes later for this run must stay behind this record.
      closed.add(key);
      left.push(index);
      return;
    }
    join(unit, record);
    members[at]?.push(index);
  });
  return { units, members, left };
}

/** A record as a unit of its own. */
export function unitOf(record: InnerRecord): RecordUnit {
  const unit: RecordUnit = {
    tenant: record.tenant,
    runId: record.runId,
    once: record.once,
    segment: record.segment && { id: record.segment.id, epoch: record.segment.epoch },
    events: [],
    tasks: new Map(),
    journal: [],
    run: undefined,
    eventsUpTo: [],
  };
  join(unit, record);
  return unit;
}

function sameFate(unit: RecordUnit, record: InnerRecord): boolean {
  if (unit.once !== undefined || record.once !== undefined) return false;
  return unit.segment?.id === record.segment?.id && unit.segment?.epoch === record.segment?.epoch;
}

function join(unit: RecordUnit, record: InnerRecord): void {
  unit.events.push(...record.events);
  unit.eventsUpTo.push(unit.events.length);
  for (const patch of record.tasks) {
    const earlier = unit.tasks.get(patch.path);
    unit.tasks.set(patch.path, earlier === undefined ? patch : mergeTaskPatch(earlier, patch));
  }
  if (record.segment) unit.journal.push(...record.segment.journal);
  if (record.run) unit.run = unit.run === undefined ? record.run : mergeRunPatch(unit.run, record.run);
}
