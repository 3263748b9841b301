import type { Sinks } from '@temporalio/workflow';
import { proxySinks } from '@temporalio/workflow';

/** Where a run stands between two executions: before the server knows that there is a next one, and in it. */
export type CrashPlace = 'continue.before' | 'continue.after';

/** What a worker hears of places in workflows, from which there is no other way out. */
export interface CrashPlaces extends Sinks {
  crashPlaces: {
    /** Comes before the server hears of what the workflow has decided there. */
    pass(place: CrashPlace): void;
  };
}

/** Tells the worker that a workflow comes by a place where tests end the process. */
export const { crashPlaces } = proxySinks<CrashPlaces>();
