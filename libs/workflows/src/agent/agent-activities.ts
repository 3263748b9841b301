import type { Failure, FailureWait, JsonValue, StoredValue } from '#contracts';

/** One tool call of an agent. */
export interface AgentToolInput {
  readonly tenant: string;
  readonly runId: string;
  /** `<agent's path>/turn[i]/call[j]`, both from 0 */
  readonly path: string;
  readonly tool: string;
  readonly input: JsonValue;
  /** The agent that calls it. */
  readonly agent?: string | undefined;
}

/** What a call came to. A large output goes by reference: the model's provider reads it, histories do not carry it. */
export type AgentToolResult = { readonly output: StoredValue } | { readonly error: Failure } | NotNow;

/** The call has not been made, or was left: it may be made again when what stands against it is gone. */
export interface NotNow {
  readonly notNow: 'PAUSED' | 'KILL_SWITCH' | 'APPROVAL' | FailureWait['kind'];
  readonly detail: string;
  /** In milliseconds since the epoch, where somebody has said when it may be made. */
  readonly until?: number | undefined;
}

/** What an agent's workflow asks of the world, besides its model. */
export interface AgentActivities {
  /** Carries the call through as a durable step of its own. That a tool fails is a result, for the model to know. */
  runAgentTool(input: AgentToolInput): Promise<AgentToolResult>;
}
