import type { NewSignal, Store } from '#store';
import type { Logger } from '#telemetry';
import type { OperatorsTemporal } from './operators-temporal.js';

/** What the watch works with. */
export interface OperatorsDeps {
  readonly store: Pick<Store, 'runs' | 'tasks' | 'pauses' | 'leases' | 'rollbacks' | 'signals' | 'record'>;
  readonly temporal: OperatorsTemporal;
  /** Keeps signals and delivers them, in order, now or later. */
  readonly tell: (...signals: readonly NewSignal[]) => Promise<void>;
  /** Ends what a run has left in Temporal, and the run as KILLED. */
  readonly kill: (run: TerminatedRun) => Promise<void>;
  /** Ends a workflow at once. */
  readonly terminate: (workflowId: string, reason: string) => Promise<void>;
  readonly logger: Logger;
  readonly now: () => number;
}

/** A run whose workflow somebody has terminated. */
export interface TerminatedRun {
  readonly id: string;
  readonly tenant: string;
  readonly workflowId: string;
  readonly by: string;
  readonly reason: string;
  readonly askedAt: number;
}
