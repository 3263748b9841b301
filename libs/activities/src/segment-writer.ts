import type { RunRecord, TaskPatch } from '#contracts';
import { innerPath } from '#contracts';
import type { Emission, EngineEvent } from '#plan';
import { runRecordOf } from '#plan';
import { failpoint, plantedBug } from '#failpoints';
import type { Store } from '#store';
import type { SegmentInput } from '#workflows';
import { keepApprovals } from './keep-approvals.js';
import { keepItems } from './keep-items.js';

/** What a segment has come to and not yet written. */
export interface SegmentWriter {
  /** Notes events for the journal, and what readers should know of them. */
  note(events: readonly EngineEvent[], emissions: readonly Emission[]): void;
  /** Notes more about a task than the engine knows, such as its attempts. */
  patch(patch: TaskPatch): void;
  /** Writes all that is noted, in one record; resolves when it is durable. */
  write(): Promise<void>;
}

/**
 * Journal, rows and events of a segment become true together, in the order in which they were noted. The first
 * record also carries what the workflow gave along, which may have been written already by an earlier attempt.
 */
export function createSegmentWriter(store: Store, input: SegmentInput, epoch: number): SegmentWriter {
  const { tenant, runId, path: container, segment } = input;
  let events: EngineEvent[] = [];
  let emissions: Emission[] = [];
  let patches: TaskPatch[] = [];
  let preamble = input.before;
  let writing: Promise<void> = Promise.resolve();

  async function writeNow(): Promise<void> {
    const first = preamble;
    const noted = { events, emissions, patches };
    if (events.length + emissions.length + patches.length === 0 && !first) return;
    [events, emissions, patches, preamble] = [[], [], [], undefined];
    failpoint('journal.before');
    const record = (before: readonly Emission[]): RunRecord => {
      const { tasks, ...rest } = runRecordOf({ tenant, runId }, container, [...before, ...noted.emissions]);
      const patched = noted.patches.map((patch) => ({ ...patch, path: innerPath(container, patch.path) }));
      const journal = noted.events as never[];
      return { ...rest, tasks: [...tasks, ...patched], segment: { id: segment, epoch, journal } };
    };
    if (first) {
      const whole = record(first.emissions);
      await keepItems(store, whole);
      await keepApprovals(store, whole);
      const { duplicate } = await store.record({ ...whole, once: first.once });
      if (!duplicate) return failpoint('journal.after');
    }
    const own = record([]);
    await keepApprovals(store, own);
    await store.record(own);
    failpoint('journal.after');
  }

  return {
    note(newEvents, newEmissions) {
      events.push(...newEvents);
      emissions.push(...newEmissions);
    },
    patch: (patch) => void patches.push(patch),
    // One after the other: what comes later may not be written first.
    write() {
      writing = writing.then(writeNow);
      return plantedBug('journal-acknowledged-early') ? Promise.resolve() : writing;
    },
  };
}
