import type { Steps } from '../work/step.js';
import type { Workload } from '../work/workloads.js';

/** What an application needs to know of the servers and folders of a benchmark. */
export interface ColumnSetting {
  readonly temporalAddress: string;
  /** A database of the column's own. */
  readonly databaseUrl: string;
  /** Folder of an embedded database, which Nexus then uses instead. */
  readonly databaseFolder?: string | undefined;
  readonly marksUrl: string;
  /** The bundle of the workflows of Nexus. */
  readonly nexusBundle: string;
  /** The bundle of the workflows that the bare Temporal columns use. */
  readonly temporalBundle: string;
  /** Where the peers' packages are installed. */
  readonly peersFolder: string;
  readonly restate: {
    readonly ingress: string;
    readonly admin: string;
    readonly endpointPort: number;
  } | null;
  /** Whether this application takes over from one that was killed. */
  readonly takesOver: boolean;
}

export interface SlowSteps {
  readonly ms: number;
  readonly marks: boolean;
}

/** One way to run durable work: the same workloads through everybody's own means. */
export interface Column {
  start(): Promise<void>;
  /** Runs a workload once; resolves when its result is at hand. */
  run(workload: Workload, id: string): Promise<unknown>;
  /** Starts the sequence with slow steps and does not wait for it. Gives the name by which it is found again. */
  submit(id: string, slow: SlowSteps): Promise<string>;
  /** What a user does after a crash, beside starting the application; says what that was. */
  recover(names: readonly string[]): Promise<string>;
  /** The results of the sequence's steps. */
  wait(name: string): Promise<readonly unknown[]>;
  /** How many history events runs of that workload took, children's included, where there is a history. */
  events?(workload: Workload): Promise<number>;
  /** Milliseconds from ready to started, of every task of every run so far. */
  readyToStarted?(): Promise<number[]>;
  stop(): Promise<void>;
}

/** Makes a column in the application's process; `variant` is what stands behind the colon of its name. */
export type ColumnMaker = (setting: ColumnSetting, steps: Steps, variant: string) => Promise<Column>;
