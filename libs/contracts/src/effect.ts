import type { Failure } from './errors.js';
import type { JsonObject } from './json.js';
import type { ToolEffect } from './tool.js';
import type { StoredValue } from './value.js';

/**
 * What is known of an effect.
 * - `BEGUN`: it was to be made; whoever made it has not said more, so it may have happened
 * - `HAPPENED`: it did, and its output is known
 * - `MAYBE`: an attempt ended without an answer, so it may have happened
 * - `NONE`: it did not happen
 */
export const effectStates = ['BEGUN', 'HAPPENED', 'MAYBE', 'NONE'] as const;
export type EffectState = (typeof effectStates)[number];

/** How far the compensation of an effect has come. `MARKED`: a person says that it is undone. */
export const compensationStates = ['COMPENSATING', 'COMPENSATED', 'FAILED', 'MARKED'] as const;
export type CompensationState = (typeof compensationStates)[number];

/**
 * How an effect is undone.
 * - `call`: a tool, with what the plan says; `environment` is what its expressions read, `self` apart
 * - `undo`: the tool itself knows how, from what it had kept before it acted
 */
export type Compensating =
  | {
      readonly type: 'call';
      readonly tool: string;
      readonly with: JsonObject;
      /** A StoredEnvironment of the plan engine. */
      readonly environment: JsonObject;
      readonly timeoutMs?: number | undefined;
      /** A BoundRetry of the plan engine. */
      readonly retry?: JsonObject | undefined;
    }
  | { readonly type: 'undo'; readonly tool: string; readonly kept: StoredValue };

/** An effect that a run has made or may have made, as it is registered before it happens. */
export interface Effect {
  readonly tenant: string;
  readonly runId: string;
  /** Full path of the task. */
  readonly path: string;
  /** Raised by a person's retry; with the path it names the effect. */
  readonly generation: number;
  readonly idempotencyKey: string;
  readonly tool: string;
  readonly effect: ToolEffect;
  readonly input: StoredValue;
  /** Null: nothing says how it is undone. */
  readonly compensating: Compensating | null;
  /** Reference to the plan that the path is in, where that is not the run's own, and the container it was made for. */
  readonly plan?: { readonly plan: StoredValue; readonly at: string } | undefined;
  readonly at: number;
}

/** An effect as the store keeps it. */
export interface KeptEffect extends Effect {
  readonly state: EffectState;
  readonly output: StoredValue | null;
  readonly compensation: {
    readonly state: CompensationState;
    readonly attempts: number;
    readonly error?: Failure | undefined;
    readonly by?: string | undefined;
    readonly comment?: string | undefined;
    readonly at: number;
  } | null;
}

/** The signal `rollback`: what the run has done is taken back. */
export interface RollbackSignal {
  readonly by: string;
  readonly reason?: string | undefined;
  readonly at: number;
}
