import { nexusError } from '#contracts';
import type { RunRecord } from '#contracts';
import type { RunChange } from './changes.js';
import type { Database } from './database.js';
import { badData, databaseError, lostToAnother } from './database-error.js';
import { writeUnits } from './record-statement.js';
import type { UnitResult } from './record-statement.js';
import { takeUnits, unitOf } from './record-unit.js';
import type { InnerRecord, RecordUnit } from './record-unit.js';

export interface RecordResult {
  /** The position of the record's last event, or of the run's, when it has none or was there already. */
  readonly lastPosition: number;
  readonly duplicate: boolean;
}

export interface Recorder {
  record(record: InnerRecord): Promise<RecordResult>;
  /** Resolves when all that came before is written; refuses what comes after. */
  close(): Promise<void>;
}

interface Pending {
  readonly record: InnerRecord;
  readonly resolve: (result: RecordResult) => void;
  readonly reject: (error: unknown) => void;
}

const unitsPerFlush = 128;
const tries = 6;

/**
 * Group commit: what arrives while a commit is under way shares the next one. A run belongs to one lane, so that its
 * records stay in order and no two flushes of this process want the same run.
 */
export function createRecorder(
  database: Database,
  lanes: number,
  publish: (changes: readonly RunChange[]) => void,
): Recorder {
  const laneOf = Array.from({ length: lanes }, () => createLane(database, publish));
  let closed = false;

  async function record(given: InnerRecord): Promise<RecordResult> {
    if (closed)
      throw nexusError('UNAVAILABLE', `the store is closed: nothing was recorded for ${given.runId}`);
    return await (laneOf[hash(given.runId) % lanes] as Lane).add(given);
  }

  async function close(): Promise<void> {
    closed = true;
    await Promise.all(laneOf.map((lane) => lane.idle()));
  }

  return { record, close };
}

interface Lane {
  add(record: InnerRecord): Promise<RecordResult>;
  idle(): Promise<void>;
}

function createLane(database: Database, publish: (changes: readonly RunChange[]) => void): Lane {
  let queue: Pending[] = [];
  let running: Promise<void> | null = null;

  function add(record: InnerRecord): Promise<RecordResult> {
    return new Promise((resolve, reject) => {
      queue.push({ record, resolve, reject });
      running ??= drain();
    });
  }

  async function drain(): Promise<void> {
    // Let those that arrive in the same turn of the event loop come along.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const taken = take();
      if (taken === null) await oneByOne(queue.splice(0));
      else await flush(taken.units, taken.members);
    }
    running = null;
  }

  /** Null when a record is not even of the right shape. */
  function take(): { units: RecordUnit[]; members: Pending[][] } | null {
    try {
      const pending = queue;
      const { units, members, left } = takeUnits(
        pending.map(({ record }) => record),
        unitsPerFlush,
      );
      queue = left.map((index) => pending[index] as Pending);
      return { units, members: members.map((indices) => indices.map((index) => pending[index] as Pending)) };
    } catch {
      return null;
    }
  }

  async function flush(
    units: readonly RecordUnit[],
    members: readonly (readonly Pending[])[],
  ): Promise<void> {
    try {
      const results = await write(database, units);
      settle(units, members, results);
    } catch (error) {
      const all = members.flat();
      if (all.length > 1 && badData(error)) return await oneByOne(all);
      for (const { record, reject } of all) reject(databaseError(error, `record of ${record.runId}`));
    }
  }

  /** Someone's data is at fault: the others shall not suffer for it. */
  async function oneByOne(all: readonly Pending[]): Promise<void> {
    for (const pending of all) {
      try {
        await flush([unitOf(pending.record)], [[pending]]);
      } catch (error) {
        pending.reject(databaseError(error, `record of ${pending.record.runId}`));
      }
    }
  }

  function settle(
    units: readonly RecordUnit[],
    members: readonly (readonly Pending[])[],
    results: readonly UnitResult[],
  ): void {
    const accepted = units.filter((_, index) => results[index]?.verdict === 'accepted');
    publish(accepted.map(({ tenant, runId }) => ({ tenant, runId })));
    units.forEach((unit, index) => {
      const result = results[index] as UnitResult;
      members[index]?.forEach((pending, nth) => settleOne(pending, unit, result, nth));
    });
  }

  return { add, idle: async () => void (await running) };
}

function settleOne(pending: Pending, unit: RecordUnit, result: UnitResult, nth: number): void {
  const { verdict, position } = result;
  if (verdict === 'accepted') {
    pending.resolve({ lastPosition: position + (unit.eventsUpTo[nth] ?? 0), duplicate: false });
  } else if (verdict === 'duplicate') {
    pending.resolve({ lastPosition: position, duplicate: true });
  } else {
    pending.reject(refusal(pending.record, verdict));
  }
}

function refusal(record: RunRecord, verdict: 'stale' | 'unknown'): Error {
  if (verdict === 'unknown')
    return nexusError('NOT_FOUND', `run ${record.runId} is not known: nothing was recorded`);
  const { id, epoch } = record.segment ?? { id: '', epoch: 0 };
  return nexusError('CONFLICT', `segment ${id} of ${record.runId} was opened again after epoch ${epoch}`, {
    // A worker that was given up may wake late and open it too: the attempt that counts takes it back.
    retryable: true,
    hint: 'Another attempt has taken over: stop, and leave the rest to it.',
  });
}

async function write(database: Database, units: readonly RecordUnit[]): Promise<UnitResult[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await writeUnits(database, units);
    } catch (error) {
      if (attempt >= tries || !lostToAnother(error)) throw error;
    }
  }
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
