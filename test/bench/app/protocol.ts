import type {
  AskingRuns,
  ColumnSetting,
  ControlledRuns,
  MapLoad,
  MapSeen,
  RollbackLoad,
  RollbackSeen,
  SlowSteps,
} from '../columns/column.js';
import type { Load } from '../work/workloads.js';

/** What an application is started with. */
export interface AppSetting extends ColumnSetting {
  readonly column: string;
}

/** What the application itself saw of a load. */
export interface LoadSeen {
  readonly seconds: number;
  /** Milliseconds of each run that ended well. */
  readonly latencies: readonly number[];
  readonly failures: number;
  readonly firstFailure?: string | undefined;
}

export interface Recovered {
  readonly how: string;
  readonly complete: number;
  readonly endedAt: number;
  readonly firstFailure?: string | undefined;
}

/** What the benchmark asks of an application. */
export interface AppCalls extends ControlledRuns, AskingRuns {
  load(load: Load, prefix: string): Promise<LoadSeen>;
  submit(prefix: string, runs: number, slow: SlowSteps): Promise<string[]>;
  recover(names: readonly string[]): Promise<Recovered>;
  events(): Promise<Record<string, number>>;
  readyToStarted(): Promise<number[]>;
  map(load: MapLoad): Promise<MapSeen>;
  rollBack(load: RollbackLoad): Promise<RollbackSeen>;
  stop(): Promise<void>;
}

export interface AppRequest {
  readonly id: number;
  readonly call: keyof AppCalls;
  readonly args: readonly unknown[];
}

export type AppReply = { readonly id: number } & ({ readonly value: unknown } | { readonly error: string });
