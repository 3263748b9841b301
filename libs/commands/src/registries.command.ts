import type { JsonSchema } from '#contracts';
import { z } from 'zod';
import type { RegisteredAgent } from '#agents';
import type { ListedModel } from '#routing';
import { breakerOfModel } from './breakers.command.js';
import type { BreakerView } from './breakers.command.js';
import type { CommandDeps, ModelMeasures } from './command-deps.js';
import { parseInput } from './parse-input.js';

export const ReadAgentsInput = z.strictObject({ capability: z.string().max(500).nullish() });

/** A tool as every door shows it. */
export interface ToolView {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonSchema;
  readonly sideEffects: boolean;
  readonly health: string;
}

/** An agent as every door shows it. */
export interface AgentView {
  readonly __typename: 'AgentInfo';
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly description: string;
  readonly capabilities: readonly string[];
  readonly tools: readonly string[];
  readonly status: 'READY';
  readonly reputation: null;
}

/** A model as every door shows it; what has not been measured is null. */
export interface ModelView extends ListedModel, ModelMeasures {
  readonly breaker: BreakerView['state'] | null;
}

const unmeasured: ModelMeasures = { availability: null, p50TtftMs: null, p95TtftMs: null };

const agentPrefix = 'agent:';

/** The tools that plans can call, by name. */
export function readTools({ tools }: CommandDeps): ToolView[] {
  return tools.map(({ name, description, inputSchema, effect }) => ({
    name,
    description,
    inputSchema,
    sideEffects: effect !== 'none',
    health: 'ok',
  }));
}

/** The agents that plans can name, all or those with a capability. */
export function readAgents({ agents }: CommandDeps, input: unknown): AgentView[] {
  const { capability } = parseInput(ReadAgentsInput, input);
  const wanted = capability ? agents.filter((agent) => agent.capabilities.includes(capability)) : agents;
  return wanted.map(agentView);
}

/** The agent of an ID such as `agent:backend`, or null. */
export function findAgent({ agents }: CommandDeps, id: string): AgentView | null {
  const agent = agents.find(({ name }) => `${agentPrefix}${name}` === id);
  return agent ? agentView(agent) : null;
}

/** The models that calls can be routed to. */
export function readModels(deps: CommandDeps): ModelView[] {
  return deps.models.map((model) => ({
    ...model,
    ...unmeasured,
    // A logical model is as well as what serves it, which differs from call to call.
    ...(model.kind === 'DEPLOYMENT' ? deps.measures?.(model.id) : null),
    breaker: breakerOfModel(deps, model),
  }));
}

function agentView({ name, version, description, capabilities, tools }: RegisteredAgent): AgentView {
  return {
    __typename: 'AgentInfo',
    id: `${agentPrefix}${name}`,
    name,
    version,
    description,
    capabilities,
    tools: tools.map((tool) => tool.name),
    status: 'READY',
    reputation: null,
  };
}
