import { activityQueue } from '#contracts';
import type { Decision, EngineEvent, EngineState } from '#plan/engine';
import { isClaimed, isUnder, nodeOf, planIndex, sliceOf } from '#plan/engine';
import { CancellationScope, isCancellation, patched } from '@temporalio/workflow';
import type { SegmentResult } from './activity-interface.js';
import { activityFailure } from './activity-failure.js';
import { summaryOf } from './details.js';
import { remote, segmentActivity } from './run-activities.js';
import type { RunEngine } from './run-engine.js';
import type { PlannedRun } from './run-input.js';
import type { RunRecords } from './run-records.js';

/** How a segment came back. */
export interface SegmentNews {
  readonly segment: string;
  readonly slice: EngineState;
  readonly result: SegmentResult | { readonly error: unknown };
}

/** The segments of a run: stretches of its tasks that an activity carries through. */
export interface Segments {
  open(members: readonly string[], kind: 'local' | 'segment' | 'task'): void;
  /** Takes over what one came to. */
  fold(news: SegmentNews): void;
  /**
   * Whether a decision is about a task whose end a person has seen, but which is still on its way here with its
   * segment. It waits for that, and is folded with it.
   */
  keepsForLater(event: EngineEvent): boolean;
  /** Lets all end that are under way. */
  cancelAll(): void;
  /** How many are under way. */
  underway(): number;
  /** How many have been opened since the run began. */
  opened(): number;
}

const cancelled = { code: 'CANCELLED', message: 'the run was cancelled', retryable: false };

export function createSegments(
  input: PlannedRun,
  execution: string,
  engine: RunEngine,
  records: RunRecords,
  returned: (news: SegmentNews) => void,
): Segments {
  let opened = input.segments ?? 0;
  let early: Decision[] = [];
  const scopes = new Map<string, CancellationScope>();

  function lost({ slice }: SegmentNews, error: unknown, at: number): EngineEvent[] {
    if (isCancellation(error)) return [];
    const failure = { ...activityFailure(error), retryable: false };
    return slice.ready.map((path) => ({ type: 'failed', path, at, error: failure, attempts: 1 }));
  }

  function decidedOf({ only = [] }: EngineState): Decision[] {
    const isOf = ({ path }: Decision): boolean => only.some((own) => own === path || isUnder(own, path));
    const decisions = early.filter(isOf);
    early = early.filter((decision) => !isOf(decision));
    return decisions;
  }

  return {
    open(members, kind) {
      const segment = `${input.path}#${execution}.${++opened}`;
      const slice = sliceOf(engine.plan, engine.state, members);
      engine.claim(segment, members);
      const before = records.giveTo(segment);
      const scope = new CancellationScope();
      scopes.set(segment, scope);
      const { requires } = nodeOf(planIndex(engine.plan), members[0] ?? '').task;
      const run = segmentActivity(kind, summaryOf(members), activityQueue(requires));
      const { tenant, runId, path, planOfGoal } = input;
      const given = { tenant, runId, path, segment, slice, before, ...(planOfGoal ? { planOfGoal } : {}) };
      scope
        .run(() => run(given))
        .catch((error: unknown) => {
          if (isCancellation(error) && !patched('close-cancelled')) throw error;
          // Nobody could carry it to its end, or it was cancelled between two attempts: what it came to is in its
          // journal, and who still works at it is shut out.
          const failure = isCancellation(error) ? cancelled : activityFailure(error);
          return remote.closeSegment({ ...given, failure });
        })
        .then(
          (result) => returned({ segment, slice, result }),
          (error: unknown) => returned({ segment, slice, result: { error } }),
        );
    },
    fold(news) {
      const { segment, slice, result } = news;
      scopes.delete(segment);
      records.returned(segment);
      const at = Date.now();
      const decisions = decidedOf(slice);
      if ('error' in result) {
        return engine.fold({ slice, events: lost(news, result.error, at), at, decisions });
      }
      engine.fold({ slice, events: result.events, at: result.at, decisions }, (fingerprint) => {
        if (fingerprint === result.fingerprint) return;
        // Thrown as a plain error it fails the workflow task, which is tried again: the right build can go on.
        throw new Error(
          `segment ${segment} ended otherwise than its fold: this build's engine is not the one that ran it`,
        );
      });
    },
    keepsForLater(event) {
      if (event.type !== 'retry' && event.type !== 'skip' && event.type !== 'decided') return false;
      if (!isClaimed(engine.state, event.path)) return false;
      early.push(event);
      return true;
    },
    cancelAll() {
      for (const scope of scopes.values()) scope.cancel();
    },
    underway: () => scopes.size,
    opened: () => opened,
  };
}
