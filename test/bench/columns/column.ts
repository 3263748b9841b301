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
  /** To which steps that are to be stopped add what they do. */
  readonly effectsFile: string;
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

/** A map over so many items. */
export interface MapLoad {
  readonly items: number;
  /** Items of one activity; 1 is a scope of its own for each. */
  readonly batch: number;
  readonly concurrency: number;
}

/** From the command that starts the run until its output is at hand, and what was counted there and in the store. */
export interface MapSeen {
  readonly seconds: number;
  readonly inOutput: number;
  readonly inStore: number;
  readonly events: number;
}

/** So many chains of effects, each of which rests on the one before it, undone in so long each. */
export interface RollbackLoad {
  readonly chains: number;
  readonly links: number;
  readonly ms: number;
}

/** From the command to roll back until the run is rolled back. */
export interface RollbackSeen {
  readonly seconds: number;
  readonly answeredMs: number;
  readonly undone: number;
  /** Undone before what rested on it, or twice. */
  readonly outOfOrder: number;
  /** Of the workflow that rolled back. */
  readonly historyEvents: number;
}

/** Runs that wait for people. */
export interface AskingRuns {
  /** Begins so many runs with so many questions each; resolves when all of them are asked. */
  ask(runs: number, each: number): Promise<void>;
  /** Reads the list of what waits from its first page of 50 to its last. */
  pages(): Promise<{ readonly milliseconds: readonly number[]; readonly rows: number }>;
  /** Approves one question of each of so many runs: until the answer, and until the task has ended. */
  decide(count: number): Promise<{ readonly answered: readonly number[]; readonly done: readonly number[] }>;
  /** Of all of these runs' workflows together. */
  historyEvents(): Promise<number>;
}

/** When a command was given, in milliseconds since the epoch, and how long it took to answer. */
export interface Asked {
  readonly askedAt: number;
  readonly answeredMs: number;
}

export interface Killed extends Asked {
  readonly status: string;
  /** As the run itself reports it. */
  readonly stoppedInMs: number | null;
}

/** Runs that only somebody's command stops. */
export interface ControlledRuns {
  begin(): Promise<string>;
  kill(runId: string): Promise<Killed>;
  pause(runId: string): Promise<Asked>;
  resume(runId: string): Promise<Asked>;
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
  map?(load: MapLoad): Promise<MapSeen>;
  rollBack?(load: RollbackLoad): Promise<RollbackSeen>;
  readonly control?: ControlledRuns;
  readonly asking?: AskingRuns;
  stop(): Promise<void>;
}

/** Makes a column in the application's process; `variant` is what stands behind the colon of its name. */
export type ColumnMaker = (setting: ColumnSetting, steps: Steps, variant: string) => Promise<Column>;
