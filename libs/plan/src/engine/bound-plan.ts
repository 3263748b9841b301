import type { JsonObject, JsonSchema, JsonValue, TaskKind, TimeoutAction, ToolEffect } from '#contracts';

/** Version of the engine's semantics: stored with journals, so that a fold by another engine is refused. */
export const engineVersion = 1;

/**
 * Where a task runs, settled when the plan is bound, so that a replay sees the same.
 * - `segment`: in one activity together with other short tasks
 * - `activity`: in an activity of its own
 * - `child`: in a child workflow
 * - `timer`: a timer of the workflow
 * - `inline`: a container whose tasks belong to the engine that runs it
 *
 * A container with the place `segment` holds short tasks only, and goes to one activity as a whole.
 */
export type Place = 'segment' | 'activity' | 'child' | 'timer' | 'inline';

export interface BoundRetry {
  readonly maxAttempts: number;
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Failure codes that are tried again. */
  readonly on: readonly string[];
}

export interface ToolSpec {
  readonly kind: 'tool';
  readonly tool: string;
  readonly with: JsonValue;
  readonly effect: ToolEffect;
  /** How the plan says that its effect is undone. */
  readonly compensate?: BoundCompensation | undefined;
  /** The tool itself knows how to undo what it did. */
  readonly undoes?: true | undefined;
}

export interface BoundCompensation {
  readonly tool: string;
  readonly with: JsonObject;
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly retry: BoundRetry;
}

export interface ModelSpec {
  readonly kind: 'model';
  /** The task's own fields: model, prompt or messages, system, output, maxTokens, temperature, seed, cache. */
  readonly call: JsonObject;
}

/** What a tool of an agent tells the model about itself. */
export interface AgentToolFacts {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
}

/** The agent's definition as it was when the plan was bound. */
export interface AgentFacts {
  readonly name: string;
  readonly version: number;
  readonly instructions: string;
  readonly model: string;
  readonly tools: readonly AgentToolFacts[];
  readonly limits: { readonly maxTurns: number; readonly maxTokens: number };
}

export interface AgentSpec {
  readonly kind: 'agent';
  readonly agent: AgentFacts;
  readonly with: JsonValue;
  /** JSON Schema of the result, if one is wanted. */
  readonly output?: JsonSchema | undefined;
}

export interface WaitSpec {
  readonly kind: 'wait';
  readonly for?: string | undefined;
  readonly until?: string | undefined;
}

export interface ApprovalSpec {
  readonly kind: 'approval';
  readonly question: string;
  readonly context?: JsonValue | undefined;
  /** JSON Schema of the answer, if one is wanted. */
  readonly answer?: JsonSchema | undefined;
  readonly quorum: number;
  readonly role?: string | undefined;
  readonly onTimeout: TimeoutAction;
  readonly escalateTo?: string | undefined;
}

export interface PlanSpec {
  readonly kind: 'plan';
  readonly with: JsonValue;
  readonly plan: BoundPlan;
}

/** A sub-plan that is planned when the run gets there. */
export interface GoalSpec {
  readonly kind: 'goal';
  readonly goal: string;
  readonly with: JsonValue;
}

export interface BranchSpec {
  readonly kind: 'branch';
  readonly cases: readonly { readonly if: string; readonly tasks: readonly BoundTask[] }[];
  /** Null where the plan says nothing of it. */
  readonly otherwise: readonly BoundTask[] | null;
}

export interface LoopSpec {
  readonly kind: 'loop';
  readonly while: string;
  readonly maxIterations: number;
  readonly tasks: readonly BoundTask[];
}

export interface MapSpec {
  readonly kind: 'map';
  readonly over: JsonValue;
  /** Name of the item in expressions. */
  readonly as: string;
  /** Items, or batches of them, at once. */
  readonly concurrency: number;
  /** Items that one activity handles; null where each item is a scope of its own. */
  readonly batch: number | null;
  readonly onItemError: 'collect' | 'fail';
  readonly tasks: readonly BoundTask[];
}

export type BoundSpec =
  | ToolSpec
  | ModelSpec
  | AgentSpec
  | ApprovalSpec
  | WaitSpec
  | PlanSpec
  | GoalSpec
  | BranchSpec
  | LoopSpec
  | MapSpec;

export interface BoundTask {
  readonly id: string;
  readonly kind: TaskKind;
  readonly title?: string | undefined;
  /** IDs of the same scope. */
  readonly needs: readonly string[];
  readonly when?: string | undefined;
  /** Of one attempt. */
  readonly timeoutMs?: number | undefined;
  /** Of all attempts together, from the moment the task is ready. */
  readonly deadlineMs?: number | undefined;
  readonly retry: BoundRetry;
  /** `escalate`: a person is asked; single tasks only. */
  readonly onError: 'fail' | 'continue' | 'escalate';
  readonly priority?: number | undefined;
  /** Labels that its worker must offer. */
  readonly requires?: Readonly<Record<string, string>> | undefined;
  readonly place: Place;
  /** What it is expected to take, sub-plans with all they hold. */
  readonly expectedMs: number;
  readonly spec: BoundSpec;
}

/** A plan that nothing outside can change any more: all that a run's workflow reads. */
export interface BoundPlan {
  readonly engine: typeof engineVersion;
  readonly name: string;
  readonly version: number | null;
  readonly tasks: readonly BoundTask[];
  readonly output?: JsonValue | undefined;
  readonly inputs?: JsonSchema | undefined;
  readonly concurrency: number;
  /** Of a run's own plan: what it has done is taken back when it fails. */
  readonly effects?: 'compensate' | undefined;
  /** Whether its first segment may run as a local activity: the whole short, its tools pure or keyed. */
  readonly opensLocal: boolean;
}
