import type { JsonValue } from '#contracts';

/** A planner that asks a model; null in `CommandDeps` when no provider of models is configured. */
export interface ModelPlanner {
  /** A validated document for the goal; throws INVALID_OUTPUT when the model's plan stays invalid. */
  readonly plan: (request: {
    readonly tenant: string;
    readonly goal: string;
    readonly inputs: JsonValue;
    readonly requestId: string;
  }) => Promise<JsonValue>;
}
