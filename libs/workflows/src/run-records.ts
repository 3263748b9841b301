import type { Usage } from '#contracts';
import type { EngineState, Emission } from '#plan/engine';
import { runRecordOf } from '#plan/engine';
import { log, patched } from '@temporalio/workflow';
import type { Preamble } from './activity-interface.js';
import { record as writeRecord, remote } from './run-activities.js';
import type { PlannedRun } from './run-input.js';

/** What readers should know of a run and is not written yet. */
export interface RunRecords {
  add(emissions: readonly Emission[]): void;
  /** From what has been added makes the opening, which the first activity writes. */
  open(): void;
  isOpening(): boolean;
  /** Whether something came after what stands under another name. */
  hasMore(): boolean;
  /** Whether anything has been given to nobody. */
  hasUnwritten(): boolean;
  /** Gives what is not written to a segment, which writes it before anything of its own. */
  giveTo(segment: string): Preamble | undefined;
  /** The segment has come back: it has written what it was given. */
  returned(segment: string): void;
  /** Writes all, in order, so that no reader sees a later thing before an earlier. */
  write(): Promise<void>;
  /** Says that the run is being cancelled, unless the command that did it has said so. */
  announceCancel(reason: string): void;
  /** Keeps where the run stood, so that who reads its end may have a task tried again. Without it that cannot be, and no more. */
  keepState(state: EngineState): Promise<void>;
  /** How many records have got a name. */
  count(): number;
}

/** Records of one execution of a run's workflow; another has names of its own: what it does was not done before. */
export function createRunRecords(input: PlannedRun, execution: string, usage: () => Usage): RunRecords {
  const { tenant, runId, path } = input;
  let count = input.records ?? 0;
  let unrecorded: Emission[] = [];
  /**
   * What the start alone brings. A local segment writes it before its workflow task stands in history; should that
   * task be tried again and something else come first, the same is told again under the same name.
   */
  let opening: Preamble | undefined;
  let announced: Promise<void> = Promise.resolve();
  /** Records given to an activity that has not come back: they may not be written yet. */
  const underway = new Map<string, Preamble>();

  function latest(): Preamble | undefined {
    if (unrecorded.length === 0) return undefined;
    // What it has used so far is shown while it runs.
    if (input.reportTo === undefined) unrecorded.push({ run: { usage: usage() } });
    return { once: `${path}@${execution}.${++count}`, emissions: takeUnrecorded() };
  }

  function takeUnrecorded(): Emission[] {
    const emissions = unrecorded;
    unrecorded = [];
    return emissions;
  }

  const hasUnwritten = (): boolean => opening !== undefined || unrecorded.length > 0;

  async function announce(reason: string): Promise<void> {
    // A command has told it already, under the same name and with who it was.
    const data = { reason, by: 'an operator in Temporal' };
    const event = { type: 'run.cancelling', at: Date.now(), data } as const;
    const run = { status: 'CANCELLING', waiting: null } as const;
    await writeRecord({ tenant, runId, once: 'run.cancelling', events: [event], tasks: [], run });
  }

  return {
    add: (emissions) => void unrecorded.push(...emissions),
    open: () => void (opening = { once: `${path}@${execution}.opening`, emissions: takeUnrecorded() }),
    isOpening: () => opening !== undefined,
    hasMore: () => unrecorded.length > 0,
    hasUnwritten,
    giveTo(segment) {
      const before = opening ?? latest();
      opening = undefined;
      if (before) underway.set(segment, before);
      return before;
    },
    returned: (segment) => void underway.delete(segment),
    async write() {
      await announced;
      if (!hasUnwritten()) return;
      // Each is written once, whoever comes first.
      const records = [...underway.values(), opening, latest()];
      underway.clear();
      opening = undefined;
      for (const one of records) {
        if (one) await writeRecord({ ...runRecordOf(input, path, one.emissions), once: one.once });
      }
    },
    announceCancel: (reason) => void (announced = announce(reason)),
    async keepState(state) {
      if (!patched('keep-state')) return;
      try {
        await remote.keepState({ tenant, runId, state });
      } catch (error) {
        log.warn('where the run stood could not be kept', { error });
      }
    },
    count: () => count,
  };
}
