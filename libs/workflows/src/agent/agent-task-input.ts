import type { JsonSchema, Pause, StoredValue, Usage } from '#contracts';
import type { AgentFacts } from '#plan/engine';
import type { LiftedAt } from '../pause-gate.js';
import type { TurnMessage } from './turn-messages.js';

/** Input of the workflow of an agent's task. */
export interface AgentTaskInput {
  readonly tenant: string;
  readonly runId: string;
  /** Full path of the task in the run. */
  readonly path: string;
  /** The task's `with`, evaluated. */
  readonly task: StoredValue;
  readonly agent: AgentFacts;
  /** JSON Schema of the result, if one is wanted; else the result is text. */
  readonly output?: JsonSchema | undefined;
  /** Workflow to which the end is reported. */
  readonly reportTo?: string | undefined;
  /** What holds the run when the task begins, or, carried over continue-as-new, holds this workflow. */
  readonly pauses?: readonly Pause[] | undefined;
  /** When pauses of each source were last lifted, carried over continue-as-new. */
  readonly liftedAt?: LiftedAt | undefined;
  /** Carried over continue-as-new. */
  readonly state?: AgentState | undefined;
  /** History events after which the workflow continues as new between two turns. */
  readonly continueAfterEvents?: number | undefined;
}

/** Where an agent stands between two turns. What was said before is kept by the conversation, not here. */
export interface AgentState {
  /** Turns that have ended. */
  readonly turns: number;
  /** The last turn in the kept conversation. */
  readonly after: string | null;
  /** What the next turn tells the model. */
  readonly next: readonly TurnMessage[];
  readonly usage: Usage;
}

export interface AgentTaskResult {
  readonly result: StoredValue;
  readonly turns: number;
  readonly usage: Usage;
}
