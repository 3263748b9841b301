import type { ToolFacts } from '#contracts';
import type { AgentFacts, PlanDocument } from '#plan';
import type { Store } from '#store';
import type { Logger } from '#telemetry';
import type { ModelPlanner } from './planner-port.js';
import type { RunGateway } from './run-gateway.js';

/** An agent as the registry lists it. */
export interface RegisteredAgent extends AgentFacts {
  readonly description: string;
  readonly capabilities: readonly string[];
}

/** A model that calls can be routed to. */
export interface RegisteredModel {
  readonly id: string;
  readonly provider: string;
  readonly contextWindow: number;
  readonly abilities: readonly string[];
  /** US dollars for a million tokens, as a decimal string. */
  readonly inputPrice: string | null;
  readonly outputPrice: string | null;
}

/** A template that comes with the product. */
export interface BuiltInTemplate {
  readonly document: PlanDocument;
}

/** All that commands work with. */
export interface CommandDeps {
  readonly store: Store;
  readonly workflows: RunGateway;
  readonly tools: readonly ToolFacts[];
  readonly agents: readonly RegisteredAgent[];
  readonly models: readonly RegisteredModel[];
  readonly templates: readonly BuiltInTemplate[];
  /** Null when no provider of models is configured. */
  readonly modelPlanner: ModelPlanner | null;
  readonly logger: Logger;
  readonly now: () => number;
}
